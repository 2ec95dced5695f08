"""The client against a real server: polite, bounded, clear about what came."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from hallofshame import queue_times
from hallofshame.limiter import Limiter
from hallofshame.model import PollOutcome
from hallofshame.queue_times import FeedAway, FeedError, FeedRefused, QueueTimes
from tests.clocks import StepClock
from tests.http_server import Answer, send, serve

pytestmark = pytest.mark.integration

RIDE = {"id": 1, "name": "Ride", "is_open": True, "wait_time": 5, "last_updated": "2026-05-01T11:58:00.000Z"}
BODY = json.dumps({"lands": [], "rides": [RIDE]}).encode()


@contextmanager
def client_of(answer: Answer, tmp_path: Path, clock: StepClock | None = None) -> Iterator[QueueTimes]:
    clock = clock or StepClock()
    with serve(answer) as url:
        yield QueueTimes(url, "https://hos.example.org", Limiter(0, clock), clock, tmp_path / "cache")


class Script:
    """Answer one request after the other, the last one for ever; keeps what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.headers)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer(handler)


def ok(handler: BaseHTTPRequestHandler) -> None:
    send(handler, BODY)


def tagged(handler: BaseHTTPRequestHandler) -> None:
    send(handler, BODY, ETag='"v1"')


def status(code: int, **headers: str) -> Answer:
    return lambda handler: send(handler, b"" if code == 304 else b"no", code, **headers)


def html(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"<!DOCTYPE html><h1>Be right back</h1>")


def half_a_body(handler: BaseHTTPRequestHandler) -> None:
    send(handler, BODY[:40], Content_Length=str(len(BODY)))
    handler.close_connection = True


def half_a_body_that_claims_to_be_whole(handler: BaseHTTPRequestHandler) -> None:
    send(handler, BODY[:40], ETag='"v1"')


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()
    handler.close_connection = True


def test_a_request_says_who_we_are(tmp_path: Path) -> None:
    script = Script(ok)
    with client_of(script, tmp_path) as client:
        assert client.queue_times(6).readings[0].wait_minutes == 5
    [headers] = script.asked
    assert headers["User-Agent"].startswith("hallofshame/")
    assert "(+https://hos.example.org)" in headers["User-Agent"]
    assert "gzip" in headers["Accept-Encoding"]


@pytest.mark.parametrize("passing", [status(500), status(503), html, half_a_body, reset])
def test_a_passing_fault_is_tried_again(passing: Answer, tmp_path: Path) -> None:
    script = Script(passing, ok)
    with client_of(script, tmp_path) as client:
        assert len(client.queue_times(6).readings) == 1
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    ("lasting", "outcome", "http_status", "said"),
    [
        (status(500), PollOutcome.HTTP_ERROR, 500, "HTTP 500"),
        (html, PollOutcome.BAD_BODY, 200, "not JSON, starts with '<!DOCTYPE html>"),
        (half_a_body, PollOutcome.BAD_BODY, None, "the answer broke off"),
        (lambda h: send(h, b""), PollOutcome.BAD_BODY, 200, "the body is empty"),
        (lambda h: send(h, b"[]"), PollOutcome.BAD_BODY, 200, "expected an object"),
        (reset, PollOutcome.UNREACHABLE, None, "no answer"),
    ],
)
def test_a_lasting_fault_is_told_after_three_tries(
    lasting: Answer, outcome: PollOutcome, http_status: int | None, said: str, tmp_path: Path
) -> None:
    script = Script(lasting)
    with client_of(script, tmp_path) as client, pytest.raises(FeedAway) as caught:
        client.queue_times(6)
    assert (caught.value.outcome, caught.value.http_status) == (outcome, http_status)
    assert said in str(caught.value)
    assert "/parks/6/queue_times.json" in str(caught.value)
    assert len(script.asked) == queue_times.ATTEMPTS


def test_a_park_that_does_not_exist_is_asked_once(tmp_path: Path) -> None:
    script = Script(status(404))
    with client_of(script, tmp_path) as client, pytest.raises(FeedRefused, match="HTTP 404"):
        client.queue_times(999)
    assert len(script.asked) == 1


def test_every_worker_waits_as_long_as_the_server_asks(tmp_path: Path) -> None:
    clock = StepClock()
    with client_of(Script(status(429, Retry_After="9"), ok), tmp_path, clock) as client:
        client.queue_times(6)
    assert clock.slept_seconds == 9


def test_a_wait_beyond_the_deadline_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_times, "REQUEST_DEADLINE_SECONDS", 5.0)
    clock, script = StepClock(), Script(status(429, Retry_After="3600"))
    with client_of(script, tmp_path, clock) as client, pytest.raises(FeedAway, match="HTTP 429"):
        client.queue_times(6)
    assert len(script.asked) == 1
    assert clock.slept_seconds == 0


def test_a_server_that_never_answers_is_left_after_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_times, "SOCKET_TIMEOUT_SECONDS", (0.1, 0.1))
    with client_of(lambda handler: handler.rfile.read(1), tmp_path) as client, pytest.raises(FeedError) as caught:  # type: ignore[arg-type]
        client.queue_times(6)
    assert caught.value.outcome is PollOutcome.TIMED_OUT


def test_a_body_that_drips_is_left_at_the_deadline(tmp_path: Path) -> None:
    clock = StepClock()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        clock.sleep(31)
        send(handler, BODY)

    with client_of(drip, tmp_path, clock) as client, pytest.raises(FeedError, match="too slowly") as caught:
        client.queue_times(6)
    assert caught.value.outcome is PollOutcome.TIMED_OUT


def test_a_body_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_times, "LARGEST_BODY_BYTES", 20)
    with client_of(ok, tmp_path) as client, pytest.raises(FeedRefused, match="over 20 bytes"):
        client.queue_times(6)


def test_an_unchanged_body_is_not_sent_twice(tmp_path: Path) -> None:
    script = Script(
        lambda handler: send(handler, BODY, ETag='"v1"'), lambda handler: send(handler, b"", 304, ETag='"v1"')
    )
    with client_of(script, tmp_path) as client:
        first, second = client.queue_times(6), client.queue_times(6)
    assert first == second
    assert script.asked[1]["If-None-Match"] == '"v1"'


def test_half_a_body_is_never_kept_for_the_next_time(tmp_path: Path) -> None:
    script = Script(half_a_body_that_claims_to_be_whole, ok)
    with client_of(script, tmp_path) as client:
        assert len(client.queue_times(6).readings) == 1
    assert script.asked[1]["If-None-Match"] is None


def test_a_folder_that_cannot_be_written_costs_only_the_cache(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    with client_of(tagged, tmp_path) as client:
        assert len(client.queue_times(6).readings) == 1
