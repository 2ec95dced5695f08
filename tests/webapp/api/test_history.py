"""GET …/history: what is stored of a park or a ride over time, with the figures of the rankings; a gap stays a gap."""

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from hallofshame import leaderboards
from hallofshame.rules import periods as rules
from hallofshame.rules.periods import Grain, Period
from hallofshame.store import days, periods
from hallofshame.store import engine as engines
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.schema import park_days, readings, ride_days
from tests.clocks import StepClock
from tests.factories import NOON, park
from tests.judged_days import WINDOW_S, enter_parks, store_day

pytestmark = pytest.mark.api

DAY = timedelta(days=1)
TODAY = date(2026, 5, 1)
HERE = park(1)


def get(client: FlaskClient, path: str, **asked: object) -> dict[str, Any]:
    response = client.get(f"/api/v1/{path}/history", query_string=asked)
    assert response.status_code == 200, response.get_json()
    answer: dict[str, Any] = response.get_json()
    return answer


def rows(client: FlaskClient, path: str, **asked: object) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = get(client, path, **asked)["data"]
    return told


def refusal(client: FlaskClient, path: str, **asked: object) -> str:
    response = client.get(f"/api/v1/{path}/history", query_string=asked)
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    detail: str = response.get_json()["detail"]
    return detail


def sum_periods(conn: Connection, op_days: Sequence[date]) -> None:
    for grain, span in {(grain, rules.grain_days(grain, day)) for grain in Grain for day in op_days}:
        periods.replace(conn, 1, grain.value, span.first, span.last)


def a_month(engine: Engine) -> None:
    """Thirty final days, on each of which the rides were down another while."""
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)
        for number in range(1, 31):
            down_s = {101: 60 * number, 102: 7 * number, 103: 0}
            store_day(conn, 1, TODAY - number * DAY, down_s, observed_s=WINDOW_S - 600 * number)
        sum_periods(conn, [*rules.days(TODAY - 30 * DAY, TODAY - DAY)])
        leaderboards.refresh(conn, [HERE], list(Period), NOON)


@pytest.mark.parametrize(
    ("subject", "rankings", "key"), [("parks/1", "parks", "park_id"), ("rides/101", "rides", "ride_id")]
)
@pytest.mark.parametrize(
    ("period", "grain", "until"),
    [("yesterday", "day", TODAY - DAY), ("last_week", "week", date(2026, 4, 26)), ("last_month", "month", TODAY - DAY)],
)
def test_the_last_point_is_the_value_of_the_ranking_to_the_last_digit(
    client: FlaskClient, engine: Engine, subject: str, rankings: str, key: str, period: str, grain: str, until: date
) -> None:
    """S9."""
    a_month(engine)
    [ranked] = [
        row
        for row in client.get(f"/api/v1/{rankings}/rankings?period={period}").get_json()["data"]
        if f"{rankings}/{row[key]}" == subject
    ]
    last = rows(client, subject, grain=grain, to=until)[-1]
    same = set(last) & set(ranked)
    assert {"shame", "uptime_percent", "down_seconds", "outages_per_100_hours", "coverage"} < same
    assert {name: last[name] for name in same} == {name: ranked[name] for name in same}
    assert last["shame"] > 0


