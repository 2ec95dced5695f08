"""The two jobs that judge: today as it stands, and every day that is over, for good."""

import logging
import os
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hallofshame import settings
from hallofshame.aggregation import aggregate_day
from hallofshame.clock import FixedClock
from hallofshame.model import Reading
from hallofshame.rules import calendar
from hallofshame.runtime import Runtime, Summary
from hallofshame.settings import RunContext
from hallofshame.store import data_version, identities
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import data_issues, park_days, park_hours, park_leaderboard, park_periods
from jobs import aggregate_daily, aggregate_hourly
from tests.factories import park, reading
from tests.stored_polls import enter

pytestmark = pytest.mark.integration

ZONES = ("America/New_York", "America/Los_Angeles", "Europe/Rome", "Asia/Tokyo", "Asia/Kolkata")
OP_DAY = date(2026, 5, 5)
DAY = timedelta(days=1)
EVERYWHERE_OVER = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)


def settings_here() -> settings.Settings:
    return settings.load({"HOS_STATE_DIR": "/nonexistent"}, Path(os.devnull))


def run(job: Any, engine: Engine, now: datetime) -> Summary:
    summary: Summary = job.run(Runtime(settings_here(), RunContext(), FixedClock(now), engine, now))
    return summary


def enter_day(engine: Engine, park_id: int, timezone: str, op_day: date = OP_DAY, down: range = range(0)) -> None:
    """Four rides, polled every 20 minutes from 8 to 20, open from 10 to 18; the first of them down in some hours."""
    starts_at = calendar.operating_day(op_day, timezone).starts_at
    said = []
    for poll in range(8 * 3, 20 * 3):
        at = starts_at + timedelta(hours=poll / 3 - 4)
        closed = {1} if poll // 3 in down else set()
        opened = set(range(1, 5)) - closed if 10 <= poll / 3 < 18 else set()
        said.append((at, [_reading(100 * park_id + ride, ride in opened, at) for ride in range(1, 5)]))
    enter(engine, park(park_id, timezone=timezone), said)


def _reading(ride_id: int, is_open: bool, at: datetime) -> Reading:
    return reading(ride_id, is_open=is_open, wait_minutes=20 if is_open else 0, last_updated=at)


def days_of(engine: Engine, park_id: int = 1) -> dict[date, tuple[bool, int]]:
    with engines.read(engine) as conn:
        rows = conn.execute(select(park_days).where(park_days.c.park_id == park_id).order_by(park_days.c.op_day))
        return {row.op_day: (row.is_final, row.down_s) for row in rows}


def test_today_is_judged_as_it_stands_and_ranked(engine: Engine) -> None:
    """S8: what today says is not what is true right now."""
    for number, timezone in enumerate(ZONES, start=1):
        enter_day(engine, number, timezone, down=range(12, 13))
    at_three = calendar.operating_day(OP_DAY, ZONES[0]).starts_at + timedelta(hours=11)
    summary = run(aggregate_hourly, engine, at_three)
    assert summary.failure is None
    assert days_of(engine) == {OP_DAY: (False, 3_600)}
    with engines.read(engine) as conn:
        row = conn.execute(select(park_leaderboard).where(park_leaderboard.c.park_id == 1)).one()
        assert (row.period, row.standing, row.down_s, row.to_day) == ("today", "ranked", 3_600, OP_DAY)
        assert data_version.current(conn) == (1, at_three)


def test_a_day_is_closed_when_it_is_over_and_not_before(engine: Engine) -> None:
    enter_day(engine, 1, "Europe/Rome")
    half_past_four = calendar.operating_day(OP_DAY, "Europe/Rome").ends_at + timedelta(minutes=30)
    assert run(aggregate_daily, engine, half_past_four - timedelta(seconds=1)).figures["park_days"] == 0
    assert days_of(engine) == {}
    assert run(aggregate_daily, engine, half_past_four).figures["park_days"] == 1
    assert days_of(engine) == {OP_DAY: (True, 0)}
    assert run(aggregate_daily, engine, half_past_four).figures["park_days"] == 0


