"""The override file, against the parks.json that was really served."""

import json
from typing import Any

import pytest

from hallofshame import feed
from hallofshame.park_overrides import ParkOverrides, zone_issue
from tests.factories import NOON, park
from tests.shared_data import shared

pytestmark = pytest.mark.unit


def test_the_real_list_loads_whole_and_its_errors_are_corrected() -> None:
    """Q16."""
    body = json.loads(shared("data", "payloads", "parks_2023-11-02.json").read_text(encoding="utf8"))
    listed, issues = feed.parse_parks(body)
    assert (len(listed), issues) == (120, [])
    overrides = ParkOverrides.load()
    by_id = {each.park_id: overrides.correct(each) for each in listed}
    zones = {park_id: by_id[park_id].timezone for park_id in (22, 306, 47, 160, 18, 166)}
    assert zones == {
        22: "America/Chicago",
        306: "America/Chicago",
        47: "America/Mexico_City",
        160: "Europe/Amsterdam",
        18: "Europe/Copenhagen",
        166: "Europe/Stockholm",
    }
    assert by_id[29].latitude == pytest.approx(40.18, abs=0.01)
    assert "England" not in {each.country for each in by_id.values()}
    assert sum(each.country == "United Kingdom" for each in by_id.values()) == 7
    assert [issue for each in by_id.values() if (issue := zone_issue(each, NOON))] == []
    assert len([issue for each in listed if (issue := zone_issue(each, NOON))]) == 5


def test_a_country_nobody_knows_stays_as_it_is() -> None:
    assert ParkOverrides.load().correct(park(country="Ruritania")).country == "Ruritania"


def test_a_clock_that_disagrees_with_the_coordinates_is_told() -> None:
    issue = zone_issue(park(timezone="America/Denver"), NOON)
    assert issue is not None
    assert "keeps America/Denver, but its coordinates lie in America/New_York" in issue.detail


@pytest.mark.parametrize("facts", [{"latitude": None}, {"timezone": "America/Detroit"}])
def test_without_coordinates_or_with_the_same_time_nothing_is_told(facts: dict[str, Any]) -> None:
    assert zone_issue(park(**facts), NOON) is None
