"""A ride's id is its identity; its names are history."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from hallofshame.model import Reading, RideState
from hallofshame.rules.status import judge
from hallofshame.store import engine as engines
from hallofshame.store import parks, rides
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.schema import data_issues, ride_names
from hallofshame.store.schema import rides as table
from tests.factories import NOON, park, reading

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)


def _see(conn: Connection, hours: int, *readings: Reading) -> None:
    at = NOON + hours * HOUR
    judged = {r: judge(replace(r, last_updated=at), at) for r in readings}
    rides.record(conn, 6, judged, at, rides.known(conn))


def _issues(conn: Connection) -> list[tuple[str, str]]:
    return [(row.kind, row.subject) for row in conn.execute(select(data_issues))]


def test_a_renamed_ride_is_one_ride_with_two_names(engine: Engine) -> None:
    """S16, first half."""
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        _see(conn, 0, reading(1, name="Hiccup Wing Glider"))
        _see(conn, 1, reading(1, name="Hiccup's Wing Gliders"))
        names = conn.execute(select(ride_names.c.name).order_by(ride_names.c.since_at)).scalars().all()
        assert names == ["Hiccup Wing Glider", "Hiccup's Wing Gliders"]
        assert [ride.name for ride in rides.known(conn).values()] == ["Hiccup's Wing Gliders"]
        assert _issues(conn) == []


def test_a_new_id_under_the_name_of_a_ride_that_is_gone_is_a_second_ride_and_an_issue(engine: Engine) -> None:
    """S16, second half."""
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        _see(conn, 0, reading(1, name="Iron Gwazi"), reading(2))
        _see(conn, 1, reading(9, name="Iron Gwazi"), reading(2))
        assert set(rides.known(conn)) == {1, 2, 9}
        assert _issues(conn) == [("possible_new_id", "ride:9")]


def test_two_rides_of_one_name_in_one_payload_are_no_issue(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        _see(conn, 0, reading(1, name="Carousel"))
        _see(conn, 1, reading(1, name="Carousel"), reading(2, name="Carousel"))
        assert _issues(conn) == []


def test_a_ride_remembers_when_it_was_first_and_last_seen(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        _see(conn, 0, reading(1), reading(2))
        _see(conn, 2, reading(1))
        _see(conn, 1, reading(1), reading(2))
        seen = {row.ride_id: (row.first_seen_at, row.last_seen_at) for row in conn.execute(select(table))}
        assert seen == {1: (NOON, NOON + 2 * HOUR), 2: (NOON, NOON + HOUR)}


CLOSED = {"is_open": False, "wait_minutes": 0}


@pytest.mark.parametrize(
    ("states", "closed_since", "last_open"),
    [
        ("o", None, 0),
        ("oc", 1, 0),
        ("occ", 1, 0),
        ("ocoo", None, 3),
        ("ouc", 2, 0),
        ("ocuc", 1, 0),
        ("cc", 0, None),
        ("u", None, None),
    ],
)
def test_a_ride_knows_since_when_it_is_closed(
    states: str, closed_since: int | None, last_open: int | None, engine: Engine
) -> None:
    meaning = {"o": RideState.OPEN, "c": RideState.CLOSED, "u": RideState.UNKNOWN}
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        for hour, letter in enumerate(states):
            rides.record(conn, 6, {reading(1): meaning[letter]}, NOON + hour * HOUR, rides.known(conn))
        row = conn.execute(select(table)).one()
    assert row.state == meaning[states[-1]].value
    assert row.closed_since_at == (None if closed_since is None else NOON + closed_since * HOUR)
    assert row.last_open_at == (None if last_open is None else NOON + last_open * HOUR)


def test_an_older_payload_changes_nothing(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        _see(conn, 5, reading(1, name="New", **CLOSED))
        _see(conn, 1, reading(1, name="Old"))
        row = conn.execute(select(table)).one()
    assert (row.name, row.state, row.last_seen_at) == ("New", "closed", NOON + 5 * HOUR)


def test_a_ride_that_moves_to_another_land_is_not_renamed(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        _see(conn, 0, reading(332, name="Roger Rabbit", land="Toontown"))
        _see(conn, 1, reading(332, name="Roger Rabbit", land=None))
        assert len(conn.execute(select(ride_names)).all()) == 1
        assert conn.execute(select(table.c.land)).scalar() is None
