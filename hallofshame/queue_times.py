"""The client of Queue-Times.com: polite, bounded, and clear about what came.

A few tries a request within one deadline, one limiter for all workers, conditional requests. What
the body holds is read by `feed`.
"""

import json
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import requests

from hallofshame import feed
from hallofshame.clock import Clock
from hallofshame.errors import HallOfShameError, Permanent, Transient
from hallofshame.last_bodies import LastBodies
from hallofshame.limiter import Limiter
from hallofshame.model import Issue, Park, Payload, PollOutcome
from hallofshame.retrying import retrying

ATTEMPTS = 3
REQUEST_DEADLINE_SECONDS = 30.0  # for one body with all its tries; a park's body comes in well under a second
SOCKET_TIMEOUT_SECONDS = (3.05, 10.0)  # to connect (just over one TCP retransmission), and between two bytes
LARGEST_BODY_BYTES = 5_000_000  # measured: the largest are 12 KB, parks.json 31 KB
LONGEST_RETRY_AFTER_SECONDS = 20.0  # a longer wait is left to the next cycle

T = TypeVar("T")


class FeedError(HallOfShameError):
    """No usable answer came; `outcome` and `http_status` (None before a status line) go into the poll log."""

    def __init__(
        self,
        message: str,
        outcome: PollOutcome,
        http_status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.http_status = http_status
        self.retry_after_seconds = retry_after_seconds


class FeedAway(FeedError, Transient):
    """Another try may succeed."""


class FeedRefused(FeedError, Permanent):
    """Another try would get the same."""


class QueueTimes:
    """Fetch the list of parks and each park's rides. One instance serves several threads."""

    def __init__(self, base_url: str, our_url: str, limiter: Limiter, clock: Clock, bodies_folder: Path) -> None:
        self._base_url = base_url
        self._user_agent = f"hallofshame/{version('hallofshame')} (+{our_url})"
        self._limiter = limiter
        self._clock = clock
        self._last = LastBodies(bodies_folder)
        self._local = threading.local()

    def parks(self) -> tuple[list[Park], list[Issue]]:
        """Fetch parks.json. Raises FeedAway or FeedRefused."""
        return self._fetch("/parks.json", feed.parse_parks)

    def queue_times(self, park_id: int) -> Payload:
        """Fetch one park's rides. Raises FeedAway or FeedRefused."""
        return self._fetch(f"/parks/{park_id}/queue_times.json", feed.parse_queue_times)

    def _fetch(self, path: str, parse: Callable[[object], T]) -> T:
        give_up_at = self._clock.monotonic() + REQUEST_DEADLINE_SECONDS
        tries = retrying(self._clock, attempts=ATTEMPTS, deadline_seconds=REQUEST_DEADLINE_SECONDS)
        answer: T = tries(self._try, self._base_url + path, parse, give_up_at)
        return answer

    def _try(self, url: str, parse: Callable[[object], T], give_up_at: float) -> T:
        self._limiter.wait()
        conditions, last_body = self._last.find(url)
        try:
            with self._session().get(url, headers=conditions, stream=True, timeout=SOCKET_TIMEOUT_SECONDS) as response:
                if response.status_code == requests.codes.not_modified:
                    return _parsed(url, last_body, parse)
                self._refuse_bad_status(response)
                body = self._body(response, give_up_at)
        except requests.Timeout as error:
            raise FeedAway(f"{url}: timed out ({_reason(error)})", PollOutcome.TIMED_OUT) from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise FeedAway(f"{url}: the answer broke off ({_reason(error)})", PollOutcome.BAD_BODY) from error
        except requests.RequestException as error:
            raise FeedAway(f"{url}: no answer ({_reason(error)})", PollOutcome.UNREACHABLE) from error
        parsed = _parsed(url, body, parse)
        self._last.keep(url, response.headers, body)
        return parsed

    def _refuse_bad_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status == requests.codes.ok:
            return
        message = f"{response.url}: HTTP {status}"
        if status != requests.codes.too_many_requests and status < requests.codes.internal_server_error:
            raise FeedRefused(message, PollOutcome.HTTP_ERROR, status)
        seconds = _retry_after_seconds(response)
        if seconds is not None:
            self._limiter.pause(seconds)
        raise FeedAway(message, PollOutcome.HTTP_ERROR, status, seconds)

    def _body(self, response: requests.Response, give_up_at: float) -> bytes:
        """Read the body within the deadline, even if it comes one byte at a time."""
        body = bytearray()
        for chunk in response.iter_content(65_536):
            body += chunk
            if len(body) > LARGEST_BODY_BYTES:
                raise FeedRefused(f"{response.url}: over {LARGEST_BODY_BYTES} bytes", PollOutcome.BAD_BODY, 200)
            if self._clock.monotonic() > give_up_at:
                raise FeedAway(f"{response.url}: the body came too slowly", PollOutcome.TIMED_OUT, 200)
        return bytes(body)

    def _session(self) -> requests.Session:
        """One session a thread: requests does not promise that they can be shared."""
        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.headers["User-Agent"] = self._user_agent
            self._local.session = session
        session_of_thread: requests.Session = self._local.session
        return session_of_thread


def _parsed(url: str, body: bytes, parse: Callable[[object], T]) -> T:
    try:
        return parse(_decoded(body))
    except Permanent as error:
        raise FeedAway(f"{url}: {error}", PollOutcome.BAD_BODY, 200) from None


def _decoded(body: bytes) -> Any:
    if not body.strip():
        raise Permanent("the body is empty")
    try:
        return json.loads(body)
    except ValueError:
        start = body[:40].decode("utf8", "replace")
        raise Permanent(f"not JSON, starts with {start!r}") from None


def _retry_after_seconds(response: requests.Response) -> float | None:
    """Read Retry-After in seconds, the form servers use; a date or nothing leaves the wait to us."""
    try:
        seconds = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _reason(error: Exception) -> str:
    """The innermost cause, on one line and without addresses of objects."""
    cause: BaseException = error
    while cause.args and isinstance(cause.args[-1], BaseException):
        cause = cause.args[-1]
    reason = getattr(cause, "reason", None)
    return " ".join(str(reason or cause).split(">:")[-1].split())[:200]