def test_a_day_of_a_park(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)
        store_day(conn, 1, TODAY, {101: 3_600, 102: 0}, is_final=False, observed_s=WINDOW_S // 2, stop_s=600)
    answer = get(client, "parks/1")
    assert answer["data"] == [
        {
            "starts_on": "2026-05-01",
            "key": "2026-05-01",
            "hour": None,
            "op_day": "2026-05-01",
            "is_final": False,
            "operated": True,
            "shame": 0.625,
            "band": "poor",
            "lost_share_percent": 6.25,
            "uptime_percent": 93.75,
            "down_seconds": 3_600,
            "up_seconds": 54_000,
            "weighted_down_seconds": 7_200,
            "weighted_operating_seconds": 115_200,
            "outages": 1,
            "outages_per_100_hours": 6.25,
            "stop_seconds": 600,
            "coverage": 0.5,
            "opening_seconds": 28_800,
            "operated_days": 1,
            "rides_counted": 2,
            "rides_closed_all_day": 0,
        }
    ]
    assert (answer["meta"]["from"], answer["meta"]["to"]) == ("2026-04-02", "2026-05-01")
    assert answer["meta"]["coverage"] == 0.5


def test_a_day_of_a_ride(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)
        store_day(conn, 1, TODAY - DAY, {101: 7_200, 102: 0})
        conn.execute(update(ride_days).values(unobserved_s=WINDOW_S))
    answer = get(client, "rides/101")
    [day] = answer["data"]
    assert answer["meta"]["coverage"] == 0.5
    assert day == {
        "starts_on": "2026-04-30",
        "key": "2026-04-30",
        "hour": None,
        "op_day": "2026-04-30",
        "is_final": True,
        "shame": 2.5,
        "uptime_percent": 75.0,
        "down_seconds": 7_200,
        "up_seconds": 21_600,
        "outages": 1,
        "outages_per_100_hours": 12.5,
        "longest_outage_seconds": 7_200,
        "average_wait_minutes": 20.0,
        "longest_wait_minutes": 30,
        "coverage": 0.5,
        "days_counted": 1,
        "days_closed_all_day": 0,
    }


def test_a_gap_stays_a_gap_and_a_day_without_operation_has_no_score(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)
        store_day(conn, 1, TODAY - 4 * DAY, {101: 60})
        store_day(conn, 1, TODAY - 2 * DAY, {}, operated=False, window_s=0, observed_s=0)
    told = rows(client, "parks/1")
    assert [(row["op_day"], row["operated"], row["operated_days"]) for row in told] == [
        ("2026-04-27", True, 1),
        ("2026-04-29", False, 0),
    ]
    assert (told[1]["shame"], told[1]["coverage"]) == (None, None)
    assert [row["op_day"] for row in rows(client, "rides/101")] == ["2026-04-27"]


def test_an_hour_has_sums_and_what_follows_from_them(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)
        store_day(conn, 1, TODAY - DAY, {101: 7_200, 102: 0}, observed_s=WINDOW_S // 4)
    answer = get(client, "parks/1", grain="hour")
    [of_park] = answer["data"]
    [of_ride] = rows(client, "rides/101", grain="hour")
    for hour in (of_park, of_ride):
        assert (hour["starts_on"], hour["op_day"]) == ("2026-04-30", "2026-04-30")
        assert hour["key"] == hour["hour"] == "2026-04-30T14:00:00Z"
        assert hour["is_final"] is True
        assert hour["down_seconds"] == 7_200
        assert (hour["outages"], hour["coverage"]) == (None, None)
    assert (of_park["shame"], of_park["lost_share_percent"], of_park["operated_days"]) == (1.25, 12.5, None)
    assert (of_ride["shame"], of_ride["average_wait_minutes"], of_ride["longest_wait_minutes"]) == (2.5, 20.0, 30)
    assert answer["meta"]["coverage"] == 0.25


def test_weeks_are_named_as_iso_does_at_the_turn_of_the_year(
    client: FlaskClient, engine: Engine, clock: StepClock
) -> None:
    """S6."""
    turns = [*rules.days(date(2025, 12, 29), date(2026, 1, 4)), date(2027, 1, 1)]
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)
        for day in turns:
            store_day(conn, 1, day, {101: 600})
        sum_periods(conn, turns)
    for subject in ("parks/1", "rides/101"):
        weeks = rows(client, subject, grain="week", **{"from": "2025-12-31", "to": "2027-01-01"})
        assert [(row["key"], row["starts_on"], row["down_seconds"]) for row in weeks] == [
            ("2026-W01", "2025-12-29", 4_200),
            ("2026-W53", "2026-12-28", 600),
        ]
        months = rows(client, subject, grain="month", **{"from": "2025-12-31", "to": "2027-01-01"})
        assert [(row["key"], row["down_seconds"]) for row in months] == [
            ("2025-12", 1_800),
            ("2026-01", 2_400),
            ("2027-01", 600),
        ]


@pytest.mark.parametrize(("finals", "is_final"), [(1, False), (2, True)])
def test_a_week_is_final_when_its_last_day_is(
    client: FlaskClient, engine: Engine, finals: int, *, is_final: bool
) -> None:
    saturday = date(2026, 4, 25)
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)
        for number in range(2):
            store_day(conn, 1, saturday + number * DAY, {101: 600}, is_final=number < finals)
        sum_periods(conn, [saturday])
    for subject in ("parks/1", "rides/101"):
        [week] = rows(client, subject, grain="week")
        assert (week["key"], week["is_final"], week["op_day"]) == ("2026-W17", is_final, None)


