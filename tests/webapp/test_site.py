"""The page: what is reported closed and since when, how old the data are, and whose they are."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from tests.factories import NOON, park
from tests.webapp.polled import closed, opened, polled, stale

pytestmark = pytest.mark.api

TEN_MINUTES = timedelta(minutes=10)
BUSY = (opened(91), opened(92), opened(93))
QUEUE_TIMES = "https://queue-times.com"


class _Page(HTMLParser):
    """A page's text, without its spaces, and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    @property
    def text(self) -> str:
        return re.sub(r" ([.,])", r"\1", " ".join(self.words))

    def links(self) -> set[str | None]:
        return {attributes["href"] for tag, attributes in self.elements if tag == "a"}


def get(client: FlaskClient) -> _Page:
    response = client.get("/")
    assert (response.status_code, response.mimetype) == (200, "text/html")
    return _Page(response.text)


def test_the_page_says_what_is_closed_since_when_and_how_old_that_is(
    client: FlaskClient, clock: StepClock, engine: Engine
) -> None:
    here, calm = park(6, name="Epcot"), park(7, name="Calm")
    rows = (opened(1, name="Test Track"), opened(2), stale(4), closed(3), *BUSY)
    polled(engine, NOON - 7 * TEN_MINUTES, *rows, of=here)
    polled(engine, NOON - 6 * TEN_MINUTES, closed(1, name="Test Track"), *rows[1:], of=here)
    polled(engine, NOON, closed(1, name="Test Track"), closed(2), *rows[2:], of=here)
    polled(engine, NOON, opened(11), opened(12), opened(13), of=calm)
    clock.sleep(180)
    page = get(client)
    assert "Data from 12:00 UTC on 1 May 2026, 3 minutes ago." in page.text
    assert "2 rides in 1 of 2 open parks." in page.text
    assert "Epcot United States · 3 rides open, 1 not opened today or past their usual hours, 1 unknown" in page.text
    assert "2 rides reported closed Since For Test Track 07:00 1 h 0 min Ride 2 08:00 just now" in page.text
    assert "Open, with no ride reported closed Calm" in page.text
    assert ("time", {"datetime": "2026-05-01T11:00:00Z"}) in page.elements
    assert {f"{QUEUE_TIMES}/parks/6", f"{QUEUE_TIMES}/parks/7", f"{QUEUE_TIMES}/parks/6/rides/1"} <= page.links()


def test_every_page_names_its_source_before_anything_else(client: FlaskClient) -> None:
    html = client.get("/").text
    assert html.index(f'<a class="source" href="{QUEUE_TIMES}">Powered by Queue-Times.com</a>') < html.index("<main>")


def test_a_hostile_name_is_text(client: FlaskClient, engine: Engine) -> None:
    name = "<script>alert('1')</script>\"><img src=x onerror=alert(1)>"
    polled(engine, NOON - TEN_MINUTES, opened(1, name=name), *BUSY, of=park(6, name=name))
    polled(engine, NOON, closed(1, name=name), *BUSY, of=park(6, name=name))
    page = get(client)
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "img"})
    assert page.text.count("<script>alert('1')</script>\"><img src=x onerror=alert(1)>") == 2


def test_the_page_asks_nobody_else_for_anything_and_holds_no_script_or_style(
    client: FlaskClient, engine: Engine
) -> None:
    polled(engine, NOON - TEN_MINUTES, opened(1), *BUSY)
    polled(engine, NOON, closed(1), *BUSY)
    page = get(client)
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "style", "iframe", "img"})
    for tag, attributes in page.elements:
        assert not {name for name in attributes if name == "style" or name.startswith("on")}
        if tag == "link" and attributes["rel"] == "stylesheet":
            with client.get(str(attributes["href"])) as style:
                assert (style.status_code, style.mimetype) == (200, "text/css")


def test_when_no_ride_is_closed_the_page_says_so(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON, *BUSY)
    assert "None: 1 park open, no ride reported closed." in get(client).text


def test_when_no_park_is_open_the_page_says_so(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON, closed(1))
    assert "No park is open at this hour." in get(client).text


def test_parks_that_do_not_answer_are_named(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON - timedelta(minutes=30), *BUSY, of=park(6, name="Silent"))
    polled(engine, NOON, opened(1), of=park(7))
    assert "No answer for more than 20 minutes Silent" in get(client).text


def test_old_data_are_called_too_old_and_nothing_is_said_of_now(
    client: FlaskClient, clock: StepClock, engine: Engine
) -> None:
    polled(engine, NOON - TEN_MINUTES, opened(1), *BUSY)
    polled(engine, NOON, closed(1), *BUSY)
    clock.sleep(3 * 3_600)
    page = get(client)
    assert "too old to say what is closed now. The newest are 3 hours old, from 12:00 UTC on 1 May 2026." in page.text
    assert "Ride 1" not in page.text


def test_before_the_first_poll_the_page_says_so(client: FlaskClient) -> None:
    assert "There are no data yet" in get(client).text
