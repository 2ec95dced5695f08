"""Histories of failing jobs in a failing world: what should be told is accepted, or stands in the outbox.

Each step is a flush in a process of its own, which may be killed before any line of our code. What should be told is
known beforehand: the rules decide it from the outcomes alone.
"""

import errno
import os
import sys
import traceback
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hallofshame import processes, replay, settings
from hallofshame.alerts import run_events, state_file
from hallofshame.clock import FixedClock, to_iso
from hallofshame.errors import HallOfShameError
from hallofshame.journal import Journal, run_from_record
from hallofshame.rules import incidents
from hallofshame.rules.incidents import Decision, JobState, Policy
from hallofshame.store import database
from hallofshame.store import engine as engines
from hallofshame.store.schema import incident_changes
from tests.factories import NOON
from tests.mailboxes import RESET_AFTER_ACCEPTING, SendGridStub

JOBS = ("collect", "aggregate")  # a third would make a storm of every trouble
STEPS = 10
LINES_A_FLUSH = 4_000  # of ours, about
SENDER, RECIPIENT = "hos@example.org", "ops@example.org"
ROOT = str(Path(replay.__file__).parent)
AWAY = "mysql+pymysql://root@127.0.0.1:1/hos"
KILLED, FAILED_IN_EARNEST = 9, 3

# What the subject of a mail says; an incident that opens or fails in another way is told by its kind.
_WORDS = {
    Decision.FLAPPED: ("FLAPPING",),
    Decision.SETTLED: ("OK again", "STILL FAILING"),
    Decision.RECOVERED: ("OK again",),
}


@dataclass(frozen=True)
class Step:
    """What has happened since the step before, and how the world stands while it is told."""

    minutes: int
    outcomes: tuple[tuple[str, str], ...]
    database_is_up: bool
    provider: int
    disk_is_full: bool
    killed_at_line: int | None

    @property
    def may_tell_twice(self) -> bool:
        """Whether a mail could be accepted without our writing that down."""
        return self.disk_is_full or self.killed_at_line is not None or self.provider == RESET_AFTER_ACCEPTING


def draw(random: Random) -> list[Step]:
    """A history; its jobs keep their outcome for a while, as jobs do."""
    outcome = dict.fromkeys(JOBS, "succeeded")
    steps = []
    for _ in range(STEPS):
        for job in JOBS:
            if random.random() < 0.3:
                outcome[job] = random.choice(["succeeded", "failed", "timed_out"])
        steps.append(
            Step(
                minutes=random.choice([1, 10, 10, 70]),
                outcomes=tuple((job, outcome[job]) for job in JOBS if random.random() < 0.8),
                database_is_up=random.random() < 0.7,
                provider=random.choice([202, 202, 202, 500, 429, 401, RESET_AFTER_ACCEPTING]),
                disk_is_full=random.random() < 0.1,
                killed_at_line=random.randrange(LINES_A_FLUSH) if random.random() < 0.4 else None,
            )
        )
    return steps


def play(folder: Path, steps: list[Step], stub: SendGridStub) -> str | None:
    """Live through a history and a good day after it. Returns what is wrong then, None when nothing is."""
    now, records = NOON, []
    for number, step in enumerate(steps):
        now += timedelta(minutes=step.minutes)
        records += [_journal(folder, job, state, number, now) for job, state in step.outcomes]
        stub.statuses = [step.provider]
        _flush(folder, step, now, stub.url)
    stub.statuses = [202]
    well = Step(0, (), database_is_up=True, provider=202, disk_is_full=False, killed_at_line=None)
    for _ in range(2):
        now += timedelta(hours=2)
        _flush(folder, well, now, stub.url)
    return _wrong(folder, steps, records, stub)


def _journal(folder: Path, job: str, state: str, number: int, at: datetime) -> dict[str, Any]:
    run_id = str(UUID(int=(int(at.timestamp() * 1_000) << 80) | 7 << 76 | JOBS.index(job) << 32 | number))
    record = {
        "run_id": run_id,
        "job": job,
        "state": state,
        "host": "web-1",
        "boot_id": processes.boot_id(),
        "pid": 1,
        "argv": ["true"],
        "scheduled_at": to_iso(at),
        "started_at": to_iso(at),
        "finished_at": to_iso(at + timedelta(microseconds=JOBS.index(job))),
        "exit_code": 0 if state == "succeeded" else 3,
    }
    Journal(folder).append(record)
    return record


