"""Ticks of the watcher, minute by minute: what it tells of, once, and what it never tells falsely."""

import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from hallofshame import processes, replay, settings
from hallofshame.alerts import state_file
from hallofshame.clock import Clock, FixedClock, to_iso
from hallofshame.errors import Transient
from hallofshame.journal import Journal
from hallofshame.model import IncidentKind, RunState
from hallofshame.rules.incidents import Event
from hallofshame.settings import Settings
from hallofshame.store import engine as engines
from hallofshame.store import runs
from hallofshame.store.engine import Engine
from monitoring import memory, watch
from monitoring.watch import Report
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.integration

AWAY = "mysql+pymysql://root@127.0.0.1:1/hos"
HOUR = 60
COLLECT = {"schedule": "*/10 * * * *", "start_grace": "5m", "timeout": "3m"}


def jobs_toml(**jobs: dict[str, str]) -> str:
    same = {"impact": "None.", "runbook": "README.md"}
    lines = []
    for name, fields in jobs.items():
        lines += [
            f"[jobs.{name}]",
            'command = ["true"]',
            *(f'{key} = "{text}"' for key, text in (same | fields).items()),
        ]
    return "\n".join(lines)


@dataclass
class Watcher:
    """One host's watcher, whose flush takes down what it is given. Moments are minutes from noon on."""

    state: Path
    url: str
    heartbeat: str = ""
    told: list[Event] = field(default_factory=list)
    flushes: int = 0
    flush_raises: Exception | None = None

    def __post_init__(self) -> None:
        self.state.mkdir(exist_ok=True)
        self.jobs(collect=COLLECT)

    def jobs(self, **jobs: dict[str, str]) -> None:
        (self.state / "jobs.toml").write_text(jobs_toml(**jobs), encoding="utf8")

    def settings(self) -> Settings:
        files = {"HOS_STATE_DIR": str(self.state), "HOS_JOBS_FILE": str(self.state / "jobs.toml")}
        urls = {"HOS_DATABASE_URL": self.url, "HOS_HEARTBEAT_URL": self.heartbeat}
        return settings.load(files | urls, self.state / "no-env-file")

    def flush(self, _settings: Settings, _clock: Clock, events: Sequence[Event]) -> int:
        self.flushes += 1
        self.told += events
        if self.flush_raises:
            raise self.flush_raises
        return 0

    def tick(self, minute: float) -> Report:
        return watch.tick(self.settings(), FixedClock(NOON + timedelta(minutes=minute)), flush=self.flush)

    def ticks(self, first: int, last: int) -> None:
        for minute in range(first, last + 1):
            report = self.tick(minute)
            assert (report.judged, report.problems) == (True, [])

    def of_kind(self, kind: IncidentKind) -> list[tuple[str, float]]:
        found = [event for event in self.told if event.kind is kind]
        return [(event.job, (event.at - NOON) / timedelta(minutes=1)) for event in found]

    def journal(self, run_id: str, minute: float, job: str = "collect", **fields: Any) -> None:
        moment = to_iso(NOON + timedelta(minutes=minute))
        alive = {"pid": os.getpid(), "pid_start_ticks": processes.start_ticks(os.getpid())}
        same = {"host": os.uname().nodename, "boot_id": processes.boot_id(), "argv": ["true"], "attempts": 1}
        record = {"run_id": run_id, "job": job, "state": "running", "scheduled_at": moment, "started_at": moment}
        Journal(self.state).append(record | alive | same | {"timeout_seconds": 180.0} | fields)


@pytest.fixture
def watcher(tmp_path: Path, prepared: Any) -> Watcher:
    return Watcher(tmp_path / "state", prepared.url("sqlite", tmp_path))


@pytest.fixture
def shared(engine: Engine, tmp_path: Path) -> Watcher:
    """The same on each kind of database."""
    return Watcher(tmp_path / "state", engine.url.render_as_string(hide_password=False))


def entered(url: str, run_id: str, minute: float, **facts: Any) -> None:
    moment = NOON + timedelta(minutes=minute)
    opened = engines.open_engine(url)
    with engines.begin(opened) as conn:
        runs.record(conn, factories.run(run_id, **{"scheduled_at": moment, "started_at": moment} | facts))
    opened.dispose()


