"""Days of parks as they are ranked, and what the API answers of them."""

from datetime import date, timedelta
from typing import Any

from flask.testing import FlaskClient

from hallofshame import leaderboards
from hallofshame.model import Park
from hallofshame.rules.periods import Period
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from tests.factories import NOON

TODAY = date(2026, 5, 1)
DAY = timedelta(days=1)


def lost(park_id: int, *down_s: int) -> dict[int, int]:
    """What each ride of a park lost on a day, in the order of their ids."""
    return {100 * park_id + number: seconds for number, seconds in enumerate(down_s, start=1)}


def rank(engine: Engine, *parks: Park) -> None:
    """Rank every period as the jobs do."""
    with engines.begin(engine) as conn:
        leaderboards.refresh(conn, parks, tuple(Period), NOON)


def ask(client: FlaskClient, path: str, **parameters: Any) -> dict[str, Any]:
    """The whole answer of a route."""
    response = client.get(f"/api/v1/{path}", query_string=parameters)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.get_json()
    return answer


def data(client: FlaskClient, path: str, **parameters: Any) -> Any:
    """What it says."""
    return ask(client, path, **parameters)["data"]


def refusal(client: FlaskClient, path: str, **parameters: Any) -> str:
    """Why a route refuses to answer."""
    response = client.get(f"/api/v1/{path}", query_string=parameters)
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    detail: str = response.get_json(force=True)["detail"]
    return detail
