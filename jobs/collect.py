"""Poll every park once: fetch, judge each reading on arrival, write. One bad park never costs the others."""

import logging
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import click

from hallofshame import arrival, runtime
from hallofshame.arrival import Arrival
from hallofshame.limiter import Limiter
from hallofshame.model import Issue, Park, Poll, PollOutcome
from hallofshame.park_overrides import ParkOverrides, zone_issue
from hallofshame.queue_times import FeedError, QueueTimes
from hallofshame.runtime import Runtime, Summary
from hallofshame.store import data_version, engine, issues, parks, polls, rides
from hallofshame.store.engine import Connection
from hallofshame.store.rides import KnownRide

from .polling import Answer, ask_all

CYCLE_SECONDS = 240.0  # the job is allowed 300; what has not come by then is a failed poll, not a lost cycle
SECONDS_KEPT_FOR_WRITING = 15.0  # before the wrapper's deadline
FAILURES_NAMED = 10

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """`hos-collect`."""
    return runtime.execute("collect", run, argv)


def run(world: Runtime) -> Summary:
    """Poll each park that has not answered for this slot yet. Safe to run twice, or twice at once."""
    started = world.clock.monotonic()
    slot, client = _slot(world), _client(world)
    _refresh_parks(world, client)
    with engine.read(world.engine) as conn:
        active, before, answered = parks.active(conn), rides.known(conn), polls.answered(conn, slot)
    asked = [park for park in active if park.park_id not in answered]
    written: Counter[str] = Counter(parks_ok=len(active) - len(asked))
    failures = []
    label, hidden = f"collecting {len(asked)} parks", not sys.stderr.isatty()
    with click.progressbar(length=len(asked), label=label, hidden=hidden, file=sys.stderr) as bar:
        for answer in ask_all(client, asked, slot, world.clock, started + _seconds_allowed(world)):
            arrived = arrival.judge(answer.poll, answer.payload)
            written.update(engine.write(world.engine, partial(_store, arrived, before)))
            failures += _failure(answer)
            bar.update(1)
    engine.write(world.engine, partial(data_version.step, now=world.clock.now()))
    figures = {
        "parks_ok": written["parks_ok"],
        "parks_failed": len(failures),
        "rides_seen": written["rides_seen"],
        "rows_written": written["rows_written"],
        "seconds": round(world.clock.monotonic() - started, 3),
    }
    return Summary(figures, _too_few(world, len(active), failures))


def _slot(world: Runtime) -> datetime:
    """When this poll was due: `--at`, else as scheduled, else the minute it started (domain page, S24)."""
    if world.at is not None:
        return world.at.replace(microsecond=0)
    return world.context.scheduled_at or world.clock.now().replace(second=0, microsecond=0)


def _client(world: Runtime) -> QueueTimes:
    limiter = Limiter(world.settings.queue_times_requests_per_second, world.clock)
    bodies = world.settings.state_dir / "last-bodies"
    return QueueTimes(world.settings.queue_times_url, world.settings.site_url, limiter, world.clock, bodies)


def _seconds_allowed(world: Runtime) -> float:
    if world.context.deadline is None or world.at is not None:
        return CYCLE_SECONDS
    left = (world.context.deadline - world.clock.now()).total_seconds() - SECONDS_KEPT_FOR_WRITING
    return min(CYCLE_SECONDS, left)


def _refresh_parks(world: Runtime, client: QueueTimes) -> None:
    """Enter the list of parks; without one the known parks stay as they are (domain page, S23)."""
    now, overrides = world.clock.now(), ParkOverrides.load()
    listed: list[Park] = []
    try:
        listed, found = client.parks()
    except FeedError as error:
        log.warning("the list of parks did not come; going on with the known ones: %s", error)
        found = [Issue("parks_list_failed", "feed", str(error))]

    def store(conn: Connection) -> None:
        changed = parks.record(conn, [overrides.correct(park) for park in listed], now)
        disagreeing = [issue for park in changed if (issue := zone_issue(park, now))]
        issues.record(conn, [*found, *disagreeing], now)

    engine.write(world.engine, store)


def _store(arrived: Arrival, before: Mapping[int, KnownRide], conn: Connection) -> Counter[str]:
    """Enter one park's poll in one transaction. Returns what it adds to the figures."""
    if not arrival.enter(conn, arrived, before):
        return Counter(parks_ok=_is_ok(arrived.poll))
    issues.record(conn, arrived.issues, arrived.poll.polled_at)
    rides_seen = len(arrived.judged)
    return Counter(parks_ok=_is_ok(arrived.poll), rides_seen=rides_seen, rows_written=rides_seen + 1)


def _is_ok(poll: Poll) -> bool:
    return poll.outcome is PollOutcome.OK


def _failure(answer: Answer) -> list[str]:
    if _is_ok(answer.poll):
        return []
    failure = f"{answer.park.name} ({answer.park.park_id}): {answer.poll.reason}"
    log.warning("no readings from %s", failure)
    return [failure]


def _too_few(world: Runtime, expected: int, failures: list[str]) -> str | None:
    if not expected:
        return "no park is known: the list of parks has never come, see the warning above and HOS_QUEUE_TIMES_URL"
    needed = expected * world.settings.collect_min_parks_percent / 100
    if expected - len(failures) >= needed:
        return None
    named = "; ".join(failures[:FAILURES_NAMED])
    more = f"; and {len(failures) - FAILURES_NAMED} more" if len(failures) > FAILURES_NAMED else ""
    answered = f"{expected - len(failures)} of {expected} parks answered, at least {needed:.0f} are needed"
    return f"{answered}: {named}{more}"
