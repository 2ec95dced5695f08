"""How often one client may ask."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hallofshame import settings
from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from webapp.app import create_app

pytestmark = pytest.mark.api

PATH = "/api/v1/methodology"


def client_with(engine: Engine, **given: str) -> FlaskClient:
    return create_app(settings.load(given, Path("no-env-file")), StepClock(), engine).test_client()


def statuses(client: FlaskClient, count: int, path: str = PATH, **headers: str) -> list[int]:
    return [client.get(path, headers=headers).status_code for _ in range(count)]


def test_a_client_that_asks_too_often_is_told_when_to_come_back(engine: Engine) -> None:
    client = client_with(engine, HOS_REQUESTS_PER_MINUTE="6", HOS_WEB_WORKERS="2")
    assert statuses(client, 3) == [200] * 3
    refused = client.get(PATH)
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert refused.get_json(force=True)["detail"] == "More than 3 per 1 minute from your address."
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_a_day_has_its_own_limit(engine: Engine) -> None:
    client = client_with(engine, HOS_REQUESTS_PER_MINUTE="0", HOS_REQUESTS_PER_DAY="3", HOS_WEB_WORKERS="1")
    assert statuses(client, 4) == [200, 200, 200, 429]


def test_all_routes_of_the_api_count_together(engine: Engine) -> None:
    client = client_with(engine, HOS_REQUESTS_PER_MINUTE="2", HOS_WEB_WORKERS="1")
    assert statuses(client, 2) == [200, 200]
    assert client.get("/api/v1/parks").status_code == 429


@pytest.mark.parametrize("path", ["/metrics", "/api/health", "/api/health/live", "/api/version", "/", "/api/docs"])
def test_pages_and_what_machines_of_ours_read_are_not_counted(path: str, engine: Engine) -> None:
    client = client_with(engine, HOS_REQUESTS_PER_MINUTE="1", HOS_WEB_WORKERS="1")
    assert statuses(client, 3, path) == [200] * 3


def test_a_client_is_told_by_what_the_proxy_in_front_saw(engine: Engine) -> None:
    client = client_with(engine, HOS_REQUESTS_PER_MINUTE="1", HOS_WEB_WORKERS="1", HOS_TRUSTED_PROXIES="1")
    forwarded = {"X-Forwarded-For": "198.51.100.1"}
    assert statuses(client, 2, **forwarded) == [200, 429]
    assert statuses(client, 1, **{"X-Forwarded-For": "198.51.100.2"}) == [200]
    spoofed = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
    assert statuses(client, 1, **spoofed) == [429]


def test_without_a_proxy_nobody_is_believed(engine: Engine) -> None:
    client = client_with(engine, HOS_REQUESTS_PER_MINUTE="1", HOS_WEB_WORKERS="1")
    assert [statuses(client, 1, **{"X-Forwarded-For": f"198.51.100.{i}"}) for i in (1, 2)] == [[200], [429]]


def test_one_household_of_ipv6_is_one_client(engine: Engine) -> None:
    client = client_with(engine, HOS_REQUESTS_PER_MINUTE="1", HOS_WEB_WORKERS="1", HOS_TRUSTED_PROXIES="1")
    asked = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"]
    assert [statuses(client, 1, **{"X-Forwarded-For": address}) for address in asked] == [[200], [429], [200]]


def test_a_shared_store_of_counts_that_is_away_refuses_nobody(engine: Engine) -> None:
    away = "redis://127.0.0.1:1"
    client = client_with(engine, HOS_REQUESTS_PER_MINUTE="100", HOS_RATE_LIMIT_STORAGE_URL=away)
    assert statuses(client, 2) == [200, 200]
