"""Which parks a reader's filter chooses."""

import pytest

from hallofshame.rules.park_filter import allowed, choose
from tests.factories import park

pytestmark = pytest.mark.unit

MAGIC_KINGDOM = park(1, operator_id=2, operator="Walt Disney Attractions", country="United States")
EPIC_UNIVERSE = park(2, operator_id=12, operator="Universal Parks & Resorts", country="United States")
DISNEY_IN_NAME = park(3, name="Disney's Double", operator_id=7, operator="Łódź Leisure", country="Poland")
PARKS = [MAGIC_KINGDOM, EPIC_UNIVERSE, DISNEY_IN_NAME]


def test_all_are_all_there_are_and_of_none_there_are_none() -> None:
    assert choose(PARKS, "all") == PARKS
    assert choose([], "all") == []


def test_disney_and_universal_are_told_by_their_company_and_never_by_a_name() -> None:
    """S14."""
    assert choose(PARKS, "disney_universal") == [MAGIC_KINGDOM, EPIC_UNIVERSE]
    assert choose([DISNEY_IN_NAME], "disney_universal") == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Walt Disney Attractions", [MAGIC_KINGDOM]),
        ("united states", [MAGIC_KINGDOM, EPIC_UNIVERSE]),
        ("POLAND", [DISNEY_IN_NAME]),
        ("łÓDŹ leisure", [DISNEY_IN_NAME]),
    ],
)
def test_an_operator_or_a_country_is_found_in_any_case(asked: str, found: list[object]) -> None:
    assert choose(PARKS, asked) == found


@pytest.mark.parametrize("asked", ["Disney", "United", "", "ALL", "Disney's Double"])
def test_part_of_a_name_or_a_parks_own_is_no_filter(asked: str) -> None:
    assert choose(PARKS, asked) is None


def test_what_is_named_once_and_twice_is_allowed_once_in_order_whatever_the_case() -> None:
    lower = park(4, operator="efteling", country="Netherlands")
    assert allowed([*PARKS, lower]) == [
        *("all", "disney_universal"),
        *("efteling", "Netherlands", "Poland", "United States"),
        *("Universal Parks & Resorts", "Walt Disney Attractions", "Łódź Leisure"),
    ]


def test_everything_that_is_allowed_chooses_some_park() -> None:
    assert all(choose(PARKS, each) for each in allowed(PARKS))
