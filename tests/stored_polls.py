"""Polls brought to a database as the collector would have, so that a park-day can be judged from there."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from hallofshame import feed
from hallofshame.model import Park, Payload, Reading, RideState
from hallofshame.polls_file import RecordedPoll
from hallofshame.rules.calendar import utc
from hallofshame.rules.readings import clean
from hallofshame.rules.snapshot import Snapshot
from hallofshame.rules.status import judge
from hallofshame.rules.tiers import Tiers
from hallofshame.store import engine as engines
from hallofshame.store import parks, polls, rides
from hallofshame.store.engine import Engine
from tests import factories

BEFORE = timedelta(days=400)  # the park is known long before its first poll
Said = Iterable[tuple[datetime, Sequence[Reading]]]


def tiers_of(weights: dict[int, int] | None = None) -> Tiers:
    """Every ride of tier 2, but for the weights given."""
    entries = "".join(f"{ride_id} = {{ tier = {4 - weight} }}\n" for ride_id, weight in (weights or {}).items())
    return Tiers.parse(f"version = 1\npatterns = []\n[rides]\n{entries}")


def said_by(snapshots: Iterable[Snapshot]) -> Iterator[tuple[datetime, list[Reading]]]:
    """The readings a feed would have served for polls that were judged like that."""
    for poll in snapshots:
        at = utc(poll.polled_at_s)
        yield at, [_reading(ride_id, *said, at) for ride_id, said in poll.rides.items()]


def _reading(ride_id: int, state: RideState, wait_minutes: int | None, at: datetime) -> Reading:
    last_updated = at - timedelta(minutes=240 if state is RideState.UNKNOWN else 4)
    is_open = state is RideState.OPEN
    return factories.reading(ride_id, is_open=is_open, wait_minutes=wait_minutes, last_updated=last_updated)


def load(engine: Engine, park: Park, lines: Iterable[RecordedPoll]) -> list[datetime]:
    """Enter a park and the lines of a polls file, those of one second as one poll. Returns the moments."""
    by_second: dict[datetime, list[Reading]] = {}
    for line in lines:
        readings = feed.parse_queue_times(line.payload).readings
        by_second.setdefault(line.polled_at.replace(microsecond=0), []).extend(readings)
    cleaned = {moment: clean(Payload(tuple(said))).readings for moment, said in sorted(by_second.items())}
    enter(engine, park, cleaned.items())
    return list(cleaned)


def enter(engine: Engine, park: Park, said: Said) -> None:
    """Enter a park, its polls and its rides by their newest names."""
    newest: dict[int, Reading] = {}
    with engines.begin(engine) as conn:
        for moment, readings in said:
            if not newest:
                parks.record(conn, [park], moment - BEFORE)
            polls.record(conn, factories.poll(park.park_id, moment), {r: judge(r, moment) for r in readings})
            newest.update((r.ride_id, r) for r in readings)
        rides.record(conn, park.park_id, {r: judge(r, moment) for r in newest.values()}, moment, rides.known(conn))
