"""Each request has a name: the proxy's, or one of ours."""

import re

import pytest
from flask.testing import FlaskClient

from hallofshame import logs
from webapp import live

pytestmark = pytest.mark.api


@pytest.mark.parametrize(
    "given", ["aQ7@x-_z", "0af7651916cd43dd8448eb211c80319c", "Root=1-67891233-abcdef012345678912345678"]
)
def test_a_sane_request_id_is_kept(given: str, client: FlaskClient) -> None:
    assert client.get("/api/health/live", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "two words", "é", "x" * 129, '"},{"'])
def test_any_other_is_replaced(given: str, client: FlaskClient) -> None:
    made = client.get("/api/health/live", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_what_a_request_logs_bears_its_name_and_what_follows_does_not(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def fail(*_: object) -> None:
        seen.append(logs.request_id.get())
        raise RuntimeError

    monkeypatch.setattr(live, "read", fail)
    response = client.get("/", headers={"X-Request-Id": "mine"})
    assert (seen, response.headers["X-Request-Id"]) == (["mine"], "mine")
    assert logs.request_id.get() is None
