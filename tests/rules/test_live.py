"""A park at its latest poll."""

import pytest

from hallofshame.rules import live, park_day
from hallofshame.rules.park_day import Operation
from tests.rules.base_park import CLOSED, DAY, RIDES, STALE, WALK_ON, Change, polls

pytestmark = pytest.mark.unit


def unfinished(changes: dict[int, list[Change]], until: str, weights: dict[int, int] | None = None) -> Operation:
    judged = park_day.judge(DAY, polls(changes, until=until), {}, weights or {}, is_over=False).operation
    assert judged is not None
    return judged


def test_the_live_score_is_the_weighted_share_of_rides_that_are_down_now() -> None:
    down: dict[int, list[Change]] = {1: [("12:00", "18:00", CLOSED)], 2: [("11:00", "12:00", CLOSED)]}
    assert live.live_shame(unfinished(down, "12:10", {1: 3, 2: 1})) == 10 * 3 / (3 + 1 + 8 * 2)


def test_a_ride_that_is_unknown_or_has_not_opened_is_in_neither_part() -> None:
    changes: dict[int, list[Change]] = {
        1: [("12:00", "18:00", CLOSED)],
        2: [("12:00", "18:00", STALE)],
        3: [("10:00", "18:00", CLOSED)],
        4: [("10:00", "18:00", WALK_ON)],
    }
    assert live.live_shame(unfinished(changes, "12:10")) == 10 / 7


def test_while_everything_stands_still_there_is_no_live_score() -> None:
    storm: dict[int, list[Change]] = {ride: [("12:00", "18:00", CLOSED)] for ride in RIDES}
    judged = unfinished(storm, "12:10")
    assert not live.is_running(judged)
    assert live.live_shame(judged) is None


def test_after_closing_there_is_no_live_score() -> None:
    assert live.live_shame(unfinished({}, "18:00")) == 0
    assert live.live_shame(unfinished({}, "18:10")) is None
    assert live.live_shame(unfinished({}, "20:00")) is None
