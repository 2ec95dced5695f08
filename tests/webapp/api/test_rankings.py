"""GET /api/v1/parks/rankings and /rides/rankings: who is ranked, in what order, and what is refused."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from hallofshame import leaderboards
from hallofshame.model import Park
from hallofshame.rules.periods import Period
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from tests.factories import NOON, park
from tests.judged_days import enter_parks, store_day

pytestmark = pytest.mark.api

TODAY = date(2026, 5, 1)
DAY = timedelta(days=1)
ALPHA, BETA, GAMMA = park(1, name="Alpha"), park(2, name="beta", country="Japan"), park(3, name="Gamma")


def rides(park_id: int, *down_s: int) -> dict[int, int]:
    return {100 * park_id + number: seconds for number, seconds in enumerate(down_s, start=1)}


def rank(engine: Engine, *parks: Park, now: datetime = NOON, periods: Any = tuple(Period)) -> None:
    with engines.begin(engine) as conn:
        leaderboards.refresh(conn, parks, periods, now)


@pytest.fixture
def week(engine: Engine) -> Engine:
    """Alpha lost most, beta half as much, Gamma has too few rides."""
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA, BETA, GAMMA)
        for back in range(1, 8):
            store_day(conn, 1, TODAY - back * DAY, rides(1, 3_600, 0, 600))
            store_day(conn, 2, TODAY - back * DAY, rides(2, 0, 2_100, 0))
            store_day(conn, 3, TODAY - back * DAY, rides(3, 7_200, 60))
    rank(engine, ALPHA, BETA, GAMMA)
    return engine


def rows(client: FlaskClient, path: str, **parameters: Any) -> list[dict[str, Any]]:
    response = client.get(f"/api/v1/{path}/rankings", query_string=parameters)
    assert response.status_code == 200, response.text
    data: list[dict[str, Any]] = response.get_json()["data"]
    return data


def names(client: FlaskClient, path: str = "parks", **parameters: Any) -> list[str]:
    return [row["name"] for row in rows(client, path, **parameters)]


@pytest.mark.usefixtures("week")
def test_the_worst_park_comes_first_and_those_without_a_sample_last_with_the_reason(client: FlaskClient) -> None:
    found = rows(client, "parks")
    assert [(row["rank"], row["name"], row["standing"]) for row in found] == [
        (1, "Alpha", "ranked"),
        (2, "beta", "ranked"),
        (None, "Gamma", "few_rides"),
    ]
    assert found[2]["reason"] == "fewer than 3 rides could be counted"
    assert (found[0]["from_day"], found[0]["to_day"]) == ("2026-04-24", "2026-04-30")


@pytest.mark.usefixtures("week")
def test_a_row_carries_its_figures_its_evidence_and_where_it_comes_from(client: FlaskClient) -> None:
    alpha = rows(client, "parks")[0]
    operating_s = 3 * 7 * 28_800
    assert alpha["shame"] == 10 * 2 * 7 * 4_200 / (2 * operating_s)
    assert alpha["lost_share_percent"] == 100 * 2 * 7 * 4_200 / (2 * operating_s)
    assert alpha["uptime_percent"] == 100 * (operating_s - 7 * 4_200) / operating_s
    assert (alpha["down_seconds"], alpha["outages"], alpha["coverage"]) == (29_400, 14, 1.0)
    assert (alpha["operated_days"], alpha["rides_counted"], alpha["band"]) == (7, 3, "fair")
    assert (alpha["queue_times_url"], alpha["badges"]) == ("https://queue-times.com/parks/1", [])


@pytest.mark.usefixtures("week")
def test_the_answer_says_what_it_is_of(client: FlaskClient) -> None:
    answer = client.get("/api/v1/rides/rankings").get_json()
    meta = answer["meta"]
    assert (meta["period"], meta["from"], meta["to"]) == ("7days", "2026-04-24", "2026-04-30")
    assert (meta["coverage"], meta["total"], meta["next"]) == (1.0, 8, None)
    assert (meta["data_version"], meta["generated_at"]) == (1, "2026-05-01T12:00:00Z")
    assert answer["attribution"] == {"text": "Powered by Queue-Times.com", "url": "https://queue-times.com"}


@pytest.mark.usefixtures("week")
def test_rides_are_ranked_with_their_park_and_their_waits(client: FlaskClient) -> None:
    first = rows(client, "rides")[0]
    assert (first["name"], first["park_name"], first["rank"]) == ("Ride 301", "Gamma", 1)
    assert first["queue_times_url"] == "https://queue-times.com/parks/3/rides/301"
    assert (first["longest_outage_seconds"], first["longest_wait_minutes"]) == (7_200, 30)
    assert (first["average_wait_minutes"], first["days_counted"]) == (20.0, 7)


@pytest.mark.parametrize(
    ("sort", "worst_first"),
    [
        ("score", [301, 101, 202, 103, 302]),
        ("downtime", [301, 101, 202, 103, 302]),
        ("uptime", [301, 101, 202, 103, 302]),
        ("outages", [301, 101, 202, 103, 302]),
        ("name", [101, 102, 103, 201, 202]),
    ],
)
@pytest.mark.usefixtures("week")
def test_rows_are_sorted_by_each_column_both_ways_with_ties_as_ranked(
    sort: str, worst_first: list[int], client: FlaskClient
) -> None:
    """S13."""
    by_default = [row["ride_id"] for row in rows(client, "rides", sort=sort)]
    assert by_default[:5] == worst_first
    backwards = "desc" if sort in {"uptime", "name"} else "asc"
    turned = rows(client, "rides", sort=sort, order=backwards)
    key = {"score": "shame", "downtime": "down_seconds", "uptime": "uptime_percent"}.get(sort, sort)
    values = [row[key] for row in turned]
    assert values == sorted(values, reverse=backwards == "desc")
    tied = [row["ride_id"] for row in turned if row["down_seconds"] == 0]
    assert tied == sorted(tied, reverse=sort == "name")


@pytest.mark.usefixtures("week")
def test_pages_hold_each_row_once_in_order(client: FlaskClient) -> None:
    whole = [row["ride_id"] for row in rows(client, "rides")]
    path, paged = "/api/v1/rides/rankings?limit=3", []
    while path:
        answer = client.get(path).get_json()
        paged += [row["ride_id"] for row in answer["data"]]
        path = answer["meta"]["next"]
    assert paged == whole


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limit=0", "limit: input should be greater than or equal to 1"),
        ("limit=-1", "limit: input should be greater than or equal to 1"),
        ("limit=101", "limit: input should be less than or equal to 100"),
        ("limit=x", "limit: input should be a valid integer"),
        ("period=tomorrow", "period: input should be 'live', 'today', 'yesterday', '7days'"),
        ("sort=rank", "sort: input should be 'score', 'downtime', 'uptime', 'outages' or 'name'"),
        ("filter=Atlantis", "filter: nothing is called 'Atlantis' (allowed: all, disney_universal, Japan"),
        ("tier=4", "tier: input should be less than or equal to 3"),
        ("weigthed=1", "'weigthed' is no parameter of this route (allowed: format, limit, offset, period, filter"),
        ("limit=1&limit=2", "limit: given more than once"),
        ("period=live&sort=uptime", "sort: uptime is not known right now (allowed with period=live: score"),
    ],
)
@pytest.mark.usefixtures("week")
def test_what_is_not_known_is_refused_with_what_is_allowed(query: str, told: str, client: FlaskClient) -> None:
    """S13."""
    response = client.get(f"/api/v1/rides/rankings?{query}")
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert response.get_json(force=True)["detail"].startswith(told)


@pytest.mark.usefixtures("week")
def test_a_filter_leaves_the_ranks_as_they_are(client: FlaskClient) -> None:
    assert [(row["name"], row["rank"]) for row in rows(client, "parks", filter="japan")] == [("beta", 2)]
    assert {row["park_id"] for row in rows(client, "rides", filter="Japan")} == {2}
    assert {row["park_id"] for row in rows(client, "rides", park=1)} == {1}
    assert rows(client, "rides", park=1, filter="Japan") == []
    assert rows(client, "rides", park=77) == []


def test_disney_and_universal_are_told_by_their_company(client: FlaskClient, engine: Engine) -> None:
    """S14."""
    companies = {
        2: ("Walt Disney Attractions", ("Epcot", "Animal Kingdom", "Disney Hollywood Studios", "Tokyo Disneyland")),
        12: ("Universal Parks & Resorts", ("Universal Studios Japan", "Epic Universe", "Islands Of Adventure")),
        7: ("Efteling", ("Universe of Energy",)),
    }
    entered = [
        park(10 * company + number, name=name, operator_id=company, operator=operator)
        for company, (operator, theirs) in companies.items()
        for number, name in enumerate(theirs)
    ]
    with engines.begin(engine) as conn:
        enter_parks(conn, *entered)
    rank(engine, *entered)
    found = set(names(client, filter="disney_universal"))
    assert found == {*companies[2][1], *companies[12][1]}


def test_each_park_answers_with_its_own_yesterday(engine: Engine, client: FlaskClient) -> None:
    """S7."""
    tokyo, angeles = park(1, timezone="Asia/Tokyo"), park(2, timezone="America/Los_Angeles")
    with engines.begin(engine) as conn:
        enter_parks(conn, tokyo, angeles)
        for park_id in (1, 2):
            for day in (15, 16, 17, 18):
                store_day(conn, park_id, date(2025, 12, day), rides(park_id, day, 0, 0))
    rank(engine, tokyo, angeles, now=datetime(2025, 12, 18, 7, 30, tzinfo=UTC))
    found = {
        row["park_id"]: (row["from_day"], row["to_day"], row["timezone"])
        for row in rows(client, "parks", period="yesterday")
    }
    assert found == {
        1: ("2025-12-17", "2025-12-17", "Asia/Tokyo"),
        2: ("2025-12-16", "2025-12-16", "America/Los_Angeles"),
    }


def test_equal_scores_have_one_rank(engine: Engine, client: FlaskClient) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA, BETA, GAMMA)
        for park_id, seconds in ((1, 60), (2, 600), (3, 60)):
            store_day(conn, park_id, TODAY - DAY, rides(park_id, seconds, 0, 0))
    rank(engine, ALPHA, BETA, GAMMA)
    found = rows(client, "parks", period="yesterday")
    assert [(row["rank"], row["name"]) for row in found] == [(1, "beta"), (2, "Alpha"), (2, "Gamma")]


def test_what_a_reader_should_know_stands_beside_the_figures(engine: Engine, client: FlaskClient) -> None:
    corrected = park(2, name="beta", timezone_source="park_overrides.toml")
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA, corrected, GAMMA)
        store_day(conn, 1, TODAY - DAY, rides(1, 0, 0, 0), observed_s=20_000)
        store_day(conn, 2, TODAY - DAY, rides(2, 0, 0, 0))
        store_day(conn, 3, TODAY - DAY, rides(3, 0, 0, 0), close_edge_known=False)
        store_day(conn, 3, TODAY, rides(3, 0, 0, 0), close_edge_known=False, is_final=False)
    rank(engine, ALPHA, corrected, GAMMA)
    found = {row["name"]: row["badges"] for row in rows(client, "parks", period="yesterday")}
    assert found == {"Alpha": ["partial data"], "beta": ["time zone corrected"], "Gamma": ["partial day"]}
    today = {row["name"]: row["badges"] for row in rows(client, "parks", period="today")}
    assert today["Gamma"] == []


def table(client: FlaskClient, path: str, **headers: str) -> Iterator[dict[str, str]]:
    response = client.get(path, headers=headers)
    assert response.content_type == "text/csv; charset=utf-8"
    return csv.DictReader(io.StringIO(response.text))


@pytest.mark.usefixtures("week")
def test_a_ranking_can_be_had_as_a_table_with_the_same_figures(client: FlaskClient) -> None:
    asked = list(table(client, "/api/v1/rides/rankings?format=csv"))
    assert asked == list(table(client, "/api/v1/rides/rankings", Accept="text/csv"))
    for line, row in zip(asked, rows(client, "rides"), strict=True):
        assert {name: "" if value is None else str(value) for name, value in row.items()} == line


def test_a_name_cannot_be_a_formula_in_a_table(engine: Engine, client: FlaskClient) -> None:
    evil = park(1, name='=HYPERLINK("http://evil","x")')
    with engines.begin(engine) as conn:
        enter_parks(conn, evil)
    rank(engine, evil)
    [line] = table(client, "/api/v1/parks/rankings?format=csv")
    assert line["name"] == """'=HYPERLINK("http://evil","x")"""


def test_a_trend_is_told_from_the_period_before(engine: Engine, client: FlaskClient) -> None:
    """S18."""
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA, BETA)
        for back in range(1, 15):
            lost = 2_880 if back > 7 else 1_152  # 90 %, then 96 %
            store_day(conn, 1, TODAY - back * DAY, rides(1, lost, lost, lost))
            if back <= 7:
                store_day(conn, 2, TODAY - back * DAY, rides(2, 0, 0, 0))
    rank(engine, ALPHA, BETA)
    found = {row["name"]: (row["trend"], row["trend_points"]) for row in rows(client, "parks")}
    assert found == {"Alpha": ("improving", 6.0), "beta": (None, None)}
