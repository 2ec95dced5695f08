"""The watcher: one tick, called each minute by a timer. What it sees, it hands to the flush, which judges and tells.

Many may tick at once: on a host one after the other, and of all that share a database one judges what was due, the
one that entered the minute first. Each duty is tried whatever became of the others.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from uuid import uuid4

from hallofshame import jobs_file, quantities, replay
from hallofshame.alerts import state_file
from hallofshame.clock import Clock
from hallofshame.errors import HallOfShameError
from hallofshame.jobs_file import Job
from hallofshame.rules import punctuality
from hallofshame.rules.incidents import Event
from hallofshame.settings import Settings
from hallofshame.store import database, engine, runs, watch_ticks
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.watch_ticks import Tick

from . import cloudwatch, heartbeat, known_runs, looking, memory, sightings
from .known_runs import KnownRun
from .looking import Sight
from .memory import Memory

Flush = Callable[[Settings, Clock, Sequence[Event]], int]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """What one tick did. `judged`: it was the one to judge what was due; `problems`: which duties failed, and why."""

    ticked: bool = True
    judged: bool = False
    events: tuple[Event, ...] = ()
    unknown: int = 0
    blind_seconds: float = 0.0
    entered: int = 0
    problems: list[str] = field(default_factory=list)


def tick(settings: Settings, clock: Clock, problems: Iterable[str] = (), flush: Flush = replay.flush) -> Report:
    """Do all that is due now. What fails is in the report, after the `problems` that are known already."""
    with memory.alone(settings.state_dir) as is_alone:
        return _Tick(settings, clock, problems, flush).run() if is_alone else Report(ticked=False)


class _Tick:
    """One tick, alone on its host."""

    def __init__(self, settings: Settings, clock: Clock, problems: Iterable[str], flush: Flush) -> None:
        self._settings = settings
        self._clock = clock
        self._flush = flush
        self._tick = Tick(str(uuid4()), os.uname().nodename, clock.now())
        self._report = Report(problems=[*problems])

    def run(self) -> Report:
        jobs, remembered = self._jobs()
        in_journal = self._in_journal()
        opened = self._judge_of_this_minute() if in_journal is not None else None
        sight = self._look(opened, jobs, remembered, in_journal or {}) if opened else None
        known = sight.runs if sight else in_journal or {}
        overdue = list(_overdue(known.values(), jobs, remembered, self._tick.ticked_at))
        self._report.events = (*(sight.events if sight else ()), *overdue)
        if self._pass_on():
            published_at = self._publish(opened, remembered)
            self._remember(replace(_after(remembered, sight, overdue), published_at=published_at))
            if opened and sight and jobs:  # else the next tick with jobs judges what was due by now
                self._close(opened)
        self._beat()
        return self._report

    def _jobs(self) -> tuple[Mapping[str, Job], Memory]:
        """The good jobs of jobs.toml, and what is remembered of them."""
        jobs, problems = jobs_file.read(self._settings.jobs_file)
        self._report.problems += [": ".join(filter(None, ("jobs.toml", *problem))) for problem in problems]
        remembered = memory.load(self._settings.state_dir).expecting(jobs, problems, self._tick.ticked_at)
        self._remember(remembered)  # at once: a tick that breaks off has seen the jobs all the same
        return jobs, remembered

    def _in_journal(self) -> Mapping[str, KnownRun] | None:
        """The runs in the journal; None where it cannot be read: then nobody can say what did not run."""
        with self._duty("journal"):
            return known_runs.journalled(self._settings.state_dir)
        return None

    def _judge_of_this_minute(self) -> Engine | None:
        """The database, if this tick is the first that enters the minute there."""
        with self._duty("what was due"):
            opened = database.open_ready(self._settings.database_url.get_secret_value())
            if engine.write(opened, partial(watch_ticks.claim, tick=self._tick)):
                return opened
        return None

    def _look(
        self, opened: Engine, jobs: Mapping[str, Job], remembered: Memory, in_journal: Mapping[str, KnownRun]
    ) -> Sight | None:
        with self._duty("what was due"):
            sight = looking.look(opened, self._tick, jobs, remembered, in_journal)
            self._report.judged, self._report.unknown = True, sight.unknown
            self._report.blind_seconds = sight.blind_seconds
            return sight
        return None

    def _pass_on(self) -> bool:
        """Flush. Returns True when the events are in its hands, whatever else has to wait."""
        try:
            self._report.entered = self._flush(self._settings, self._clock, self._report.events)
        except HallOfShameError as error:
            self._report.problems.append(f"flush: {error}")
        except Exception as error:
            log.exception("flush")
            self._report.problems.append(f"flush: {error!r}")
            return False
        return True

    def _publish(self, opened: Engine | None, remembered: Memory) -> datetime | None:
        """Send figures to CloudWatch, where that is set. Returns until when runs have been sent."""
        namespace, now = self._settings.cloudwatch_namespace, self._tick.ticked_at
        published_at = remembered.published_at or now
        if namespace is None:
            return None
        with self._duty("CloudWatch"):
            state = state_file.load(self._settings.state_dir)
            metrics = [*cloudwatch.of_host(state, self._report.events, now)]
            if opened:
                with engine.read(opened) as conn:
                    metrics += cloudwatch.of_runs(runs.ended_between(conn, published_at, now))
            cloudwatch.publish(namespace, metrics, now)
            return now if opened else published_at
        return published_at

    def _remember(self, remembered: Memory) -> None:
        with self._duty(memory.FILE_NAME):
            memory.save(self._settings.state_dir, remembered)

    def _close(self, opened: Engine) -> None:
        with self._duty("what was due"):
            engine.write(opened, self._judged)

    def _judged(self, conn: Connection) -> None:
        watch_ticks.judged(conn, self._tick, self._clock.now())
        watch_ticks.forget_old(conn, self._tick.ticked_at)

    def _beat(self) -> None:
        url = self._settings.heartbeat_url
        if url:
            with self._duty("heartbeat"):
                heartbeat.beat(url.get_secret_value(), is_well=not self._report.problems)

    @contextmanager
    def _duty(self, name: str) -> Iterator[None]:
        """Note what goes wrong, and go on."""
        try:
            yield
        except (HallOfShameError, OSError) as error:
            self._report.problems.append(f"{name}: {error}")
        except Exception as error:
            log.exception(name)
            self._report.problems.append(f"{name}: {error!r}")


def _after(remembered: Memory, sight: Sight | None, overdue: Iterable[Event]) -> Memory:
    """What is remembered once all was passed on; runs that are over are forgotten where the database says so."""
    told = remembered.overdue | {event.run_id for event in overdue if event.run_id}
    if sight is None:
        return replace(remembered, overdue=told)
    running = {run_id for run_id, run in sight.runs.items() if run.is_running}
    return replace(remembered, overdue=told & running, blind=sight.blind)


def _overdue(runs: Iterable[KnownRun], jobs: Mapping[str, Job], remembered: Memory, now: datetime) -> Iterator[Event]:
    """Each run on its own, whatever its job did since, and once."""
    for run in runs:
        job = jobs.get(run.job)
        limit_seconds = run.timeout_seconds or (quantities.seconds(job.timeout) if job else None)
        if limit_seconds is None or not run.is_running or run.start.run_id in remembered.overdue:
            continue
        kill_after_seconds = quantities.seconds(job.kill_after if job else Job.model_fields["kill_after"].default)
        started_at = run.start.started_at
        if started_at and punctuality.is_overdue(started_at, limit_seconds, kill_after_seconds, now):
            yield sightings.overdue(run, limit_seconds, now)
