"""Parks keep their history."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hallofshame.store import engine as engines
from hallofshame.store import parks
from hallofshame.store.engine import Engine
from hallofshame.store.schema import park_names
from tests.factories import NOON, park

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)


def test_a_park_comes_back_as_it_was_listed(engine: Engine) -> None:
    efteling = park(160, name="Efteling", country="Netherlands", timezone="Europe/Amsterdam", latitude=None)
    with engines.begin(engine) as conn:
        assert parks.record(conn, [efteling], NOON) == [efteling]
        assert parks.active(conn) == [efteling]
        assert parks.record(conn, [efteling], NOON + DAY) == []


def test_a_corrected_time_zone_cuts_new_days_and_leaves_past_ones(engine: Engine) -> None:
    """S22."""
    with engines.begin(engine) as conn:
        parks.record(conn, [park(timezone="America/Denver")], NOON)
        corrected = park(timezone="America/Chicago", timezone_source="overrides version 2")
        parks.record(conn, [corrected], NOON + 9 * DAY)
        assert parks.time_zone_at(conn, 6, NOON + 8 * DAY) == "America/Denver"
        assert parks.time_zone_at(conn, 6, NOON + 9 * DAY) == "America/Chicago"
        assert parks.time_zone_at(conn, 6, NOON - DAY) == "America/Denver"
        assert parks.time_zone_at(conn, 7, NOON) is None


def test_a_renamed_park_keeps_both_names(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(name="Old")], NOON)
        parks.record(conn, [park(name="New")], NOON + DAY)
        assert conn.execute(select(park_names.c.name).order_by(park_names.c.since_at)).scalars().all() == ["Old", "New"]


def test_a_park_left_out_of_the_list_is_asked_for_a_week_more(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6), park(7)], NOON)
        parks.record(conn, [park(6)], NOON + 7 * DAY)
        assert [p.park_id for p in parks.active(conn)] == [6, 7]
        parks.record(conn, [park(6)], NOON + 8 * DAY)
        assert [p.park_id for p in parks.active(conn)] == [6]


def test_an_empty_store_has_no_active_park(engine: Engine) -> None:
    with engines.read(engine) as conn:
        assert parks.active(conn) == []
