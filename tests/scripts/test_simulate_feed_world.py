"""The simulated world: what it serves at any moment, and that this is what its own truth says."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from scripts.simulation.parks import Season
from scripts.simulation.rides import GARDEN
from scripts.simulation.world import World

pytestmark = pytest.mark.unit

SUMMER_SATURDAY = date(2026, 7, 18)
MAGIC_KINGDOM, WINDSOR, TOKYO = 6, 27, 274


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=1)


def rows(payload: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for group in (*payload["lands"], payload) for row in group["rides"]}


def polls_of(world: World, park_id: int, day: date, minutes: int = 10) -> list[datetime]:
    """The moments from four in the morning, local, for a day."""
    start = datetime(day.year, day.month, day.day, 4, tzinfo=world.parks[park_id].zone).astimezone(UTC)
    return [start + timedelta(minutes=minutes * number) for number in range(24 * 60 // minutes)]


def updated_at(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["last_updated"])


def test_120_parks_and_4_000_rides_in_twenty_time_zones(world: World) -> None:
    parks = world.parks.values()
    assert len(parks) == 120
    assert sum(len(park.rides) for park in parks) >= 4_000
    assert len({park.zone.key for park in parks}) >= 20


def test_parks_json_has_the_shape_of_the_source_and_each_company_once(world: World) -> None:
    companies = world.parks_json()
    assert Counter(company["id"] for company in companies).most_common(1)[0][1] == 1
    listed = [park for company in companies for park in company["parks"]]
    assert len(listed) == 120
    assert {tuple(park) for park in listed} == {
        ("id", "name", "country", "continent", "latitude", "longitude", "timezone")
    }
    assert {type(park["latitude"]) for park in listed} == {str}


@pytest.mark.parametrize(
    ("park_id", "listed", "true"),
    [
        (22, "America/Denver", "America/Chicago"),
        (306, "America/Denver", "America/Chicago"),
        (47, "America/Toronto", "America/Mexico_City"),
        (18, "Europe/Berlin", "Europe/Copenhagen"),
        (160, "Europe/Berlin", "Europe/Amsterdam"),
        (166, "Europe/Berlin", "Europe/Stockholm"),
    ],
)
def test_the_sources_wrong_time_zones_are_listed_and_not_lived_by(
    world: World, park_id: int, listed: str, true: str
) -> None:
    park = world.parks[park_id]
    assert (park.listing.timezone, park.zone.key) == (listed, true)


def test_payloads_have_the_types_of_the_source(world: World) -> None:
    payload = world.payload(MAGIC_KINGDOM, datetime(2026, 7, 18, 18, tzinfo=UTC))
    assert set(payload) == {"lands", "rides"}
    assert {tuple(land) for land in payload["lands"]} == {("id", "name", "rides")}
    for row in rows(payload).values():
        assert [(key, type(value)) for key, value in row.items()] == [
            ("id", int),
            ("name", str),
            ("is_open", bool),
            ("wait_time", int),
            ("last_updated", str),
        ]
        assert row["last_updated"].endswith(".000Z")


def test_some_parks_have_their_rides_at_the_top_level(world: World) -> None:
    payload = world.payload(TOKYO, datetime(2026, 7, 18, 3, tzinfo=UTC))
    assert payload["lands"] == []
    assert len(payload["rides"]) == len(world.parks[TOKYO].rides)


def test_ride_ids_are_unique_and_land_ids_another_number_space(world: World) -> None:
    ride_ids = [ride.ride_id for park in world.parks.values() for ride in park.rides]
    assert len(set(ride_ids)) == len(ride_ids)
    assert world.payload(MAGIC_KINGDOM, datetime(2026, 7, 18, tzinfo=UTC))["lands"][0]["id"] in ride_ids


def test_no_park_has_two_rides_of_one_name(world: World) -> None:
    for park in world.parks.values():
        assert len({ride.name for ride in park.rides}) == len(park.rides)


def test_fewer_parks_are_those_with_the_lowest_ids_and_the_same_ones(world: World) -> None:
    few = World(seed=1, park_count=5)
    assert sorted(few.parks) == [1, 2, 3, 4, 5]
    noon = datetime(2026, 7, 18, 12, tzinfo=UTC)
    assert few.payload(4, noon) == world.payload(4, noon)


def test_a_moment_is_the_same_whatever_was_asked_before(world: World) -> None:
    noon = datetime(2026, 7, 18, 12, tzinfo=UTC)
    for moment in polls_of(world, WINDSOR, SUMMER_SATURDAY):
        world.payload(WINDSOR, moment)
    assert world.payload(WINDSOR, noon) == World(seed=1).payload(WINDSOR, noon)


def test_another_seed_is_another_day() -> None:
    one, other = (World(seed, park_count=30).breakdowns(WINDSOR, SUMMER_SATURDAY) for seed in (1, 2))
    assert one != other


def test_rows_are_one_to_five_minutes_old_on_a_grid_of_five_minutes(world: World) -> None:
    noon = datetime(2026, 7, 18, 12, tzinfo=UTC)
    for park_id in world.parks:
        updated = {updated_at(row) for row in rows(world.payload(park_id, noon)).values()}
        later = {updated_at(row) for row in rows(world.payload(park_id, noon + timedelta(minutes=5))).values()}
        assert len(updated) == 1
        assert timedelta(minutes=1) <= noon - min(updated) <= timedelta(minutes=5)
        assert min(later) - min(updated) == timedelta(minutes=5)


def test_a_ride_is_closed_in_its_hours_exactly_when_it_is_broken_or_stopped_by_weather(world: World) -> None:
    park = world.parks[WINDSOR]
    true_day = world.park_day(WINDSOR, SUMMER_SATURDAY)
    hours = {ride.ride_id: day.hours for ride, day in zip(park.rides, true_day.rides, strict=True)}
    outdoors = {ride.ride_id for ride in park.rides if ride.kind.outdoors}
    breakdowns = world.breakdowns(WINDSOR, SUMMER_SATURDAY)
    closed_readings = 0
    for moment in polls_of(world, WINDSOR, SUMMER_SATURDAY):
        for row in rows(world.payload(WINDSOR, moment)).values():
            at = updated_at(row)
            if int(at.timestamp()) not in hours[row["id"]]:
                continue
            broken = any(each.ride_id == row["id"] and each.start <= at < each.end for each in breakdowns)
            stormy = row["id"] in outdoors and int(at.timestamp()) in true_day.weather
            assert row["is_open"] is not (broken or stormy), row
            closed_readings += not row["is_open"]
    assert closed_readings > 10


def test_breakdowns_lie_in_the_rides_hours_one_after_the_other(world: World) -> None:
    for park_id, park in world.parks.items():
        for ride, day in zip(park.rides, world.park_day(park_id, SUMMER_SATURDAY).rides, strict=True):
            for span in day.breakdowns:
                assert day.hours.start <= span.start < span.end <= day.hours.end, ride
            for earlier, later in pairwise(day.breakdowns):
                assert earlier.end < later.start, ride


def test_parks_lose_some_three_or_four_per_cent_of_their_ride_time(world: World) -> None:
    down = open_ = 0
    for park_id in world.parks:
        for day in world.park_day(park_id, SUMMER_SATURDAY).rides:
            down += sum(span.end - span.start for span in day.breakdowns)
            open_ += day.hours.end - day.hours.start
    assert 0.02 < down / open_ < 0.06


def test_a_storm_stops_what_is_outdoors_and_only_that(world: World) -> None:
    park_id, stormy = next(
        (park_id, day)
        for park_id in world.parks
        if (day := world.park_day(park_id, SUMMER_SATURDAY)).weather.end > day.weather.start + 1_200
    )
    payload = world.payload(park_id, datetime.fromtimestamp(stormy.weather.start + 600, UTC))
    outdoors = {ride.ride_id for ride in world.parks[park_id].rides if ride.kind.outdoors}
    assert {ride_id for ride_id, row in rows(payload).items() if row["is_open"]}.isdisjoint(outdoors)
    assert any(row["is_open"] for row in rows(payload).values())


def test_queues_grow_from_opening_stand_highest_after_noon_and_thin_out(world: World) -> None:
    hours = world.park_day(MAGIC_KINGDOM, SUMMER_SATURDAY).hours
    length = hours.end - hours.start

    def waits(part_of_day: float) -> int:
        moment = datetime.fromtimestamp(hours.start + length * part_of_day, UTC)
        return sum(int(row["wait_time"]) for row in rows(world.payload(MAGIC_KINGDOM, moment)).values())

    assert waits(0.05) < waits(0.2) < waits(0.45) > waits(0.75) > waits(0.97) > 0


def test_gardens_never_report_a_wait_and_some_parks_never_do(world: World) -> None:
    silent = [park_id for park_id, park in world.parks.items() if not park.reports_waits]
    gardens = {ride.ride_id for park in world.parks.values() for ride in park.rides if ride.kind is GARDEN}
    for park_id in world.parks:
        noon = datetime.combine(SUMMER_SATURDAY, datetime.min.time(), world.parks[park_id].zone).replace(hour=13)
        found = rows(world.payload(park_id, noon))
        assert any(row["is_open"] for row in found.values())
        assert any(row["wait_time"] for row in found.values()) is (park_id not in silent)
        assert not any(row["wait_time"] for ride_id, row in found.items() if ride_id in gardens)
    assert 2 <= len(silent) <= 20


def test_after_closing_most_parks_close_all_rides_and_some_leave_them_open_without_a_wait(world: World) -> None:
    night = datetime(2026, 7, 18, 8, tzinfo=UTC)  # four in the morning in New York
    open_by_night = {
        park_id: [row for row in rows(world.payload(park_id, night)).values() if row["is_open"]]
        for park_id, park in world.parks.items()
        if park.zone.key == "America/New_York"
    }
    assert {len(found) > 0 for found in open_by_night.values()} == {True, False}
    assert not any(row["wait_time"] for found in open_by_night.values() for row in found)
    assert {park_id for park_id, found in open_by_night.items() if found} == {
        park_id for park_id in open_by_night if world.parks[park_id].lingers
    }


def test_opening_hours_keep_the_local_clock_when_the_clocks_change(world: World) -> None:
    zone = world.parks[MAGIC_KINGDOM].zone
    winter, summer = (world.park_day(MAGIC_KINGDOM, date(2026, 3, day)).hours.start for day in (7, 8))
    assert datetime.fromtimestamp(winter, zone).time() == datetime.fromtimestamp(summer, zone).time()
    assert summer - winter == 23 * 3_600


def test_an_evening_past_midnight_belongs_to_the_day_it_began_on(world: World) -> None:
    late = [
        park_id
        for park_id, park in world.parks.items()
        if datetime.fromtimestamp(world.park_day(park_id, SUMMER_SATURDAY).hours.end, park.zone).hour in {1, 2}
    ]
    assert late
    for park_id in late:
        closing = world.park_day(park_id, SUMMER_SATURDAY).hours.end
        payload = world.payload(park_id, datetime.fromtimestamp(closing - 3_000, UTC))
        assert any(row["is_open"] for row in rows(payload).values())


def test_seasons_close_parks_for_the_winter_and_some_for_weekdays_in_spring(world: World) -> None:
    def share_open(season: Season, day: date) -> float:
        parks = [park_id for park_id, park in world.parks.items() if park.season is season]
        return sum(world.park_day(park_id, day).hours.end > 0 for park_id in parks) / len(parks)

    tuesday_in_january, tuesday_in_may = date(2026, 1, 13), date(2026, 5, 12)
    assert share_open(Season.RESORT, tuesday_in_january) > 0.9
    assert share_open(Season.SEASONAL, tuesday_in_january) == 0
    assert 0.3 < share_open(Season.SEASONAL, tuesday_in_may) < 0.8
    assert share_open(Season.WATER, tuesday_in_may) == 0
    assert all(share_open(season, SUMMER_SATURDAY) > 0.9 for season in Season)
