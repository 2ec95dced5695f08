"""Park-local days, true to the clocks."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from hallofshame.errors import Permanent
from hallofshame.rules import calendar

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("day", "timezone", "starts_at", "ends_at", "polls"),
    [
        ("2025-09-17", "America/New_York", "2025-09-17T08:00Z", "2025-09-18T08:00Z", 144),
        ("2025-10-25", "Europe/Rome", "2025-10-25T02:00Z", "2025-10-26T03:00Z", 150),
        ("2026-03-07", "America/New_York", "2026-03-07T09:00Z", "2026-03-08T08:00Z", 138),
        ("2025-09-17", "Asia/Kolkata", "2025-09-16T22:30Z", "2025-09-17T22:30Z", 144),
        ("2025-12-18", "Asia/Tokyo", "2025-12-17T19:00Z", "2025-12-18T19:00Z", 144),
    ],
)
def test_a_day_lasts_from_four_to_four_by_the_parks_clock(
    day: str, timezone: str, starts_at: str, ends_at: str, polls: int
) -> None:
    found = calendar.operating_day(date.fromisoformat(day), timezone)
    assert found.starts_at == datetime.fromisoformat(starts_at)
    assert found.ends_at == datetime.fromisoformat(ends_at)
    assert found.expected_polls == polls


@pytest.mark.parametrize(
    ("moment", "timezone", "day"),
    [
        ("2025-09-17T07:59:59Z", "America/New_York", "2025-09-16"),
        ("2025-09-17T08:00:00Z", "America/New_York", "2025-09-17"),
        ("2025-12-18T07:30:00Z", "America/Los_Angeles", "2025-12-17"),
        ("2025-12-18T07:30:00Z", "Asia/Tokyo", "2025-12-18"),
        ("2025-10-26T02:59:59Z", "Europe/Rome", "2025-10-25"),
        ("2025-10-26T03:00:00Z", "Europe/Rome", "2025-10-26"),
    ],
)
def test_a_moment_belongs_to_the_day_that_began_at_four(moment: str, timezone: str, day: str) -> None:
    assert calendar.op_day_of(datetime.fromisoformat(moment), timezone) == date.fromisoformat(day)


@pytest.mark.parametrize("timezone", ["America/New_York", "Europe/Rome", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_the_days_of_a_year_leave_no_second_out_and_hold_none_twice(timezone: str) -> None:
    days = [calendar.operating_day(date(2025, 1, 1) + timedelta(days=number), timezone) for number in range(366)]
    for day, following in pairwise(days):
        assert day.ends_at_s == following.starts_at_s
        assert calendar.op_day_of(day.starts_at, timezone) == day.op_day
        assert calendar.op_day_of(day.ends_at - timedelta(seconds=1), timezone) == day.op_day


def test_yesterday_is_each_parks_own() -> None:
    """S7."""
    asked = datetime(2025, 12, 18, 7, 30, tzinfo=UTC)
    assert calendar.last_final_day(asked, "America/Los_Angeles") == date(2025, 12, 16)
    assert calendar.last_final_day(asked, "Asia/Tokyo") == date(2025, 12, 17)


def test_a_day_is_final_half_an_hour_after_its_end() -> None:
    end = calendar.operating_day(date(2025, 9, 17), "Europe/Rome").ends_at
    assert calendar.last_final_day(end + timedelta(minutes=29), "Europe/Rome") == date(2025, 9, 16)
    assert calendar.last_final_day(end + timedelta(minutes=30), "Europe/Rome") == date(2025, 9, 17)


def test_the_clock_counts_from_four_so_that_ten_past_one_comes_after_ten_to_midnight() -> None:
    day = calendar.operating_day(date(2025, 9, 20), "Europe/Rome")
    assert day.clock_s(day.starts_at_s) == 0
    before_midnight, after_midnight = (
        day.clock_s(int(datetime.fromisoformat(moment).timestamp()))
        for moment in ("2025-09-20T23:50+02:00", "2025-09-21T01:10+02:00")
    )
    assert (before_midnight, after_midnight) == (71_400, 76_200)


def test_the_clock_is_the_one_on_the_wall_when_the_clocks_change() -> None:
    day = calendar.operating_day(date(2025, 10, 25), "Europe/Rome")
    first_two, second_two = (day.starts_at_s + hours * 3_600 for hours in (22, 23))
    assert day.clock_s(first_two) == day.clock_s(second_two) == 22 * 3_600


def test_the_doubled_hour_is_two_hours() -> None:
    day = calendar.operating_day(date(2025, 10, 25), "Europe/Rome")
    stretch = day.hours(day.starts_at_s + 22 * 3_600 + 1_800, 3_600)
    assert [(calendar.utc(hour).isoformat(), seconds) for hour, seconds in stretch] == [
        ("2025-10-26T00:00:00+00:00", 1_800),
        ("2025-10-26T01:00:00+00:00", 1_800),
    ]


def test_the_hours_of_a_half_hour_zone_begin_at_half_past() -> None:
    day = calendar.operating_day(date(2025, 9, 17), "Asia/Kolkata")
    assert [seconds for _, seconds in day.hours(day.starts_at_s + 3_000, 1_200)] == [600, 600]


@pytest.mark.parametrize("name", ["", "Europe/Garda", "America", "../etc/passwd", "EST5EDT\x00"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Permanent, match="is no IANA time zone"):
        calendar.zone(name)
