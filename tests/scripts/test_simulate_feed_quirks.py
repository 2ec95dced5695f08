"""What the simulator gets wrong on request, quirk by quirk."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scripts.simulation.quirks import PlacedQuirk, Quirk, distort, quirks_of, read_quirks
from scripts.simulation.world import World

pytestmark = pytest.mark.unit

STUDIOS = 65
NOON = datetime(2026, 7, 18, 16, tzinfo=UTC)
NIGHT = datetime(2026, 7, 18, 7, tzinfo=UTC)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=1)


def rows(payload: dict[str, Any]) -> Rows:
    return [row for group in (*payload["lands"], payload) for row in group["rides"]]


def distorted(world: World, quirk: Quirk, moment: datetime = NOON, park_id: int = STUDIOS) -> dict[str, Any]:
    return distort(world.payload(park_id, moment), [quirk], world.parks[park_id], moment)


def changed(world: World, quirk: Quirk, moment: datetime = NOON) -> Rows:
    sound = rows(world.payload(STUDIOS, moment))
    return [row for row in rows(distorted(world, quirk, moment)) if row not in sound]


def age(row: dict[str, Any], moment: datetime = NOON) -> timedelta:
    return moment - datetime.fromisoformat(row["last_updated"])


def test_stale_rows_are_open_by_night_with_a_queue_of_days_ago(world: World) -> None:
    stale = changed(world, Quirk.STALE, NIGHT)
    assert len(stale) >= len(world.parks[STUDIOS].rides) // 4
    for row in stale:
        assert (row["is_open"], row["wait_time"]) == (True, 70)
        assert age(row, NIGHT) > timedelta(hours=1)


def test_stale_rows_stand_still_while_time_goes_on_and_are_never_fresh(world: World) -> None:
    last_updated = set()
    for hour in range(24 * 14):
        moment = NOON + timedelta(hours=hour)
        row = rows(distorted(world, Quirk.STALE, moment))[0]
        assert timedelta(hours=1) <= age(row, moment) <= timedelta(days=7, hours=1)
        last_updated.add(row["last_updated"])
    assert len(last_updated) == 3


def test_a_frozen_ride_is_open_in_a_closed_park_since_local_midnight(world: World) -> None:
    (frozen,) = changed(world, Quirk.FROZEN, NIGHT)
    assert (frozen["is_open"], frozen["wait_time"]) == (True, 0)
    assert frozen["last_updated"] == "2026-07-18T04:00:18.000Z"
    assert not any(row["is_open"] for row in rows(distorted(world, Quirk.FROZEN, NIGHT))[1:])


def test_single_riders_have_rides_of_their_own_outside_the_lands(world: World) -> None:
    payload = distorted(world, Quirk.SINGLE_RIDERS, NIGHT)
    lines = payload["rides"]
    ids = [row["id"] for row in rows(payload)]
    assert [row["name"].endswith(" Single Rider") for row in lines] == [True] * 3
    assert len(set(ids)) == len(ids)
    assert [row["is_open"] for row in lines] == [False, True, True]


def test_the_top_level_takes_every_ride(world: World) -> None:
    payload = distorted(world, Quirk.TOP_LEVEL)
    assert payload == {"lands": [], "rides": rows(world.payload(STUDIOS, NOON))}


def test_a_loose_ride_stands_beside_the_lands(world: World) -> None:
    payload = distorted(world, Quirk.LOOSE_RIDE)
    assert payload["lands"]
    assert len(payload["rides"]) == 1
    assert len(rows(payload)) == len(world.parks[STUDIOS].rides)


def test_a_duplicate_is_older_and_says_the_opposite(world: World) -> None:
    payload = distorted(world, Quirk.DUPLICATES)
    first, twin = rows(payload)[0], payload["rides"][-1]
    assert first["id"] == twin["id"]
    assert first["is_open"] is not twin["is_open"]
    assert age(twin) > age(first)


@pytest.mark.parametrize(
    ("quirk", "is_open", "wait_time"),
    [(Quirk.OUTLIER, {True}, 995), (Quirk.NULL_WAIT, {True, False}, None), (Quirk.CLOSED_WITH_WAIT, {False}, 15)],
)
def test_one_ride_has_an_odd_wait(world: World, quirk: Quirk, is_open: set[bool], wait_time: int | None) -> None:
    (odd,) = changed(world, quirk)
    assert odd["is_open"] in is_open
    assert odd["wait_time"] == wait_time


def test_a_skewed_clock_is_less_than_a_minute_ahead(world: World) -> None:
    assert {age(row) for row in rows(distorted(world, Quirk.CLOCK_SKEW))} == {timedelta(seconds=-54)}


def test_a_renamed_ride_keeps_its_id(world: World) -> None:
    assert changed(world, Quirk.RENAMED, NOON.replace(day=14)) == []
    (renamed,) = changed(world, Quirk.RENAMED, NOON.replace(day=15))
    assert renamed["name"].endswith("™")
    assert renamed["id"] == world.parks[STUDIOS].rides[0].ride_id


def test_a_vanishing_ride_freezes_for_a_week_first(world: World) -> None:
    (frozen,) = changed(world, Quirk.VANISHED, NOON.replace(day=7))
    assert frozen["last_updated"] == "2026-07-01T00:00:00.000Z"
    left = rows(distorted(world, Quirk.VANISHED, NOON.replace(day=8)))
    assert frozen["id"] not in {row["id"] for row in left}
    assert len(left) == len(world.parks[STUDIOS].rides) - 1


def test_no_rides_leaves_two_empty_lists(world: World) -> None:
    assert distorted(world, Quirk.NO_RIDES) == {"lands": [], "rides": []}


@pytest.mark.parametrize("park_id", [274, 320, 325, 94])
def test_all_quirks_together_break_no_small_park_or_one_without_lands(world: World, park_id: int) -> None:
    everything = quirks_of(frozenset(map(PlacedQuirk, Quirk)), park_id)
    assert distort(world.payload(park_id, NOON), everything, world.parks[park_id], NOON) == {"lands": [], "rides": []}


def test_quirks_are_asked_for_by_name_and_park() -> None:
    placed = read_quirks("html:6,stale,parks_500")
    assert quirks_of(placed, 6) == [Quirk.HTML, Quirk.STALE]
    assert quirks_of(placed, 7) == [Quirk.STALE]
    assert quirks_of(placed, None) == [Quirk.PARKS_500]


@pytest.mark.parametrize("text", ["", "html:", "html:six", "no_such_quirk", "html:6;stale:5"])
def test_a_quirk_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Quirk|int"):
        read_quirks(text)