def test_a_crond_that_stopped_is_told_within_the_grace_and_once_a_due_time(shared: Watcher) -> None:
    shared.ticks(-1, 0)
    entered(shared.url, "before", 0)
    shared.ticks(1, 14)
    assert shared.told == []
    shared.ticks(15, 15)
    [event] = shared.told
    assert (event.job, event.kind, event.at) == ("collect", IncidentKind.MISSED, NOON + timedelta(minutes=15))
    assert event.detail == "due at 12:10 UTC, and nothing had started by 12:15"
    shared.ticks(16, 30)
    assert shared.of_kind(IncidentKind.MISSED) == [("collect", 15), ("collect", 25)]
    assert len({event.new_id for event in shared.told}) == 2


@pytest.mark.parametrize("state", ["running", "failed", "skipped", "not_started"])
def test_a_run_that_is_only_in_the_journal_has_started(state: str, watcher: Watcher) -> None:
    watcher.ticks(-1, 0)
    watcher.journal("a", 1, state=state)
    watcher.ticks(1, 5)
    assert watcher.told == []


def test_what_started_after_its_grace_or_waits_even_then_is_late(shared: Watcher) -> None:
    shared.jobs(splayed=COLLECT, waiting=COLLECT)
    shared.ticks(-1, 4)
    shared.journal("w", 0, job="waiting", attempts=0)
    entered(shared.url, "s", 0, job="splayed", started_at=NOON + timedelta(minutes=5.5))
    shared.ticks(6, 9)
    assert shared.of_kind(IncidentKind.LATE) == [("splayed", 5.5), ("waiting", 5)]
    assert [event.run_id for event in shared.told] == ["s", "w"]
    assert shared.told[0].detail == "due at 12:00 UTC, and started at 12:05:30, 5 min 30 s later"
    assert shared.told[1].detail == "due at 12:00 UTC, and still waits for its turn"


def test_a_run_that_hangs_is_told_at_its_own_limit_though_a_later_one_succeeded(shared: Watcher) -> None:
    shared.ticks(-1, -1)
    shared.journal("A", 0)
    shared.journal("B", 10)
    entered(shared.url, "B", 10, duration_seconds=1.0)
    entered(shared.url, "elsewhere", 3, state=RunState.RUNNING, host="another")
    shared.ticks(0, 15)
    overdue = [event for event in shared.told if event.kind is IncidentKind.OVERDUE]
    # 3 min, 10 s to end after that, and a minute more.
    assert [(event.run_id, event.hangs, event.at) for event in overdue] == [
        ("A", True, NOON + timedelta(minutes=5)),
        ("elsewhere", True, NOON + timedelta(minutes=8)),
    ]
    assert overdue[0].detail == "runs since 12:00 UTC, though its limit is 3 min"


def test_a_run_that_waits_for_its_turn_does_not_hang(watcher: Watcher) -> None:
    watcher.journal("w", 0, attempts=0)
    entered(watcher.url, "elsewhere", 0, attempts=0, state=RunState.RUNNING)
    watcher.ticks(0, 9)
    assert watcher.of_kind(IncidentKind.OVERDUE) == []


def test_a_run_whose_wrapper_is_gone_does_not_hang_it_is_lost(watcher: Watcher) -> None:
    watcher.journal("a", 0, pid=1 << 22)
    watcher.ticks(0, 9)
    assert watcher.of_kind(IncidentKind.OVERDUE) == []


def test_an_outage_of_two_hours_is_told_once_and_nothing_in_it_is_called_missed(shared: Watcher) -> None:
    shared.jobs(collect=COLLECT, hourly=COLLECT | {"schedule": "5 * * * *"})
    shared.ticks(-1, 0)
    entered(shared.url, "last", 0)
    entered(shared.url, "meanwhile", HOUR)
    report = shared.tick(2 * HOUR)
    assert (report.blind_seconds, report.unknown) == (7_200, 12)
    shared.ticks(2 * HOUR + 1, 2 * HOUR + 4)
    [event] = shared.told
    assert (event.job, event.kind) == ("watch", IncidentKind.BLIND)
    assert event.detail == (
        "blind from 2026-05-01 12:00 to 14:00 UTC (2 h): "
        "12 due times of 2 jobs in that time cannot be judged, no run of theirs is known"
    )
    shared.ticks(2 * HOUR + 5, 2 * HOUR + 15)
    assert shared.of_kind(IncidentKind.MISSED) == [
        ("collect", 2 * HOUR + 5),
        ("hourly", 2 * HOUR + 10),
        ("collect", 2 * HOUR + 15),
    ]
    assert len(shared.told) == 4


