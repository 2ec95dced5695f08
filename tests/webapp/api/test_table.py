"""What holds for every route of the API, whatever it answers."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient
from pydantic import BaseModel

from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from tests.factories import park
from tests.judged_days import enter_parks
from webapp.api.route import Route
from webapp.api.table import ROUTES

pytestmark = pytest.mark.api

# What a route cannot be asked without.
REQUIRED = {"/heatmap": "kind=park&id=1", "/search": "q=nothing"}
LISTS = [route for route in ROUTES if route.is_list]


def path_of(route: Route) -> str:
    return "/api/v1" + route.path.replace("<int:park_id>", "1").replace("<int:ride_id>", "101")


def name_of(route: Route) -> str:
    return route.path


def is_of_one(route: Route) -> bool:
    """Tell whether it is about one park or ride, which an empty database does not know."""
    return "<" in route.path or route.path == "/heatmap"


@pytest.mark.parametrize("route", [route for route in LISTS if not is_of_one(route)], ids=name_of)
def test_an_empty_database_answers_every_list_with_nothing(route: Route, client: FlaskClient) -> None:
    """S12: never with data that nobody read."""
    response = client.get(path_of(route), query_string=REQUIRED.get(route.path))
    answer = response.get_json()
    assert (response.status_code, answer["data"]) == (200, [])
    meta = answer["meta"]
    assert [meta[name] for name in ("coverage", "as_of", "generated_at", "stale", "from", "to", "next")] == [None] * 7
    assert (meta["data_version"], meta["total"], meta["reason"]) == (0, 0, "no park has answered yet")


@pytest.mark.parametrize("route", [route for route in ROUTES if is_of_one(route)], ids=name_of)
def test_an_empty_database_knows_no_park_and_no_ride(route: Route, client: FlaskClient) -> None:
    """S12."""
    response = client.get(path_of(route), query_string=REQUIRED.get(route.path))
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert response.get_json(force=True)["detail"].startswith("There is no ")


@pytest.mark.parametrize("path", REQUIRED)
def test_what_a_route_cannot_be_asked_without_is_400_before_anything_is_looked_for(
    path: str, client: FlaskClient
) -> None:
    response = client.get(f"/api/v1{path}")
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert "field required" in response.get_json(force=True)["detail"]


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_parameter_that_a_route_does_not_know_is_400(route: Route, client: FlaskClient) -> None:
    response = client.get(f"{path_of(route)}?mock=true")
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert "'mock' is no parameter of this route" in response.get_json(force=True)["detail"]


@pytest.mark.parametrize("accept", [True, False], ids=["accepted", "asked_for"])
@pytest.mark.parametrize("route", LISTS, ids=name_of)
def test_a_list_can_be_had_as_a_table_with_a_line_of_names_though_it_is_empty(
    route: Route, accept: bool, client: FlaskClient, engine: Engine
) -> None:
    if is_of_one(route):
        with engines.begin(engine) as conn:
            enter_parks(conn, park(1))
    query = {} if accept else {"format": "csv"}
    query |= dict(each.split("=") for each in REQUIRED.get(route.path, "").split("&") if each)
    response = client.get(path_of(route), query_string=query, headers={"Accept": "text/csv"} if accept else {})
    assert (response.status_code, response.content_type) == (200, "text/csv; charset=utf-8")
    names, *rows = csv.reader(io.StringIO(response.text))
    [row_kind] = get_args(route.data)
    assert set(names) <= set(row_kind.model_fields)
    assert len(names) > 3
    assert rows == []


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.is_list], ids=name_of)
def test_what_is_no_list_is_no_table(route: Route, client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
    response = client.get(path_of(route), headers={"Accept": "text/csv"})
    assert (response.status_code, response.mimetype) == (200, "application/json")


# A quantity's unit is the last word of its name, or stands before when it was measured.
UNITS = ("seconds", "minutes", "percent", "hours", "days", "points")
NAMED_WITH_ITS_UNIT = re.compile(rf"(^|_)({'|'.join(UNITS)})(_today|_30_days|_before)?$")
COUNTED = re.compile(r"^(rides|outages|days)(_|$)")
HAS_NO_UNIT = {
    *("park_id", "ride_id", "rank", "tier", "total"),
    *("rules_version", "tiers_version", "data_version"),
    *("shame", "shame_now", "coverage"),  # a score of 0 to 10, and a share of 0 to 1
    *("latitude", "longitude", "local_hour"),
}
UNIT_STANDS_BESIDE = {("Constant", "value"), ("HeatCell", "value")}  # unit, and measure


def models(kind: Any) -> Iterator[type[BaseModel]]:
    """A model and all that it is made of."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from models(field.annotation)
    for part in get_args(kind):
        yield from models(part)


def quantities() -> set[tuple[str, str]]:
    """Every field of every answer that holds a number, by its model."""
    return {
        (model.__name__, name)
        for route in ROUTES
        for model in models(route.envelope_kind)
        for name, field in model.model_fields.items()
        if {int, float} & {field.annotation, *get_args(field.annotation)}
    }


def test_every_figure_says_its_unit_in_its_name() -> None:
    unnamed = {
        (model, name)
        for model, name in quantities() - UNIT_STANDS_BESIDE
        if name not in HAS_NO_UNIT and not COUNTED.search(name) and not NAMED_WITH_ITS_UNIT.search(name)
    }
    assert unnamed == set()


def test_a_figure_needs_no_exception_that_it_does_not_have() -> None:
    assert {name for _, name in quantities()} >= HAS_NO_UNIT
    assert quantities() >= UNIT_STANDS_BESIDE
