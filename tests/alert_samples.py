"""One plausible case of each mail: for tests, and for `python -m scripts.preview_mail`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hallofshame.alerts.facts import Facts, Links, OtherIncident
from hallofshame.jobs_file import Job
from hallofshame.model import IncidentKind, Run, RunState
from hallofshame.rules.alerting import Storm, Telling, Word
from hallofshame.rules.incidents import Incident
from tests.factories import run

NOW = datetime(2026, 11, 22, 10, 31, tzinfo=UTC)
DUE = NOW - timedelta(minutes=1)
SENDER, RECIPIENTS = "alerts@example.org", ("ops@example.org",)

JOB = Job(
    command=("hos-collect",),
    schedule="*/10 * * * *",
    timezone="America/Los_Angeles",
    impact="No new readings: the site shows older data, and the hours lose coverage.",
    runbook="https://hallofshame.example.org/operations#collect-fails",
    timeout="5m",
    expect=("parks_ok >= 80",),
)
LINKS = Links("https://hallofshame.example.org/ack/YWNr.c2ln", "https://hallofshame.example.org/ack/c25v.c2ln")
TRACEBACK = """\
10:30:41 giving up: 15 of 133 parks answered, at least 100 are needed
Traceback (most recent call last):
  File "/srv/hallofshame/jobs/collect.py", line 88, in main
    run(runtime)
  File "/srv/hallofshame/jobs/collect.py", line 61, in run
    raise Transient(text)
