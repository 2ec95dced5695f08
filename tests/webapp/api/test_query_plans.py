"""No route reads a table that grows with the days from end to end, once there are months of many parks."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from hallofshame import settings
from hallofshame.store import database
from hallofshame.store import engine as engines
from hallofshame.store.schema import ride_days
from scripts.ten_years import loading, query_plans, questions
from tests.clocks import StepClock
from webapp.api.table import ROUTES
from webapp.app import create_app

pytestmark = [pytest.mark.integration, pytest.mark.slow]

MONTHS = loading.Size(parks=60, days=60, drawn_days=3, detailed_days=5, polled_days=1)
NO_LIMITS = {"HOS_REQUESTS_PER_MINUTE": "0", "HOS_REQUESTS_PER_DAY": "0"}
QUESTIONS = 40  # of each route: more say the same with other values


def test_no_route_reads_a_large_table_from_end_to_end(mariadb_url: str) -> None:
    engine, clock = database.open_as_it_is(mariadb_url), StepClock()
    database.migrate(engine)
    loading.load(engine, MONTHS, clock.now())
    client = create_app(settings.load(NO_LIMITS, Path("no-env-file")), clock, engine).test_client()
    with engines.read(engine) as conn:
        there = questions.known(conn)
    scans = {}
    for route in ROUTES:
        with query_plans.recorded(engine) as found:
            answers = [client.get(url) for url in questions.ask(route, there, QUESTIONS)]
        assert {answer.status_code for answer in answers} == {200}, route.path
        scans[route.path] = query_plans.scans(engine, found)
    engine.dispose()
    assert {path: found for path, found in scans.items() if found} == {}


def test_what_reads_one_from_end_to_end_is_found(mariadb_url: str) -> None:
    engine = database.open_as_it_is(mariadb_url)
    database.migrate(engine)
    with query_plans.recorded(engine) as found, engines.read(engine) as conn:
        conn.execute(select(func.sum(ride_days.c.down_s).label("down"))).all()
        conn.execute(select(ride_days).where(ride_days.c.park_id == 1)).all()
        conn.execute(select(ride_days.alias("days"))).all()
    assert [(scan.table, scan.how) for scan in query_plans.scans(engine, found)] == [("ride_days", "ALL")] * 2
    engine.dispose()