def test_weeks_and_months_come_whole_and_say_so(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)

    def told(grain: str, **asked: str) -> tuple[str, str]:
        meta = get(client, "parks/1", grain=grain, **asked)["meta"]
        return meta["from"], meta["to"]

    april = {"from": "2026-04-08", "to": "2026-04-08"}
    assert told("week", **april) == ("2026-04-06", "2026-04-12")
    assert told("month", **april) == ("2026-04-01", "2026-04-30")
    assert told("week") == ("2025-11-03", "2026-05-01")
    assert told("month") == ("2024-06-01", "2026-05-01")


def test_a_range_ends_today_in_the_parks_own_zone(client: FlaskClient, engine: Engine) -> None:
    """At noon UTC Tokyo's day has 7 hours to go, and Honolulu's is still the day before."""
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1, timezone="Asia/Tokyo"), park(2, timezone="Pacific/Honolulu"))
    for park_id, first, last in ((1, "2026-04-25", "2026-05-01"), (2, "2026-04-24", "2026-04-30")):
        meta = get(client, f"parks/{park_id}", grain="hour")["meta"]
        assert (meta["from"], meta["to"]) == (first, last)


def test_purged_readings_change_nothing(client: FlaskClient, engine: Engine) -> None:
    """S21."""
    a_month(engine)
    asked = [(subject, grain) for subject in ("parks/1", "rides/101") for grain in ("hour", "day", "week", "month")]
    with engines.begin(engine) as conn:
        reading = {"park_id": 1, "slot": NOON - DAY, "ride_id": 101, "is_open": True, "state": "open"}
        conn.execute(insert(readings), [reading])
    before = [rows(client, subject, grain=grain) for subject, grain in asked]
    with engines.begin(engine) as conn:
        conn.execute(readings.delete())
        for row in conn.execute(park_days.select()).all():
            days.mark_purged(conn, row.park_id, row.op_day, NOON)
        leaderboards.refresh(conn, [HERE], list(Period), NOON)
    assert all(before)
    assert [rows(client, subject, grain=grain) for subject, grain in asked] == before


def test_a_history_can_be_had_as_a_table(client: FlaskClient, engine: Engine) -> None:
    a_month(engine)
    for subject in ("parks/1", "rides/101"):
        response = client.get(f"/api/v1/{subject}/history?format=csv")
        assert response.mimetype == "text/csv"
        table = list(csv.DictReader(response.text.splitlines()))
        told = rows(client, subject)
        assert len(table) == len(told) == 29
        assert [float(line["shame"]) for line in table] == [row["shame"] for row in told]
        assert list(table[0]) == list(told[0])


@pytest.mark.parametrize("path", ["parks/12", "rides/12", f"parks/{2**40}"])
def test_what_nobody_has_seen_is_not_found(client: FlaskClient, path: str) -> None:
    """S12: nothing is made up for an empty database."""
    response = client.get(f"/api/v1/{path}/history")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    if path != f"parks/{2**40}":
        assert response.get_json()["detail"] == f"There is no {path[:4]} 12."


def test_a_range_that_cannot_be_is_refused_with_what_is_allowed(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)
    assert "'hour', 'day', 'week' or 'month'" in refusal(client, "parks/1", grain="minute")
    after = refusal(client, "parks/1", **{"from": "2026-05-02"})
    assert after.startswith("from: 2026-05-02 is after 2026-05-01 (allowed: ")
    for grain, most in (("hour", 31), ("day", 731), ("week", 3_653), ("month", 3_653)):
        first = TODAY - (most - 1) * DAY
        assert rows(client, "rides/101", grain=grain, **{"from": first}) == []
        too_many = refusal(client, "rides/101", grain=grain, **{"from": first - DAY})
        assert too_many == f"from, to: {most + 1} days are too many (allowed: at most {most})"


@pytest.mark.parametrize("name", ["from", "to"])
def test_what_is_no_day_is_refused_with_what_is(client: FlaskClient, engine: Engine, name: str) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)
    no_days = ["yesterday", "2026-02-30", "2026-5-1", "1777593600", "20260501", "1999-12-31", "2026-05-01T00:00:00", ""]
    for written in no_days:
        assert refusal(client, "parks/1", **{name: written}) == (
            f"{name}: input should be a day from 2000-01-01 to 2099-12-31, written so"
        )


def test_an_unknown_parameter_is_refused_with_those_there_are(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, HERE)
    for name in ("first", "until"):
        assert refusal(client, "parks/1", **{name: "2026-05-01"}) == (
            f"{name!r} is no parameter of this route (allowed: format, from, to, grain)"
        )