hallofshame.errors.Transient: queue-times.com: timed out after 3 s (118 of 133 parks)
"""
HEAD = "10:30:00 collecting 133 parks, 8 workers\n" + "".join(
    f"10:30:{3 + n // 3:02} park {n}: timed out after 3 s\n" for n in range(1, 110)
)
OUTPUT = HEAD + TRACEBACK


def failed_run(**facts: Any) -> Run:
    defaults: dict[str, Any] = {
        "state": RunState.FAILED,
        "scheduled_at": DUE,
        "started_at": DUE,
        "lateness_seconds": 0.4,
        "finished_at": DUE + timedelta(seconds=41),
        "duration_seconds": 41.2,
        "exit_code": 1,
        "reason": "exit code 1",
        "release": "2026-11-22-4f1c2aa",
        "cpu_seconds": 9.1,
        "peak_memory_bytes": 71 << 20,
        "output_bytes": len(OUTPUT),
        "output_lines": OUTPUT.count("\n"),
        "output_head": OUTPUT,
        "output_tail": OUTPUT,
        "report": {"parks_ok": 15.0, "parks_failed": 118.0},
    }
    return run(**defaults | facts)


def facts(**given: Any) -> Facts:
    defaults: dict[str, Any] = {
        "host": "web-1",
        "job": JOB,
        "run": failed_run(),
        "last_success_at": NOW - timedelta(minutes=11),
        "last_states": (*[RunState.SUCCEEDED] * 9, RunState.FAILED),
        "p50_seconds": 28.0,
        "p95_seconds": 44.0,
        "day_counts": (143, 1, 0),
        "deployed_at": NOW - timedelta(days=3),
        "next_due_at": NOW + timedelta(minutes=9),
        "disk_used_percent": 41,
        "links": LINKS,
    }
    return Facts(**defaults | given)


def incident(kind: IncidentKind = IncidentKind.FAILED, **given: Any) -> Incident:
    defaults: dict[str, Any] = {
        "opened_at": NOW - timedelta(seconds=19),
        "failures": 1,
        "run_id": run().run_id,
        "detail": "exit code 1",
        "told": 1,
        "told_kinds": (kind,),
        "next_reminder_at": NOW + timedelta(hours=1),
    }
    return Incident(incident_id="5f0c2b9e-1d0e-5c1f-9a57-0192f3a47c1e", kind=kind, **defaults | given)


def telling(
    word: Word = Word.INCIDENT, sequence: int = 0, told: Incident | None = None, job: str = "collect"
) -> Telling:
    about = told or incident()
    return Telling(word, about.incident_id, sequence, NOW, job=job, incident=about)


def _of(kind: IncidentKind, detail: str | None, **run_facts: Any) -> tuple[Telling, Facts]:
    known = facts(run=failed_run(**run_facts)) if run_facts else facts(run=None)
    return telling(told=incident(kind, detail=detail)), known


def _succeeded(kind: IncidentKind, detail: str, seconds: float, parks: float) -> tuple[Telling, Facts]:
    printed = f"10:30:00 collecting 133 parks, 8 workers\n10:30:{seconds:02.0f} {parks:.0f} of 133 parks answered\n"
    ended_well = {
        "state": RunState.SUCCEEDED,
        "exit_code": 0,
        "reason": None,
        "duration_seconds": seconds,
        "report": {"parks_ok": parks, "parks_failed": 133 - parks},
        "output_head": printed,
        "output_tail": printed,
        "output_bytes": len(printed),
        "output_lines": 2,
    }
    about, known = _of(kind, detail, **ended_well)
    return about, replace(known, last_states=(RunState.SUCCEEDED,) * 10, day_counts=(144, 0, 0))


def _still() -> tuple[Telling, Facts]:
    since = NOW - timedelta(hours=3, seconds=19)
    about = incident(opened_at=since, failures=18, told=3, next_reminder_at=NOW + timedelta(hours=4))
    known = facts(
        last_success_at=since - timedelta(minutes=10),
        last_states=(RunState.FAILED,) * 10,
        day_counts=(126, 18, 0),
        full_output=OUTPUT.encode(),
        deployed_at=since - timedelta(minutes=12),
    )
    return telling(Word.STILL, 2, about), known


def _ok_again() -> tuple[Telling, Facts]:
    about = incident(opened_at=NOW - timedelta(hours=1, minutes=40), failures=10, next_reminder_at=None)
    known = facts(
        run=None,
        last_states=(*[RunState.FAILED] * 9, RunState.SUCCEEDED),
        day_counts=(134, 10, 0),
        last_success_at=NOW,
        links=None,
    )
    return telling(Word.OK_AGAIN, 2, about), known


def _flapping() -> tuple[Telling, Facts]:
    about = incident(opened_at=NOW - timedelta(minutes=50), failures=3, is_flapping=True)
    states = (
        *[RunState.SUCCEEDED] * 4,
        *[RunState.FAILED, RunState.SUCCEEDED] * 2,
        RunState.SUCCEEDED,
        RunState.FAILED,
    )
    return telling(Word.FLAPPING, 2, about), facts(last_states=states, day_counts=(140, 4, 0))


_STORM_JOBS = ("collect", "aggregate-hourly", "aggregate-daily", "check-data-collection", "watch")


def storm(open_members: int = 5, **given: Any) -> Storm:
    members = {f"incident-{number}": job for number, job in enumerate(_STORM_JOBS)}
    began_at = given.pop("began_at", NOW)
    return Storm(
        storm_id="5f0c2b9e",
        began_at=began_at,
        until=began_at + timedelta(minutes=10),
        members=members,
        open_members=frozenset(sorted(members)[:open_members]),
        told_members=frozenset(members),
        told=1,
        next_reminder_at=NOW + timedelta(hours=1),
        **given,
    )


def _told_of_storm(word: Word, about: Storm, sequence: int, **given: Any) -> tuple[Telling, Facts]:
    others = tuple(
        OtherIncident(job, IncidentKind.FAILED, about.began_at)
        for number, job in about.members.items()
        if number in about.open_members
    )
    known = Facts("web-1", others=others, disk_used_percent=41, **given)
    return Telling(word, f"storm.{about.storm_id}", sequence, NOW, storm=about), known


def _overflowed() -> tuple[Telling, Facts]:
    changes = (
        "10:02 UTC collect, failed: as many successes in a row as end an incident",
        "10:05 UTC aggregate-hourly, timed_out: it lasts, and nobody has acknowledged it",
        "10:12 UTC check-schema, missed: as many failures in a row as are told",
    )
    about = Telling(Word.DIGEST, f"digest.{int(NOW.timestamp())}", 0, NOW, overflow=changes)
    others = (OtherIncident("aggregate-hourly", IncidentKind.TIMED_OUT, NOW - timedelta(hours=2)),)
    return about, Facts("web-1", others=others, disk_used_percent=41)


_DATABASE = "connection refused on /run/mysqld/mysqld.sock"
_LONG_AGO = NOW - timedelta(hours=2)

SAMPLES: dict[str, Callable[[], tuple[Telling, Facts]]] = {
    "fail": lambda: (telling(), facts()),
    "timeout": lambda: _of(
        IncidentKind.TIMED_OUT,
        "still running after 300 s",
        state=RunState.TIMED_OUT,
        exit_code=124,
        duration_seconds=300.4,
        reason="still running after 300 s",
        output_tail="collecting 133 parks\npark 6: waiting for an answer\n",
        output_bytes=51,
        output_lines=2,
    ),
    "interrupted": lambda: _of(
        IncidentKind.INTERRUPTED,
        "the wrapper got SIGTERM",
        state=RunState.INTERRUPTED,
        exit_code=143,
        signal="SIGTERM",
        duration_seconds=12.3,
        reason="the wrapper got SIGTERM",
    ),
    "not-started": lambda: _of(
        IncidentKind.NOT_STARTED,
        "hos-collect: not found",
        state=RunState.NOT_STARTED,
        exit_code=127,
        duration_seconds=0.0,
        reason="hos-collect: not found",
        output_tail="",
        output_head="",
        output_bytes=0,
        output_lines=0,
        report={},
    ),
    "lost": lambda: _of(
        IncidentKind.LOST,
        "the host was restarted",
        state=RunState.LOST,
        exit_code=None,
        duration_seconds=None,
        reason="the host was restarted",
        output_tail="",
        output_head="",
        output_bytes=0,
        output_lines=0,
        cpu_seconds=None,
        peak_memory_bytes=None,
        report={},
    ),
    "skipped": lambda: (
        telling(told=incident(IncidentKind.SKIPPED, failures=3, opened_at=NOW - timedelta(minutes=20))),
        facts(run=None, last_states=(*[RunState.SUCCEEDED] * 7, *[RunState.SKIPPED] * 3), day_counts=(141, 0, 3)),
    ),
    "too-fast": lambda: _succeeded(
        IncidentKind.TOO_FAST, "took 0.4 s, less than the 2 s it needs at least", seconds=0.4, parks=133
    ),
    "too-slow": lambda: _succeeded(
        IncidentKind.TOO_SLOW, "took 250.0 s, more than the 120 s it should at most", seconds=250, parks=133
    ),
    "expectation": lambda: _succeeded(
        IncidentKind.EXPECTATION, "reported parks_ok = 41; expected parks_ok >= 80", seconds=38, parks=41
    ),
    "missed": lambda: _of(IncidentKind.MISSED, "due at 10:20 UTC, and nothing had started by 10:25"),
    "late": lambda: _of(IncidentKind.LATE, "due at 10:20 UTC, and started at 10:29, 9 min later"),
    "overdue": lambda: _of(
        IncidentKind.OVERDUE,
        None,
        state=RunState.RUNNING,
        started_at=NOW - timedelta(minutes=42),
        finished_at=None,
        duration_seconds=None,
        exit_code=None,
        reason=None,
        output_tail="",
        output_bytes=0,
        output_lines=0,
        cpu_seconds=None,
        peak_memory_bytes=None,
        report={},
    ),
    "blind": lambda: (
        telling(
            told=incident(
                IncidentKind.BLIND,
                detail="blind from 2026-11-22 08:20 to 10:29 UTC (2 h 9 min): all that was due has run",
            ),
            job="watch",
        ),
        facts(job=None, run=None, last_states=(), day_counts=None, last_success_at=None, next_due_at=None),
    ),
    "undeliverable": lambda: (
        telling(told=incident(IncidentKind.UNDELIVERABLE, detail="SendGrid: HTTP 401 Unauthorized"), job="mail"),
        facts(
            job=None,
            run=None,
            last_states=(),
            day_counts=None,
            last_success_at=None,
            next_due_at=None,
            waiting_mails=3,
        ),
    ),
    "flapping": _flapping,
    "still-failing": _still,
    "ok-again": _ok_again,
    "storm": lambda: _told_of_storm(Word.STORM, storm(), 0, database_problem=_DATABASE),
    "storm-still": lambda: _told_of_storm(Word.STORM_STILL, storm(3, began_at=_LONG_AGO), 1),
    "storm-over": lambda: _told_of_storm(Word.STORM_OVER, storm(0, began_at=_LONG_AGO), 2),
    "digest": _overflowed,
}
