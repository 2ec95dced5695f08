"""Polls files enter the store as history: the same rules, the same tables, and nothing newer is overwritten.

A file is read to its end before anything of it is entered, so that a bad line costs the file and no more; then it goes
in day by day, one transaction each. A second import finds every poll known. Issues are told, not stored: those stored
are about what is collected now.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path

from hallofshame import arrival, feed, polls_file
from hallofshame.arrival import Arrival
from hallofshame.errors import Permanent
from hallofshame.model import Park, Payload, Poll, PollOutcome
from hallofshame.park_overrides import ParkOverrides
from hallofshame.polls_file import Header, RecordedPoll
from hallofshame.rules import calendar
from hallofshame.store import engine as engines
from hallofshame.store import parks, polls, rides
from hallofshame.store.engine import Connection, Engine

_UNKNOWN_OPERATOR_ID, _UNKNOWN = 0, ""  # a polls file tells neither operator nor continent


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file held, and how much of it was new: polls, and the readings of those.

    `issues`: how many of each kind. `timezone`: what the store cuts the park's days by, whatever the file says.
    """

    park_id: int
    timezone: str
    first_day: date
    last_day: date
    polls: int
    new_polls: int
    new_readings: int
    issues: Mapping[str, int]


def import_file(engine: Engine, path: Path) -> Imported:
    """Enter the polls of a file. Raises Permanent, naming file and line, before anything is entered.

    A park the store does not know is entered from the file's header, with its zone, and without an operator.
    """
    header, first, last, ride_ids = _checked(path)
    park = _park(path, header)
    with engines.read(engine) as conn:
        _check_rides(path, park, ride_ids, conn)
    timezone = engines.write(engine, partial(_enter_park, park=park, first=first, last=last))
    entered: Counter[str] = Counter()
    issues: Counter[str] = Counter()
    with polls_file.reading(path) as (_, recorded):
        for arrivals in _by_day(park, recorded):
            entered.update(engines.write(engine, partial(_enter_day, park=park, arrivals=arrivals)))
            issues.update(issue.kind for each in arrivals for issue in each.issues)
    return Imported(
        park_id=park.park_id,
        timezone=timezone,
        first_day=calendar.op_day_of(first, timezone),
        last_day=calendar.op_day_of(last, timezone),
        polls=entered["polls"],
        new_polls=entered["new_polls"],
        new_readings=entered["new_readings"],
        issues=issues,
    )


def _checked(path: Path) -> tuple[Header, datetime, datetime, set[int]]:
    """Read a file to its end: its header, its first and last poll, and every ride in it."""
    moments: list[datetime] = []
    ride_ids: set[int] = set()
    with polls_file.reading(path) as (header, recorded):
        for poll in recorded:
            if poll.park_id not in {None, header.park_id}:
                raise Permanent(f"{poll.place}: of park {poll.park_id}, in a file of park {header.park_id}")
            ride_ids.update(reading.ride_id for reading in _payload(poll).readings)
            moments.append(poll.polled_at)
    if not moments:
        raise Permanent(f"{path}: holds no poll")
    return header, min(moments), max(moments), ride_ids


def _payload(poll: RecordedPoll) -> Payload:
    try:
        return feed.parse_queue_times(poll.payload)
    except Permanent as error:
        raise Permanent(f"{poll.place}: payload: {error}") from error


def _park(path: Path, header: Header) -> Park:
    """The park as the header tells it: named as the feed would after the overrides, in the file's own zone."""
    if type(header.park_id) is not int or header.park_id < 1:
        raise Permanent(f"{path}, line 1: park: id: expected Queue-Times' number of the park, got {header.park_id!r}")
    park = Park(
        park_id=header.park_id,
        name=header.name or f"Park {header.park_id}",
        operator_id=_UNKNOWN_OPERATOR_ID,
        operator=_UNKNOWN,
        country=header.country or _UNKNOWN,
        continent=_UNKNOWN,
        latitude=None,
        longitude=None,
        timezone=header.timezone,
    )
    return replace(ParkOverrides.load().correct(park), timezone=header.timezone, timezone_source="polls file")


def _enter_park(conn: Connection, park: Park, first: datetime, last: datetime) -> str:
    """Enter a park as the file's polls saw it; one that is known keeps what is known of it. Returns its zone."""
    timezone = parks.time_zone_at(conn, park.park_id, first)
    if timezone is None:
        parks.record(conn, [park], first)
        parks.record(conn, [park], last)  # it was still listed then
    return timezone or park.timezone


def _check_rides(path: Path, park: Park, ride_ids: set[int], conn: Connection) -> None:
    """A ride's id is its identity over the whole feed: two parks with one would mix their rides' names and days."""
    elsewhere = {ride_id: ride.park_id for ride_id, ride in rides.known(conn).items() if ride.park_id != park.park_id}
    for ride_id in sorted(ride_ids & elsewhere.keys()):
        raise Permanent(
            f"{path}: ride {ride_id} is known as a ride of park {elsewhere[ride_id]}, and not of park {park.park_id}: "
            "import the file into a database of its own"
        )


def _by_day(park: Park, recorded: Iterable[RecordedPoll]) -> Iterator[list[Arrival]]:
    """The polls of each operating day in order of time; lines of one second are one poll (domain page, 4.4)."""
    for _, lines in groupby(recorded, key=lambda poll: calendar.op_day_of(poll.polled_at, park.timezone)):
        by_second: dict[datetime, list[Payload]] = {}
        for line in lines:
            by_second.setdefault(line.polled_at.replace(microsecond=0), []).append(_payload(line))
        yield [_arrival(park, moment, by_second[moment]) for moment in sorted(by_second)]


def _arrival(park: Park, moment: datetime, payloads: Iterable[Payload]) -> Arrival:
    parts = list(payloads)
    payload = Payload(
        tuple(reading for part in parts for reading in part.readings),
        tuple(issue for part in parts for issue in part.issues),
    )
    return arrival.judge(Poll(park.park_id, moment, moment, PollOutcome.OK), payload)


def _enter_day(conn: Connection, park: Park, arrivals: list[Arrival]) -> Counter[str]:
    """Enter the polls of one day that are not known yet, in whatever slot they came."""
    first, last = arrivals[0].poll.polled_at, arrivals[-1].poll.polled_at
    stored = {moment for moment, _ in polls.of_day(conn, park.park_id, first, last + timedelta(seconds=1))}
    new = [each for each in arrivals if each.poll.polled_at not in stored]
    entered = [each for each in new if arrival.enter(conn, each, rides.known(conn, park.park_id))]
    return Counter(polls=len(arrivals), new_polls=len(entered), new_readings=sum(len(each.judged) for each in entered))
