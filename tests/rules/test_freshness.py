"""How recent the newest poll, judgement and look are."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from hallofshame.rules import freshness
from hallofshame.rules.freshness import Freshness
from tests.factories import NOON

pytestmark = pytest.mark.unit

OK, WARN, FAIL = Freshness.OK, Freshness.WARN, Freshness.FAIL


@pytest.mark.parametrize(
    ("judge", "age_minutes", "expected"),
    [
        *((freshness.of_poll, age, level) for age, level in ((-1, OK), (9, OK), (20, OK), (20.1, WARN), (25, WARN))),
        *((freshness.of_poll, age, level) for age, level in ((60, WARN), (61, FAIL))),
        *((freshness.of_judgement, age, level) for age, level in ((65, OK), (125, WARN), (200, FAIL))),
        *((freshness.of_tick, age, level) for age, level in ((2, OK), (4, WARN), (16, FAIL))),
    ],
)
def test_each_age_has_its_level(
    judge: Callable[[datetime | None, datetime], Freshness], age_minutes: float, expected: Freshness
) -> None:
    """S19."""
    assert judge(NOON - timedelta(minutes=age_minutes), NOON) is expected


@pytest.mark.parametrize(
    ("parks_behind", "parks", "expected"), [(0, 0, Freshness.UNKNOWN), (0, 9, OK), (1, 9, WARN), (5, 9, FAIL)]
)
def test_a_park_that_is_behind_may_have_had_no_polls_but_not_most_of_them(
    parks_behind: int, parks: int, expected: Freshness
) -> None:
    assert freshness.of_closing(parks_behind, parks) is expected


@pytest.mark.parametrize("judge", [freshness.of_poll, freshness.of_judgement, freshness.of_tick])
def test_what_never_came_is_unknown(judge: Callable[[datetime | None, datetime], Freshness]) -> None:
    assert judge(None, NOON) is Freshness.UNKNOWN