def test_without_the_database_nothing_is_judged_and_all_else_goes_on(watcher: Watcher) -> None:
    there = watcher.url
    watcher.ticks(-1, 1)
    watcher.journal("A", -1)
    watcher.url = AWAY
    for minute in (2, 3, 4, 5):
        report = watcher.tick(minute)
        assert not report.judged
        assert [problem.partition(":")[0] for problem in report.problems] == ["what was due"]
    assert watcher.flushes == 7
    assert watcher.of_kind(IncidentKind.OVERDUE) == [("collect", 4)]
    watcher.url = there
    watcher.ticks(6, 9)
    # Too short for a word about itself, but not for a due time that nobody can judge any more.
    assert watcher.of_kind(IncidentKind.BLIND) == [("watch", 6)]
    assert watcher.told[-1].detail is not None
    assert "12:01 to 12:06 UTC (5 min): 1 due time of 1 job" in watcher.told[-1].detail
    assert watcher.of_kind(IncidentKind.MISSED) == []


def test_of_two_blindnesses_each_is_told_though_the_first_is_judged_last(watcher: Watcher) -> None:
    watcher.jobs(patient=COLLECT | {"start_grace": "30m", "schedule": "0 * * * *"}, collect=COLLECT)
    watcher.ticks(-1, 0)
    entered(watcher.url, "a", 0)
    watcher.ticks(3, 9)
    watcher.ticks(16, 45)
    assert watcher.of_kind(IncidentKind.BLIND) == [("watch", 16), ("watch", 3)]


def test_a_short_blindness_in_which_all_ran_is_no_news(watcher: Watcher) -> None:
    watcher.ticks(-1, 0)
    entered(watcher.url, "a", 0)
    watcher.ticks(4, 9)
    assert watcher.told == []


def test_what_was_due_before_a_job_was_first_seen_is_not_missed(watcher: Watcher) -> None:
    watcher.ticks(-20, 1)
    watcher.told.clear()
    watcher.jobs(collect=COLLECT, new=COLLECT | {"schedule": "1 * * * *"}, newer=COLLECT | {"schedule": "0 * * * *"})
    watcher.ticks(2, 9)
    assert watcher.of_kind(IncidentKind.MISSED) == [("collect", 5)]


def test_a_job_with_another_schedule_is_expected_anew(watcher: Watcher) -> None:
    watcher.ticks(-1, 7)
    watcher.told.clear()
    watcher.jobs(collect=COLLECT | {"schedule": "5 * * * *"})
    watcher.ticks(8, 15)
    assert watcher.told == []


