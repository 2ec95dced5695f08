"""GET /api/v1/search: parks and rides by name, however it is written."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from hallofshame.store.engine import Engine
from tests.factories import NOON, park
from tests.webapp.polled import opened, polled
from tests.webapp.ranked import ask, data, refusal

pytestmark = pytest.mark.api


def named(engine: Engine, *names: str, park_name: str = "Park 6") -> None:
    """Rides 1, 2, … of these names, in one park."""
    polled(engine, NOON, *(opened(i, name=name) for i, name in enumerate(names, start=1)), of=park(name=park_name))


def found(client: FlaskClient, q: str) -> list[str]:
    return [row["name"] for row in data(client, "search", q=q)]


def test_a_park_and_a_ride_are_found_with_where_they_are(client: FlaskClient, engine: Engine) -> None:
    named(engine, "Tower of Terror", park_name="Terrorland")
    page = "https://queue-times.com/parks/6"
    where = {"park_id": 6, "park_name": "Terrorland", "country": "United States"}
    assert data(client, "search", q="terror") == [
        {"ride_id": None, "name": "Terrorland", **where, "queue_times_url": page},
        {"ride_id": 1, "name": "Tower of Terror", **where, "queue_times_url": f"{page}/rides/1"},
    ]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("Big Thunder", "bIG tHUNDER"),
        ("Gröna Lund", "grona"),
        ("Gröna Lund", "GRÖNA"),
        ("Grona Lund", "gröna"),
        ("Große Loopingbahn", "GROSSE"),
        ("Hiccup's Wing Gliders™", "hiccups wing gliders"),
        ("Hiccup’s Wing Gliders", "hiccup's"),  # noqa: RUF001 - as it is served
        ("TRON™ Lightcycle / Run", "tron lightcycle run"),
        ("Tron Lightcycle Run", "TRON™"),
        ("it's a small world", "“it's a small world”"),
        ("Spider-Man", "spider man"),
        ("Spider Man", "spider-man"),
        ("Hogwarts Express – First Train", "express first"),  # noqa: RUF001 - as it is served
        ("X²", "x2"),
        ("Djurs Sømmerland", "sommer"),
        ("Ærø", "AERO"),
        ("Wesołe Miasteczko", "wesole"),
        ("  Space   Mountain ", "space mountain"),
        ("Space Mountain", "  mountain  "),
        ("東京ディズニーランド", "ディズニー"),
        ("100% Wolf", "100%"),
        ("Dive_Coaster", "divecoaster"),
    ],
)
def test_a_name_is_found_however_it_is_written(name: str, asked: str, client: FlaskClient, engine: Engine) -> None:
    named(engine, name)
    assert found(client, asked) == [name]


@pytest.mark.parametrize("asked", ["%", "™", "-", "'", "  ", "_"])
def test_signs_alone_look_for_nothing(asked: str, client: FlaskClient, engine: Engine) -> None:
    named(engine, "100% Wolf™", "It's a Spider-Man")
    answer = ask(client, "search", q=asked)
    assert (answer["data"], answer["meta"]["total"]) == ([], 0)


def test_what_begins_so_comes_first_then_what_has_such_a_word_and_parks_before_rides(
    client: FlaskClient, engine: Engine
) -> None:
    named(engine, "Demand", "The Man", "Manta", "mammoth", "A Man", "man", park_name="Mandeville")
    assert found(client, "man") == ["Mandeville", "man", "Manta", "A Man", "The Man", "Demand"]


def test_equals_stand_by_their_ids(client: FlaskClient, engine: Engine) -> None:
    named(engine, "Carousel", "carousel", "Carousel")
    assert [row["ride_id"] for row in data(client, "search", q="carousel")] == [1, 2, 3]


def test_twenty_are_shown_of_all_that_were_found(client: FlaskClient, engine: Engine) -> None:
    named(engine, *(f"Ride {number:02}" for number in range(1, 26)))
    answer = ask(client, "search", q="ride")
    assert [row["name"] for row in answer["data"]] == [f"Ride {number:02}" for number in range(1, 21)]
    assert (answer["meta"]["total"], answer["meta"]["next"]) == (25, None)


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({}, "q: field required"),
        ({"q": ""}, "q: string should have at least 1 character"),
        ({"q": "x" * 101}, "q: string should have at most 100 characters"),
        ({"q": "x", "limit": 5}, "'limit' is no parameter of this route (allowed: format, q)"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(parameters: dict[str, Any], told: str, client: FlaskClient) -> None:
    assert refusal(client, "search", **parameters) == told


def test_nothing_is_found_by_what_nothing_is_called(client: FlaskClient, engine: Engine) -> None:
    named(engine, "Space Mountain")
    assert found(client, "mountain space") == []
