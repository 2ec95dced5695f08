"""Every error has one form: problem+json from the API, a page from the site."""

import logging

import pytest
from flask.testing import FlaskClient

from webapp import live

pytestmark = pytest.mark.api


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/api/v1/nothing", 404, "Not Found"),
        ("GET", "/api/", 404, "Not Found"),
        ("POST", "/api/v1/live", 405, "Method Not Allowed"),
    ],
)
def test_an_error_of_the_api_is_a_problem(method: str, path: str, status: int, title: str, client: FlaskClient) -> None:
    response = client.open(path, method=method)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    problem = response.get_json(force=True)
    assert problem.pop("detail")
    assert problem == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "instance": path,
        "attribution": {"text": "Powered by Queue-Times.com", "url": "https://queue-times.com"},
    }


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    assert "GET" in client.post("/api/v1/live").headers["Allow"]


def test_a_page_that_is_not_there_is_a_page(client: FlaskClient) -> None:
    response = client.get("/nothing")
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "There is no such page" in response.text
    assert "Powered by Queue-Times.com" in response.text


def test_while_the_database_is_away_the_api_says_when_to_come_back(client_without_database: FlaskClient) -> None:
    for path in ("/api/v1/live", "/api/v1/parks"):
        response = client_without_database.get(path)
        assert (response.status_code, response.mimetype) == (503, "application/problem+json")
        assert response.headers["Retry-After"] == "60"
        assert "root" not in response.text


def test_while_the_database_is_away_the_page_is_a_page(client_without_database: FlaskClient) -> None:
    response = client_without_database.get("/")
    assert (response.status_code, response.mimetype, response.headers["Retry-After"]) == (503, "text/html", "60")
    assert "Our database does not answer" in response.text
    assert "Powered by Queue-Times.com" in response.text


@pytest.mark.parametrize(("path", "mimetype"), [("/api/v1/live", "application/problem+json"), ("/", "text/html")])
def test_a_mistake_of_ours_is_told_to_the_log_alone(
    path: str,
    mimetype: str,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(live, "read", fail)
    with caplog.at_level(logging.ERROR):
        response = client.get(path)
    assert (response.status_code, response.mimetype) == (500, mimetype)
    assert "secret" not in response.text
    assert "a secret detail" in caplog.text