def _flush(folder: Path, step: Step, now: datetime, sendgrid_url: str) -> None:
    given = {
        "HOS_STATE_DIR": str(folder),
        "HOS_DATABASE_URL": f"sqlite:///{folder}/hos.sqlite3" if step.database_is_up else AWAY,
        "SENDGRID_API_KEY": "SG.k",
        "HOS_SENDGRID_URL": sendgrid_url,
        "HOS_ALERT_FROM": SENDER,
        "HOS_ALERT_TO": RECIPIENT,
        "HOS_JOBS_FILE": str(folder / "no-jobs.toml"),
    }
    loaded = settings.load(given, folder / "no-env-file")
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) != FAILED_IN_EARNEST, f"a flush failed in earnest at {now}"
        return
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if step.disk_is_full:
            os.fsync = _full  # type: ignore[assignment]
        if step.killed_at_line is not None:
            sys.settrace(_Killer(step.killed_at_line))
        replay.flush(loaded, FixedClock(now))
    except HallOfShameError:
        os._exit(1)
    except BaseException:  # noqa: BLE001 - this process ends here, one way or another
        sys.settrace(None)
        traceback.print_exc()
        os._exit(FAILED_IN_EARNEST)
    os._exit(0)


def _full(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


class _Killer:
    """Ends this process, without a word, before the nth line of ours that it runs."""

    def __init__(self, lines: int) -> None:
        self._lines_left = lines

    def __call__(self, frame: FrameType, event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(ROOT):
            return None
        if event == "line":
            self._lines_left -= 1
            if self._lines_left < 0:
                os._exit(KILLED)
        return self


def _wrong(folder: Path, steps: list[Step], records: list[dict[str, Any]], stub: SendGridStub) -> str | None:
    accepted = Counter(mail["headers"]["Message-ID"] for mail in stub.accepted)
    told = {(mail["headers"]["Message-ID"].split(".")[1], mail["subject"]) for mail in stub.accepted}
    told |= {(mail.thread_id, mail.subject) for mail in state_file.load(folder).waiting}
    with_storm = _told_with_a_storm(folder) if any("STORM" in subject for _, subject in told) else set()
    missing = [each for each in _should_be_told(records) if each[0] not in with_storm and not _is_told(each, told)]
    if missing:
        return f"not told: {missing}"
    twice = [message_id for message_id, times in accepted.items() if times > 1]
    if twice and not any(step.may_tell_twice for step in steps):
        return f"told twice: {twice}"
    return "the journal is not empty" if Journal(folder).entries() else None


def _told_with_a_storm(folder: Path) -> set[str]:
    """What was held up may be judged at once, and then makes a storm."""
    opened = database.open_ready(f"sqlite:///{folder}/hos.sqlite3")
    with engines.read(opened) as conn:
        changes = conn.execute(select(incident_changes.c.incident_id, incident_changes.c.decision)).all()
    opened.dispose()
    return {incident_id for incident_id, decision in changes if decision == Decision.IN_STORM.name.lower()}


def _is_told(expected: tuple[str, Decision], told: set[tuple[str, str]]) -> bool:
    incident_id, decision = expected
    words = _WORDS.get(decision, ("",))
    return any(incident_id == thread_id and word in subject for thread_id, subject in told for word in words)


def _should_be_told(records: list[dict[str, Any]]) -> list[tuple[str, Decision]]:
    """Each incident and what about it: the rules know, whatever the world did."""
    states = dict.fromkeys(JOBS, JobState())
    expected = []
    for record in records:
        event = run_events.event_of(run_from_record(record), None)
        before = states[event.job]
        after, decision = incidents.step(before, event, Policy())
        incident = after.incident or before.incident
        if incident and decision in incidents.TOLD:
            expected.append((incident.incident_id, decision))
            if after.incident:
                after = replace(
                    after, incident=incidents.told(after.incident, decision, Policy(), event.at, by_own_mail=True)
                )
        states[event.job] = after
    return expected
