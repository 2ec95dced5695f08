"""The watcher's figures, as boto3 sends them to what stands in for CloudWatch."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from hallofshame import settings
from hallofshame.clock import FixedClock
from hallofshame.model import RunState
from hallofshame.store import database, runs
from hallofshame.store import engine as engines
from monitoring import cloudwatch, watch
from monitoring.watch import Report
from tests import factories
from tests.factories import NOON
from tests.http_server import send, serve

pytestmark = pytest.mark.integration


@dataclass
class CloudWatch:
    """Takes every request, or refuses it with a status; keeps what was sent."""

    bodies: list[bytes] = field(default_factory=list)
    status: int = 200

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        self.bodies.append(handler.rfile.read(int(handler.headers["Content-Length"])))
        send(handler, b"\xa0", self.status, Content_Type="application/cbor", smithy_protocol="rpc-v2-cbor")

    def names(self) -> set[str]:
        """Those of the figures in the newest request."""
        told = ("Heartbeat", "JobMissed", "OpenIncidents", "OutboxAge", "JobSuccess", "JobDuration", "ParksCollected")
        return {name for name in told if name.encode() in self.bodies[-1]}


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatch]:
    made = CloudWatch()
    with serve(made) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
        yield made


def tick(state: Path, minute: int, **given: str) -> Report:
    usual = {"HOS_STATE_DIR": str(state), "HOS_JOBS_FILE": str(state / "jobs.toml")}
    loaded = settings.load(usual | {"HOS_CLOUDWATCH_NAMESPACE": "HallOfShame"} | given, state / "no-env-file")
    (state / "jobs.toml").touch()
    return watch.tick(loaded, FixedClock(NOON + timedelta(minutes=minute)))


def ran(state: Path, minute: float) -> None:
    opened = database.open_ready(f"sqlite:///{state}/hallofshame.sqlite3")
    at = NOON + timedelta(minutes=minute)
    done: dict[str, Any] = {"state": RunState.SUCCEEDED, "duration_seconds": 28.0, "report": {"parks_ok": 131}}
    with engines.begin(opened) as conn:
        runs.record(conn, factories.run(started_at=at - timedelta(seconds=28), finished_at=at, **done))
    opened.dispose()


def test_a_tick_sends_its_sign_of_life_and_each_run_that_ended_once(stub: CloudWatch, tmp_path: Path) -> None:
    assert tick(tmp_path, 0).problems == []
    assert stub.names() == {"Heartbeat", "JobMissed", "OpenIncidents", "OutboxAge"}
    ran(tmp_path, 0.5)
    tick(tmp_path, 1)
    assert stub.names() >= {"JobSuccess", "JobDuration", "ParksCollected"}
    tick(tmp_path, 2)
    assert not stub.names() & {"JobSuccess", "JobDuration", "ParksCollected"}


def test_what_cloudwatch_refuses_is_said_and_its_runs_are_sent_with_the_next(stub: CloudWatch, tmp_path: Path) -> None:
    tick(tmp_path, 0)
    ran(tmp_path, 0.5)
    stub.status = 500
    [problem] = tick(tmp_path, 1).problems
    assert problem.startswith("CloudWatch: ")
    stub.status = 200
    assert tick(tmp_path, 2).problems == []
    assert "JobSuccess" in stub.names()


def test_without_the_database_the_sign_of_life_is_sent_all_the_same(stub: CloudWatch, tmp_path: Path) -> None:
    tick(tmp_path, 0, HOS_DATABASE_URL="mysql+pymysql://root@127.0.0.1:1/hos")
    assert "Heartbeat" in stub.names()


def test_without_a_namespace_nothing_is_sent(stub: CloudWatch, tmp_path: Path) -> None:
    tick(tmp_path, 0, HOS_CLOUDWATCH_NAMESPACE="")
    assert stub.bodies == []


def test_a_run_that_failed_is_no_success() -> None:
    sent = list(cloudwatch.of_runs([factories.run(job="collect", state=RunState.FAILED, duration_seconds=3.0)]))
    assert {(metric.name, metric.value) for metric in sent if metric.name.endswith("Success")} == {
        ("JobSuccess", 0.0),
        ("CollectionSuccess", 0.0),
    }