def test_a_job_that_cannot_be_read_for_a_while_is_known_after_it(watcher: Watcher) -> None:
    watcher.ticks(-1, 0)
    good = (watcher.state / "jobs.toml").read_text(encoding="utf8")
    bad_job = good.replace("*/10", "*/ten") + "\n" + jobs_toml(other=COLLECT)
    for minute, text, problem in ((1, bad_job, "jobs.collect.schedule: no cron schedule"), (5, "nonsense", "not TOML")):
        (watcher.state / "jobs.toml").write_text(text, encoding="utf8")
        [said] = watcher.tick(minute).problems
        assert problem in said
        (watcher.state / "jobs.toml").write_text(good, encoding="utf8")
        watcher.ticks(minute + 1, minute + 3)
    assert watcher.of_kind(IncidentKind.MISSED) == [("collect", 5)]


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"expected": 3}', b"\xff"])
def test_without_a_whole_memory_all_begins_anew_and_that_is_said(
    content: bytes | None, watcher: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    watcher.ticks(-1, 2)
    caplog.clear()
    file = watcher.state / memory.FILE_NAME
    file.unlink() if content is None else file.write_bytes(content)
    watcher.ticks(3, 9)
    assert watcher.told == []
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "every job is expected from now on" in caplog.text


def test_what_a_flush_has_taken_is_not_told_again_though_a_mail_could_not_leave(watcher: Watcher) -> None:
    watcher.ticks(-1, 4)
    watcher.flush_raises = Transient("mail: HTTP 500")
    assert watcher.tick(5).problems == ["flush: mail: HTTP 500"]
    watcher.flush_raises = None
    watcher.ticks(6, 9)
    assert watcher.of_kind(IncidentKind.MISSED) == [("collect", 5)]


def test_what_a_flush_broke_off_with_is_told_again_by_the_same_name(watcher: Watcher) -> None:
    watcher.journal("A", 0)
    watcher.ticks(-1, 4)
    watcher.flush_raises = RuntimeError("nobody foresaw it")
    assert watcher.tick(5).problems == ["flush: RuntimeError('nobody foresaw it')"]
    watcher.flush_raises = None
    watcher.ticks(6, 9)
    assert watcher.of_kind(IncidentKind.OVERDUE) == [("collect", 5), ("collect", 6)]
    assert len({event.new_id for event in watcher.told}) == 1


def test_a_second_tick_on_the_host_leaves_all_to_the_first(watcher: Watcher) -> None:
    with memory.alone(watcher.state) as is_alone:
        assert is_alone
        assert watcher.tick(0) == Report(ticked=False)
    assert watcher.flushes == 0


def test_without_a_lock_it_ticks_all_the_same(watcher: Watcher, caplog: pytest.LogCaptureFixture) -> None:
    (watcher.state / "locks").touch()
    assert watcher.tick(0).judged
    assert "ticking without a lock" in caplog.text


def test_without_its_journal_nothing_is_judged_and_all_else_goes_on(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Journal) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Journal, "entries", fail)
    report = watcher.tick(0)
    assert report.problems == ["journal: [Errno 13] Permission denied"]
    assert (report.judged, watcher.flushes) == (False, 1)


FIFTY = {f"job-{number}": COLLECT for number in range(50)}


def at_once(*ticks: Callable[[], Report]) -> list[Report]:
    begin = Barrier(len(ticks))

    def run(tick: Callable[[], Report]) -> Report:
        begin.wait()
        return tick()

    with ThreadPoolExecutor(len(ticks)) as pool:
        return list(pool.map(run, ticks))


def ticking(watcher: Watcher, minute: float) -> Callable[[], Report]:
    return lambda: watcher.tick(minute)


@pytest.mark.parametrize("hosts", [1, 2])
def test_two_watchers_at_once_tell_of_fifty_missed_jobs_once(hosts: int, engine: Engine, tmp_path: Path) -> None:
    """On one host with a state directory for both, and on two that share a database."""
    url = engine.url.render_as_string(hide_password=False)
    watchers = [Watcher(tmp_path / f"state-{number % hosts}", url) for number in range(2)]
    for watcher in watchers:
        watcher.jobs(**FIFTY)
    for minute in range(-1, 9):
        reports = at_once(*(ticking(watcher, minute) for watcher in watchers))
        assert sum(report.judged for report in reports) == 1
        assert [report.problems for report in reports] == [[], []]
    told = [event for watcher in watchers for event in watcher.told]
    assert sorted(event.job for event in told) == sorted(FIFTY)
    assert {event.kind for event in told} == {IncidentKind.MISSED}
    assert len({event.new_id for event in told}) == 50


def test_fifty_missed_jobs_are_fifty_incidents(watcher: Watcher) -> None:
    """With the flush that comes after, two at once."""
    watcher.jobs(**FIFTY)
    for minute in range(-1, 8):
        clock = FixedClock(NOON + timedelta(minutes=minute))
        tick = lambda clock=clock: watch.tick(watcher.settings(), clock, flush=replay.flush)  # noqa: E731
        at_once(tick, tick)
    known = state_file.load(watcher.state).alerts.jobs
    incidents = {job: state.incident for job, state in known.items() if state.incident}
    assert incidents.keys() == FIFTY.keys()
    assert {each.kind for each in incidents.values()} == {IncidentKind.MISSED}
    assert {each.failures for each in incidents.values()} == {1}
