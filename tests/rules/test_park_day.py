"""A park-day as a whole: what the cases of the shared data do not show (see tests/test_judging.py for those)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from hallofshame.rules import park_day
from hallofshame.rules.calendar import operating_day, utc
from hallofshame.rules.history import RideFacts, Usual
from hallofshame.rules.park_day import Operation
from hallofshame.rules.ride_day import Outage, RideDay, RideHour
from hallofshame.rules.score import Sums
from hallofshame.rules.snapshot import Snapshot
from tests.rules.base_park import CLOSED, DAY, OPEN, STALE, WALK_ON, WINDOW_S, Change, at, polls

pytestmark = pytest.mark.unit

USUALLY = Usual(6 * 3_600, 13 * 3_600 + 3_000, waits_seen=True, is_usually_open=True)  # 10:00 to 17:50


def operation(snapshots: list[Snapshot], usual: Mapping[int, Usual] | None = None, **options: Any) -> Operation:
    judged = park_day.judge(DAY, snapshots, usual or {}, options.pop("weights", {}), **options).operation
    assert judged is not None
    return judged


def ride_a(changes: list[Change], usual: Usual | None = None, **options: Any) -> RideDay:
    return operation(polls({1: changes}), {1: usual} if usual else {}, **options).rides[0]


def test_an_outage_says_when_it_began_and_ended_and_that_the_ride_came_back() -> None:
    ride = ride_a([("11:00", "11:10", CLOSED), ("12:00", "13:00", CLOSED)])
    assert ride.outages == (
        Outage(utc(at("11:00")), utc(at("11:10")), 600, has_reopened=True),
        Outage(utc(at("12:00")), utc(at("13:00")), 3_600, has_reopened=True),
    )
    assert ride.longest_outage_s == 3_600


def test_an_outage_spans_what_is_unknown_and_ends_with_its_last_down_second() -> None:
    ride = ride_a([("12:00", "12:30", CLOSED), ("12:30", "13:00", STALE), ("13:00", "13:10", CLOSED)])
    assert ride.outages == (Outage(utc(at("12:00")), utc(at("13:10")), 2_400, has_reopened=True),)


def test_a_ride_that_does_not_come_back_is_down_until_half_an_hour_before_its_usual_closing() -> None:
    ride = ride_a([("15:00", "18:00", CLOSED)], USUALLY)
    assert ride.outages == (Outage(utc(at("15:00")), utc(at("17:20")), 8_400, has_reopened=False),)
    assert ride.early_s == 1_800


def test_the_hours_of_a_ride_hold_its_seconds_and_its_waits() -> None:
    ride = ride_a([("12:20", "12:50", CLOSED), ("13:30", "13:40", (OPEN[0], 50)), ("13:00", "14:00", WALK_ON)])
    assert ride.hours[2:5] == (
        RideHour(utc(at("12:00")), 1_800, 1_800, 3, 60, 20),
        RideHour(utc(at("13:00")), 3_600, 0, 6, 50, 50),
        RideHour(utc(at("14:00")), 3_600, 0, 6, 120, 20),
    )


def test_a_wait_that_was_discarded_is_no_wait_of_zero() -> None:
    ride = ride_a([("13:00", "14:00", (OPEN[0], None))])
    assert ride.hours[3] == RideHour(utc(at("13:00")), 3_600, 0, 0, 0, None)


def test_the_last_poll_credits_neither_seconds_nor_waits() -> None:
    ride = ride_a([("17:50", "18:00", (OPEN[0], 300))])
    assert ride.hours[-1] == RideHour(utc(at("17:00")), 3_000, 0, 5, 100, 20)


def test_a_ride_that_opens_with_the_last_poll_was_open_but_is_not_counted() -> None:
    ride = ride_a([("10:00", "17:50", CLOSED)])
    assert (ride.pre_s, ride.up_s, ride.is_counted) == (WINDOW_S, 0, False)
    assert ride.facts == RideFacts(1, waits_seen=True, first_open_clock_s=49_800, last_open_clock_s=49_800)


def test_a_ride_leaves_the_clocks_of_its_first_and_last_opening_to_the_days_after_it() -> None:
    ride = ride_a([("10:00", "10:20", CLOSED), ("16:00", "18:00", CLOSED)])
    assert ride.facts == RideFacts(1, waits_seen=True, first_open_clock_s=22_800, last_open_clock_s=42_600)


def test_a_ride_that_never_opened_leaves_no_clocks() -> None:
    assert ride_a([("10:00", "18:00", CLOSED)]).facts == RideFacts(
        1, waits_seen=False, first_open_clock_s=None, last_open_clock_s=None
    )


def test_an_override_keeps_a_ride_out_of_the_score_but_not_out_of_sight() -> None:
    judged = operation(polls({1: [("12:00", "13:00", CLOSED)]}), uncounted={1})
    assert (judged.rides[0].down_s, judged.rides[0].is_counted, judged.rides[0].hours) == (3_600, False, ())
    assert (len(judged.rides), judged.rides_opened, judged.rides_counted) == (10, 10, 9)
    assert judged.sums == Sums(9 * WINDOW_S, 0, 0, 18 * WINDOW_S)


def test_a_ride_closed_all_day_is_told_unless_it_is_no_ride() -> None:
    closed: list[Change] = [("10:00", "18:00", CLOSED)]
    assert ride_a(closed, USUALLY).is_closed_all_day
    assert not ride_a(closed, USUALLY, uncounted={1}).is_closed_all_day
    assert not ride_a(closed).is_closed_all_day
    assert not ride_a([("10:00", "18:00", STALE)], USUALLY).is_closed_all_day


def test_a_queue_ride_of_other_days_counts_on_a_day_without_a_wait() -> None:
    walk_on: list[Change] = [("10:00", "18:00", WALK_ON)]
    assert ride_a(walk_on, USUALLY).is_counted
    assert not ride_a(walk_on).is_counted


def test_a_closure_that_lasts_is_down_while_the_day_does() -> None:
    snapshots = polls({1: [("15:00", "18:00", CLOSED)]}, until="16:10")
    unfinished = operation(snapshots, is_over=False).rides[0]
    finished = operation(snapshots, is_over=True).rides[0]
    assert (unfinished.down_s, unfinished.early_s) == (3_600, 0)
    assert (finished.down_s, finished.early_s) == (0, 3_600)


def test_polls_of_half_a_day_judged_again_with_all_of_it_give_the_whole_day() -> None:
    """S2."""
    changes: dict[int, list[Change]] = {1: [("12:00", "13:00", CLOSED), ("14:50", "15:20", CLOSED)]}
    park_day.judge(DAY, polls(changes, until="15:00"), {}, {}, is_over=False)
    again = operation(polls(changes))
    assert again.rides[0].down_s == 5_400
    assert again.sums.up_s == 10 * WINDOW_S - 5_400


def test_weights_default_to_two_and_multiply_both_parts() -> None:
    judged = operation(polls({1: [("12:00", "13:00", CLOSED)]}), weights={1: 3, 2: 1})
    assert judged.rides[0].sums == Sums(WINDOW_S - 3_600, 3_600, 3 * 3_600, 3 * WINDOW_S)
    assert judged.sums.weighted_sched_s == WINDOW_S * (3 + 1 + 8 * 2)


@pytest.mark.parametrize(
    ("without", "open_known", "close_known"),
    [
        (("4:00", "4:00"), True, True),
        (("9:50", "10:00"), True, True),
        (("9:40", "10:00"), False, True),
        (("18:00", "18:10"), True, True),
        (("18:00", "18:20"), True, False),
    ],
)
def test_an_edge_is_known_by_a_poll_within_twenty_minutes(
    without: tuple[str, str], open_known: bool, close_known: bool
) -> None:
    judged = operation(polls(without=without))
    assert (judged.open_edge_known, judged.close_edge_known) == (open_known, close_known)


def test_a_day_without_polls_did_not_operate() -> None:
    judged = park_day.judge(DAY, [], {}, {})
    assert (judged.operation, judged.snapshots, judged.rides_open_any) == (None, 0, 0)


def test_polls_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="out of order"):
        park_day.judge(DAY, polls()[::-1], {}, {})


def test_the_poll_at_four_belongs_to_the_next_day() -> None:
    with pytest.raises(ValueError, match="reach beyond it"):
        park_day.judge(DAY, polls(until="28:10"), {}, {})


@pytest.mark.parametrize("other_day", [date(2025, 9, 16), date(2025, 9, 18)])
def test_polls_of_another_day_are_refused(other_day: date) -> None:
    with pytest.raises(ValueError, match="reach beyond it"):
        park_day.judge(operating_day(other_day, "America/New_York"), polls(), {}, {})
