"""What Queue-Times serves is read defensively: shapes, not meaning."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hallofshame import feed
from hallofshame.errors import Permanent
from hallofshame.model import Reading

pytestmark = pytest.mark.unit

RIDE = {"id": 332, "name": "Roger Rabbit", "is_open": True, "wait_time": 15, "last_updated": "2025-05-15T13:55:50.000Z"}
UPDATED = datetime(2025, 5, 15, 13, 55, 50, tzinfo=UTC)


def ride(**changes: Any) -> dict[str, Any]:
    return RIDE | changes


def test_rides_are_read_in_lands_and_at_the_top_level() -> None:
    """Q7: reading one of the two lost whole parks."""
    body = {"lands": [{"id": 9, "name": "Toontown", "rides": [ride()]}], "rides": [ride(id=7, name="Railroad")]}
    assert feed.parse_queue_times(body).readings == (
        Reading(332, "Roger Rabbit", True, 15, UPDATED, "Toontown"),
        Reading(7, "Railroad", True, 15, UPDATED, None),
    )


def test_a_land_and_a_ride_of_one_number_are_not_mixed_up() -> None:
    """S17, Q8."""
    body = {"lands": [{"id": 332, "name": "Galaxy's Edge", "rides": [ride(id=12, name="Falcon")]}], "rides": [ride()]}
    assert {r.ride_id: r.name for r in feed.parse_queue_times(body).readings} == {12: "Falcon", 332: "Roger Rabbit"}


@pytest.mark.parametrize("body", [{}, {"lands": []}, {"rides": None}, {"lands": None, "rides": []}])
def test_a_body_without_rides_is_a_poll_without_rides(body: object) -> None:
    assert feed.parse_queue_times(body).readings == ()


@pytest.mark.parametrize("body", [None, [], "<html>", 3, {"lands": 3}, {"rides": {"id": 1}}])
def test_a_body_that_is_no_such_object_is_refused(body: object) -> None:
    with pytest.raises(Permanent, match=r"expected an object|not the shape"):
        feed.parse_queue_times(body)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"wait_time": None}, "wait_minutes", None),
        ({"last_updated": None}, "last_updated", None),
        ({"last_updated": "yesterday"}, "last_updated", None),
        ({"last_updated": "2025-05-15T13:55:50"}, "last_updated", None),
        ({"last_updated": "2025-05-15T15:55:50+02:00"}, "last_updated", UPDATED),
        ({"surprise": 1}, "name", "Roger Rabbit"),
        ({"name": "Eurosat CanCan Coaster™"}, "name", "Eurosat CanCan Coaster™"),
    ],
)
def test_one_odd_value_is_read_for_what_it_says(changes: dict[str, Any], field: str, value: object) -> None:
    [reading] = feed.parse_queue_times({"rides": [ride(**changes)]}).readings
    assert getattr(reading, field) == value


@pytest.mark.parametrize("bad", [ride(id=None), ride(id=-1), ride(name=""), ride(is_open=None), "ride", None])
def test_a_line_that_cannot_be_read_costs_only_itself_and_is_told(bad: object) -> None:
    read = feed.parse_queue_times({"rides": [bad, ride(id=7)]})
    assert [reading.ride_id for reading in read.readings] == [7]
    assert [issue.kind for issue in read.issues] == ["bad_ride"]


def group(*parks: object) -> list[dict[str, Any]]:
    return [{"id": 2, "name": "Walt Disney Attractions", "parks": list(parks)}]


PARK = {
    "id": 16,
    "name": "Disneyland",
    "country": "United States",
    "continent": "North America",
    "latitude": "33.8104856",
    "longitude": "-117.9190001",
    "timezone": "America/Los_Angeles",
}


def test_a_park_carries_its_group_and_its_coordinates_as_numbers() -> None:
    [park], issues = feed.parse_parks(group(PARK))
    assert (park.operator_id, park.operator) == (2, "Walt Disney Attractions")
    assert (park.latitude, park.longitude) == (33.8104856, -117.9190001)
    assert issues == []


def test_a_park_in_no_time_zone_is_left_out_and_told() -> None:
    parks, [issue] = feed.parse_parks(group(PARK, PARK | {"id": 17, "timezone": "America/Anaheim"}))
    assert [park.park_id for park in parks] == [16]
    assert (issue.kind, issue.subject) == ("bad_park", "park:17")
    assert "'America/Anaheim' is no IANA time zone" in issue.detail


@pytest.mark.parametrize("body", [[], {}, None, "<html>", group(), group({"id": 1})])
def test_a_list_without_a_park_is_refused(body: object) -> None:
    with pytest.raises(Permanent, match=r"parks\.json"):
        feed.parse_parks(body)
