"""S9: a figure is the same wherever it is read, to the last digit, and the same once more when it is recomputed.

Over a simulated month, judged from its polls: ranking, detail, history, table and audit, for every period.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from hallofshame import aggregation, arrival, auditing, feed, leaderboards, settings, tier_file
from hallofshame.archive import Archive
from hallofshame.clock import FixedClock
from hallofshame.model import Park
from hallofshame.polls_file import Header
from hallofshame.rules import calendar, periods, score, snapshot
from hallofshame.rules.calendar import OperatingDay
from hallofshame.rules.periods import GRAIN, Period
from hallofshame.rules.readings import clean
from hallofshame.rules.score import Sums
from hallofshame.store import database, days, parks, rides
from hallofshame.store import engine as engines
from hallofshame.store.engine import Connection, Engine
from scripts.simulation.world import World
from tests.factories import poll
from tests.webapp.conftest import NO_LIMITS
from webapp.app import create_app

pytestmark = [pytest.mark.integration, pytest.mark.slow]

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)  # a Monday, so that the last week and month both end with May
DAYS = [date(2026, 5, 1) + timedelta(days=number) for number in range(31)]
FINISHED = [period for period in Period if period is not Period.TODAY]
WORLD = World(seed=1, park_count=2)
FIGURES = ("shame", "uptime_percent", "down_seconds", "up_seconds", "outages", "outages_per_100_hours", "coverage")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return Archive(f"file://{tmp_path_factory.mktemp('archive')}")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, archive: Archive) -> Iterator[Engine]:
    opened = database.open_ready(f"sqlite:///{tmp_path_factory.mktemp('month')}/month.sqlite3")
    listed, _ = feed.parse_parks(WORLD.parks_json())
    with engines.begin(opened) as conn:
        parks.record(conn, listed, NOW)
    for park in listed:
        for op_day in DAYS:
            with engines.begin(opened) as conn:
                _live_through(conn, archive, park, calendar.operating_day(op_day, park.timezone))
        with engines.begin(opened) as conn:
            aggregation.sum_periods(conn, park.park_id, DAYS)
    with engines.begin(opened) as conn:
        leaderboards.refresh(conn, listed, FINISHED, NOW)
    yield opened
    opened.dispose()


def _live_through(conn: Connection, archive: Archive, park: Park, day: OperatingDay) -> None:
    """A day's polls as they came, archived and judged; the readings themselves are gone (S21)."""
    moments = (calendar.utc(at_s) for at_s in range(day.starts_at_s, day.ends_at_s, 600))
    polls = {at: clean(feed.parse_queue_times(WORLD.payload(park.park_id, at))).readings for at in moments}
    noon = day.starts_at + timedelta(hours=8)
    rides.record(
        conn,
        park.park_id,
        arrival.judge(poll(park.park_id, noon), feed.parse_queue_times(WORLD.payload(park.park_id, noon))).judged,
        noon,
        rides.known(conn),
    )
    header = Header(park.park_id, None, park.timezone, None)
    archive.write(day.op_day, header, {at: {r.ride_id: r for r in readings} for at, readings in polls.items()})
    days.lock(conn, park.park_id)
    said = [snapshot.take(readings, at) for at, readings in polls.items()]
    aggregation.replace_day(conn, park.park_id, day, said, NOW, tier_file.load())


@pytest.fixture(scope="module")
def client(engine: Engine) -> FlaskClient:
    return create_app(settings.load(NO_LIMITS, Path("no-env-file")), FixedClock(NOW), engine).test_client()


def data(client: FlaskClient, path: str) -> Any:
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 200, response.text
    return response.get_json()["data"]


def ranking(client: FlaskClient, kind: str, period: Period) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = data(client, f"{kind}s/rankings?period={period}&limit=100")
    assert len(rows) >= 2
    return rows


def figures(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in FIGURES}


@pytest.mark.parametrize("period", FINISHED)
@pytest.mark.parametrize("kind", ["park", "ride"])
def test_the_detail_and_the_table_say_what_the_ranking_says(kind: str, period: Period, client: FlaskClient) -> None:
    table = client.get(f"/api/v1/{kind}s/rankings?period={period}&limit=100&format=csv").text
    for row, line in zip(ranking(client, kind, period), csv.DictReader(io.StringIO(table)), strict=True):
        of_periods = data(client, f"{kind}s/{row[f'{kind}_id']}")["periods"]
        [detail] = [each for each in of_periods if each["period"] == period]
        assert figures(detail) == figures(row)
        assert {name: line[name] for name in FIGURES} == {
            name: "" if value is None else str(value) for name, value in figures(row).items()
        }


@pytest.mark.parametrize("period", FINISHED)
@pytest.mark.parametrize("kind", ["park", "ride"])
def test_the_history_adds_up_to_the_ranking(kind: str, period: Period, client: FlaskClient) -> None:
    for row in ranking(client, kind, period):
        path = f"{kind}s/{row[f'{kind}_id']}/history"
        points = data(client, f"{path}?grain=day&from={row['from_day']}&to={row['to_day']}")
        for name in ("down_seconds", "up_seconds", "outages"):
            assert sum(point[name] for point in points) == row[name], name
        if period is Period.YESTERDAY:
            assert figures(points[-1]) == figures(row)
        if period in GRAIN and period is not Period.YEAR:
            last = data(client, f"{path}?grain={GRAIN[period]}&from={row['from_day']}&to={row['to_day']}")[-1]
            assert figures(last) == figures(row)


@pytest.mark.parametrize("period", FINISHED)
def test_what_is_recomputed_from_the_polls_is_what_the_rankings_say(
    period: Period, client: FlaskClient, engine: Engine, archive: Archive
) -> None:
    of_rides = {row["ride_id"]: row for row in ranking(client, "ride", period)}
    compared = 0
    for row in ranking(client, "park", period):
        of_days, by_ride = _recomputed(engine, archive, row)
        assert row["shame"] == score.shame(of_days.weighted_down_s, of_days.weighted_sched_s)
        assert (row["up_seconds"], row["down_seconds"]) == (of_days.up_s, of_days.down_s)
        for ride_id, sums in by_ride.items():
            if ride_id in of_rides:
                compared += 1
                assert of_rides[ride_id]["shame"] == score.shame(sums.down_s, sums.up_s + sums.down_s)
    assert compared > 20


_audited: dict[tuple[int, date], tuple[Sums, dict[int, Sums]]] = {}


def _recomputed(engine: Engine, archive: Archive, row: Mapping[str, Any]) -> tuple[Sums, dict[int, Sums]]:
    """What a park's days of a period, and its rides', come to when each is judged once more."""
    first, last = (max(date.fromisoformat(row[name]), DAYS[0]) for name in ("from_day", "to_day"))
    total, by_ride = Sums(), dict[int, Sums]()
    for op_day in periods.days(first, last):
        key = (row["park_id"], op_day)
        if key not in _audited:
            audited = auditing.audit(engine, archive, *key)
            assert audited.differences == ()
            ran = audited.judged.operation
            _audited[key] = (ran.sums, {r.ride_id: r.sums for r in ran.rides}) if ran else (Sums(), {})
        of_day, of_rides = _audited[key]
        total += of_day
        for ride_id, sums in of_rides.items():
            by_ride[ride_id] = by_ride.get(ride_id, Sums()) + sums
    return total, by_ride
