"""What the one watcher that has a minute sees in it: due times judged from the database, and when nobody looked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from hallofshame import quantities
from hallofshame.due_times import due_times
from hallofshame.jobs_file import Job
from hallofshame.rules import punctuality
from hallofshame.rules.incidents import Event
from hallofshame.rules.punctuality import Blindness, DueTime, Punctuality
from hallofshame.store import engine, watch_ticks
from hallofshame.store.engine import Engine
from hallofshame.store.watch_ticks import Tick

from . import known_runs, sightings
from .known_runs import KnownRun
from .memory import Memory

BLIND_AFTER = timedelta(minutes=5)  # a shorter blindness is told only if something that was due in it cannot be judged
LOOKED_BACK = timedelta(days=7)  # what was due before that is history

Judged = tuple[str, DueTime, Punctuality]


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen. `runs` are all that is known of; `blind` ends each blindness that has been told."""

    events: tuple[Event, ...]
    runs: Mapping[str, KnownRun]
    unknown: int
    blind_seconds: float
    blind: frozenset[datetime]


@dataclass(frozen=True, slots=True)
class _Time:
    """The time that is looked at: what was due is judged when its grace ended after `looked`, up to `now`."""

    looked: datetime
    now: datetime
    blind: Sequence[Blindness]


def look(
    opened: Engine, tick: Tick, jobs: Mapping[str, Job], memory: Memory, in_journal: Mapping[str, KnownRun]
) -> Sight:
    """Judge every due time whose grace has ended since the last tick that was judged. Raises Transient or Permanent.

    `in_journal` was read before: a run leaves the journal for the database.
    """
    now = tick.ticked_at
    with engine.read(opened) as conn:
        looked = max(watch_ticks.judged_until(conn, tick) or now, now - LOOKED_BACK)
        since = looked - max(map(_grace, jobs.values()), default=timedelta())
        time = _Time(looked, now, punctuality.blindness(watch_ticks.ticked(conn, since, tick)))
    runs = known_runs.stored(opened, since, in_journal)
    judged = [(name, *each) for name, job in jobs.items() for each in _judge(name, job, memory, runs, time)]
    told = [span for span in time.blind if _is_news(span, judged, memory, time)]
    return Sight(
        events=(*_unpunctual(judged), *(sightings.blind(span, _unknown_in(span, judged)) for span in told)),
        runs=runs,
        unknown=sum(_is_unknown(each, now) for each in judged),
        blind_seconds=sum(span.length.total_seconds() for span in time.blind if span.until > looked),
        blind=frozenset(span.until for span in time.blind if span in told or span.until in memory.blind),
    )


def _judge(
    name: str, job: Job, memory: Memory, runs: Mapping[str, KnownRun], time: _Time
) -> list[tuple[DueTime, Punctuality]]:
    grace, expected_since = _grace(job), memory.expected[name].since
    due = due_times(job.schedule, ZoneInfo(job.timezone), time.looked - grace)
    until_now = list(takewhile(lambda due_at: due_at <= time.now, due))
    starts = [run.start for run in runs.values() if run.job == name]
    return punctuality.judge(until_now, starts, grace, expected_since, time.blind, time.now)


def _unpunctual(judged: Sequence[Judged]) -> Iterator[Event]:
    for name, due, verdict in judged:
        if verdict is Punctuality.MISSED:
            yield sightings.missed(name, due)
        elif verdict is Punctuality.LATE:
            yield sightings.late(name, due)


def _is_news(span: Blindness, judged: Sequence[Judged], memory: Memory, time: _Time) -> bool:
    """A long blindness is told when it ends, a short one once something that was due in it is unknown for good."""
    if span.until in memory.blind:
        return False
    if span.length > BLIND_AFTER:
        return span.until > time.looked
    return any(_is_unknown(each, time.now) and span.touches(each[1]) for each in judged)


def _is_unknown(judged: Judged, now: datetime) -> bool:
    _, due, verdict = judged
    return verdict is Punctuality.UNKNOWN and due.deadline <= now


def _unknown_in(span: Blindness, judged: Sequence[Judged]) -> list[str]:
    return [name for name, due, verdict in judged if verdict is Punctuality.UNKNOWN and span.touches(due)]


def _grace(job: Job) -> timedelta:
    return timedelta(seconds=quantities.seconds(job.start_grace))