def test_days_in_five_zones_are_closed_summed_and_ranked_and_add_up(engine: Engine) -> None:
    """S3."""
    for number, timezone in enumerate(ZONES, start=1):
        for back in range(3):
            enter_day(engine, number, timezone, OP_DAY - back * DAY, down=range(12, 12 + back))
    summary = run(aggregate_daily, engine, EVERYWHERE_OVER)
    assert (summary.failure, summary.figures["park_days"], summary.figures["sums_broken"]) == (None, 15, 0)
    with engines.read(engine) as conn:
        grains = {(row.park_id, row.grain, row.starts_on): row.down_s for row in conn.execute(select(park_periods))}
        assert grains == {
            (number, grain, start): seconds
            for number in range(1, 6)
            for grain, start, seconds in (
                ("week", date(2026, 4, 27), 7_200),
                ("week", date(2026, 5, 4), 3_600),
                ("month", date(2026, 5, 1), 10_800),
                ("year", date(2026, 1, 1), 10_800),
            )
        }
        week = conn.execute(select(park_leaderboard).where(park_leaderboard.c.period == "7days")).all()
        assert {(row.standing, row.operated_days, row.down_s) for row in week} == {("ranked", 3, 10_800)}
        assert {row.period for row in conn.execute(select(park_leaderboard))} == {
            *("yesterday", "7days", "30days", "last_week", "last_month", "year")
        }
        half_hours = conn.execute(select(park_hours.c.hour).where(park_hours.c.park_id == 5)).scalars()
        assert {hour.minute for hour in half_hours} == {30}


def test_a_day_that_fails_costs_no_other_and_is_tried_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """S4, first half: the day's readings stay, because it is not final."""
    for back in range(3):
        enter_day(engine, 1, "Europe/Rome", OP_DAY - back * DAY)

    def fail_in_the_middle(store: Engine, park_id: int, op_day: date, *rest: Any) -> Any:
        if op_day == OP_DAY - DAY:
            raise ZeroDivisionError("no reason")
        return aggregate_day(store, park_id, op_day, *rest)

    with monkeypatch.context() as patch, caplog.at_level(logging.CRITICAL):
        patch.setattr("jobs.park_days.aggregate_day", fail_in_the_middle)
        summary = run(aggregate_daily, engine, EVERYWHERE_OVER)
    assert summary.failure == "1 park-days could not be judged: park 1, 2026-05-04: no reason"
    assert set(days_of(engine)) == {OP_DAY, OP_DAY - 2 * DAY}
    assert run(aggregate_daily, engine, EVERYWHERE_OVER).failure is None
    assert days_of(engine) == {OP_DAY - back * DAY: (True, 0) for back in range(3)}


def test_sums_that_disagree_fail_the_job_and_are_kept(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    enter_day(engine, 1, "Europe/Rome", down=range(12, 13))
    monkeypatch.setattr("hallofshame.aggregation.stored_periods.replace", lambda *_: None)
    summary = run(aggregate_daily, engine, EVERYWHERE_OVER)
    assert summary.failure is not None
    assert summary.failure.startswith("sums disagree, which is a fault of the code: park:1, the week is not the sum")
    with engines.read(engine) as conn:
        assert conn.execute(select(data_issues.c.kind)).scalars().all() == [identities.KIND]


@pytest.mark.parametrize("job", [aggregate_hourly, aggregate_daily])
def test_an_empty_database_is_nothing_to_do(job: Any, engine: Engine) -> None:
    summary = run(job, engine, EVERYWHERE_OVER)
    assert (summary.failure, summary.figures["park_days"]) == (None, 0)


@pytest.mark.parametrize("job", [aggregate_hourly, aggregate_daily])
def test_two_at_once_are_one(job: Any, engine: Engine) -> None:
    for number, timezone in enumerate(ZONES[:3], start=1):
        enter_day(engine, number, timezone, down=range(12, 14))
    now = EVERYWHERE_OVER if job is aggregate_daily else calendar.operating_day(OP_DAY, ZONES[1]).ends_at - DAY / 24
    errors: list[BaseException] = []
    failures: list[str | None] = []

    def work() -> None:
        try:
            failures.append(run(job, engine, now).failure)
        except BaseException as error:  # noqa: BLE001 - told by the assertion
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (errors, failures) == ([], [None, None])
    found = [days_of(engine, number) for number in (1, 2, 3)]
    run(job, engine, now)
    assert [days_of(engine, number) for number in (1, 2, 3)] == found
    assert found[1] == {OP_DAY: (job is aggregate_daily, 7_200)}
