"""GET /api/openapi.json and /api/docs: what the API says of itself is what it does, and needs no other server."""

import json
import re
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from scripts import write_openapi
from webapp.api.table import ROUTES

pytestmark = pytest.mark.api

DOCUMENT = json.loads(write_openapi.text())
SCHEMAS = DOCUMENT["components"]["schemas"]


class Page(HTMLParser):
    """What a page loads, links to, and can be linked to; and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: set[str] = set()
        self.links: set[str] = set()
        self.ids: list[str] = []
        self.scripts = 0
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.scripts += tag == "script"
        self.handlers += [name for name in given if name.startswith("on") or name == "style"]
        self.ids += [given["id"]] if "id" in given else []
        if tag == "a":
            self.links.add(given.get("href", ""))
        elif "src" in given or given.get("rel") == "stylesheet":
            self.loads.add(given.get("src") or given["href"])


@pytest.fixture
def page(client: FlaskClient) -> Page:
    response = client.get("/api/docs")
    assert response.status_code == 200
    return Page(response.text)


def test_the_document_that_is_served_is_the_one_of_this_code(client: FlaskClient) -> None:
    """After a change: `python -m scripts.write_openapi`."""
    response = client.get("/api/openapi.json")
    assert response.mimetype == "application/json"
    assert response.text == write_openapi.text()


def test_every_route_that_answers_is_described(client: FlaskClient) -> None:
    served = {
        re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule)
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }
    assert set(DOCUMENT["paths"]) == served - {"/api/openapi.json", "/api/docs"}


def test_every_schema_that_is_named_is_in_the_document_and_none_is_left_over() -> None:
    named = set(re.findall(r'"\$ref": "#/components/schemas/([^"]*)"', write_openapi.text()))
    assert named == set(SCHEMAS)


def test_a_schemas_name_is_one_that_openapi_allows() -> None:
    assert [name for name in SCHEMAS if not re.fullmatch(r"[a-zA-Z0-9._-]+", name)] == []


def test_each_operation_has_its_own_id() -> None:
    ids = [item["get"]["operationId"] for item in DOCUMENT["paths"].values()]
    assert len(set(ids)) == len(ids)


def test_every_list_says_that_it_can_be_had_as_a_table() -> None:
    contents = [item["get"]["responses"]["200"]["content"] for item in DOCUMENT["paths"].values()]
    assert sum("text/csv" in content for content in contents) == sum(route.is_list for route in ROUTES)


def test_the_page_has_every_route_and_every_shape(page: Page) -> None:
    assert {item["get"]["operationId"] for item in DOCUMENT["paths"].values()} <= set(page.ids)
    assert set(SCHEMAS) <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)


def test_the_page_tells_every_parameter_and_every_field(client: FlaskClient) -> None:
    told = set(re.findall(r'<th scope="row"><code>([^<]*)</code>', client.get("/api/docs").text))
    parameters = {each["name"] for item in DOCUMENT["paths"].values() for each in item["get"].get("parameters", ())}
    assert told == parameters | {field for schema in SCHEMAS.values() for field in schema["properties"]}


def test_the_page_tells_of_no_parameter_that_null_can_be_sent_for_it(client: FlaskClient) -> None:
    parameters, _, fields = client.get("/api/docs").text.partition("<h2>Shapes</h2>")
    assert "or null" in fields
    assert "null" not in parameters.replace("what is not known is null", "")


def test_each_link_within_the_page_leads_somewhere(page: Page) -> None:
    assert {link.removeprefix("#") for link in page.links if link.startswith("#")} <= set(page.ids)


def test_the_page_needs_no_script_and_nobody_elses_server(page: Page) -> None:
    assert (page.scripts, page.handlers) == (0, [])
    assert page.loads
    assert [each for each in page.loads if not re.match(r"/[^/]", each)] == []
    assert {link for link in page.links if "//" in link} == {"https://queue-times.com"}


def test_what_people_may_do_with_it_is_said_where_they_read_how(client: FlaskClient) -> None:
    assert "Powered by Queue-Times.com" in client.get("/api/docs").text
    assert DOCUMENT["externalDocs"]["url"] == "https://queue-times.com"
