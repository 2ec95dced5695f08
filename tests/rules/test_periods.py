"""Which days a period holds, in each park's own operating days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hallofshame.rules.periods import Days, Grain, Period, before, days, grain_days, key, resolve
from hallofshame.rules.ranking import Span

pytestmark = pytest.mark.unit

# S7: Los Angeles has 23:30 on the 17th then, Tokyo 16:30 on the 18th.
S7 = datetime(2025, 12, 18, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timezone", "today", "yesterday"),
    [
        ("America/Los_Angeles", date(2025, 12, 17), date(2025, 12, 16)),
        ("Asia/Tokyo", date(2025, 12, 18), date(2025, 12, 17)),
    ],
)
def test_yesterday_is_each_parks_own(timezone: str, today: date, yesterday: date) -> None:
    """S7."""
    assert resolve(Period.TODAY, S7, timezone) == Days(today, today)
    assert resolve(Period.YESTERDAY, S7, timezone) == Days(yesterday, yesterday)


@pytest.mark.parametrize(("clock", "yesterday"), [("04:29", 12), ("04:30", 13)])
def test_a_day_is_yesterday_from_half_past_four_on(clock: str, yesterday: int) -> None:
    now = datetime.fromisoformat(f"2026-05-14T{clock}:00+02:00")
    assert resolve(Period.YESTERDAY, now, "Europe/Rome").last == date(2026, 5, yesterday)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (Period.LAST_7_DAYS, "2026-04-28", "2026-05-04"),
        (Period.LAST_30_DAYS, "2026-04-05", "2026-05-04"),
        (Period.LAST_WEEK, "2026-04-27", "2026-05-03"),
        (Period.LAST_MONTH, "2026-04-01", "2026-04-30"),
        (Period.YEAR, "2026-01-01", "2026-05-04"),
    ],
)
def test_on_a_tuesday_in_may(period: Period, first: str, last: str) -> None:
    tuesday_noon = datetime(2026, 5, 5, 10, 0, tzinfo=UTC)
    assert resolve(period, tuesday_noon, "Europe/Rome") == Days(date.fromisoformat(first), date.fromisoformat(last))


def test_a_week_or_month_that_has_just_ended_is_the_last_one() -> None:
    monday_morning = datetime(2026, 5, 4, 3, 0, tzinfo=UTC)
    assert resolve(Period.LAST_WEEK, monday_morning, "Europe/Rome").last == date(2026, 5, 3)
    assert resolve(Period.LAST_WEEK, monday_morning - timedelta(hours=1), "Europe/Rome").last == date(2026, 4, 26)
    first_of_may = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
    assert resolve(Period.LAST_MONTH, first_of_may, "Europe/Rome") == Days(date(2026, 4, 1), date(2026, 4, 30))


@pytest.mark.parametrize(
    ("op_day", "week"), [("2025-12-29", "2026-W01"), ("2026-01-04", "2026-W01"), ("2027-01-01", "2026-W53")]
)
def test_a_week_belongs_to_its_iso_year(op_day: str, week: str) -> None:
    """S6."""
    assert key(Grain.WEEK, date.fromisoformat(op_day)) == week


def test_a_week_over_new_year_is_one_week_of_two_months_and_two_years() -> None:
    """S6."""
    week = list(days(date(2025, 12, 29), date(2026, 1, 4)))
    assert {grain_days(Grain.WEEK, day) for day in week} == {Days(week[0], week[-1])}
    assert [key(Grain.MONTH, week[0]), key(Grain.MONTH, week[-1])] == ["2025-12", "2026-01"]
    assert [key(Grain.YEAR, week[0]), key(Grain.YEAR, week[-1])] == ["2025", "2026"]


def test_months_and_years_end_on_their_last_day() -> None:
    assert grain_days(Grain.MONTH, date(2028, 2, 10)) == Days(date(2028, 2, 1), date(2028, 2, 29))
    assert grain_days(Grain.MONTH, date(2026, 12, 31)) == Days(date(2026, 12, 1), date(2026, 12, 31))
    assert grain_days(Grain.YEAR, date(2026, 7, 1)) == Days(date(2026, 1, 1), date(2026, 12, 31))


def test_every_period_has_its_smallest_sample() -> None:
    assert {period: period.span for period in Period} == {
        Period.TODAY: Span.TODAY,
        Period.YESTERDAY: Span.DAY,
        Period.LAST_7_DAYS: Span.WEEK,
        Period.LAST_WEEK: Span.WEEK,
        Period.LAST_30_DAYS: Span.MONTH,
        Period.LAST_MONTH: Span.MONTH,
        Period.YEAR: Span.YEAR,
    }


def between(first: str, last: str) -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("period", "asked", "compared"),
    [
        (Period.YESTERDAY, ("2026-03-01", "2026-03-01"), ("2026-02-28", "2026-02-28")),
        (Period.LAST_7_DAYS, ("2026-04-28", "2026-05-04"), ("2026-04-21", "2026-04-27")),
        (Period.LAST_30_DAYS, ("2026-04-05", "2026-05-04"), ("2026-03-06", "2026-04-04")),
        (Period.LAST_WEEK, ("2026-04-27", "2026-05-03"), ("2026-04-20", "2026-04-26")),
        (Period.LAST_MONTH, ("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
        (Period.YEAR, ("2026-01-01", "2026-05-04"), ("2025-01-01", "2025-12-31")),
    ],
)
def test_a_period_is_compared_with_as_many_days_or_the_whole_week_month_or_year_before(
    period: Period, asked: tuple[str, str], compared: tuple[str, str]
) -> None:
    assert before(period, between(*asked)) == between(*compared)


def test_a_day_that_still_lasts_is_compared_with_nothing() -> None:
    assert before(Period.TODAY, between("2026-05-05", "2026-05-05")) is None


@pytest.mark.parametrize(
    ("asked", "compared"),
    [
        (("2026-01-05", "2026-01-11"), "2026-W01"),
        (("2025-12-29", "2026-01-04"), "2025-W52"),
        (("2027-01-04", "2027-01-10"), "2026-W53"),
    ],
)
def test_the_week_before_is_whole_though_the_year_ends_in_it(asked: tuple[str, str], compared: str) -> None:
    """S6."""
    week = before(Period.LAST_WEEK, between(*asked))
    assert week
    assert {key(Grain.WEEK, day) for day in days(week.first, week.last)} == {compared}
    assert (week.last - week.first, week.first.weekday()) == (timedelta(days=6), 0)


def test_whatever_it_is_compared_with_ends_the_day_before_it_begins() -> None:
    for period in set(Period) - {Period.TODAY}:
        asked = resolve(period, S7, "Asia/Tokyo")
        earlier = before(period, asked)
        assert earlier
        assert earlier.last == asked.first - timedelta(days=1)
