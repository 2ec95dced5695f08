"""The simulated feed over HTTP, on 127.0.0.1 only.

    /parks.json  /parks/6/queue_times.json  /en-US/parks/6/queue_times.json

Before any of them `/at/2026-05-01T12:00:00Z` asks for that moment and `/quirk/html:6,429:8` for these quirks.
"""

import gzip
import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from sys import exception
from threading import Event, Thread
from typing import Any
from urllib.parse import unquote

from .quirks import PlacedQuirk, Quirk, distort, quirks_of, read_quirks
from .world import World

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_DRIP_BYTES, _DRIP_SECONDS = 16, 0.25  # a payload of 5 kB takes more than a minute


@dataclass(frozen=True)
class Settings:
    """What is served where a URL does not say otherwise. `at` None means now."""

    at: datetime | None = None
    quirks: frozenset[PlacedQuirk] = frozenset()
    latency_seconds: float = 0


def read_moment(text: str) -> datetime:
    """Read `2026-05-01T12:00:00Z`; ValueError for anything that is no moment, a time without a zone included."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} names no time zone")
    return moment


@contextmanager
def serve(world: World, port: int = 0, settings: Settings | None = None) -> Iterator[str]:
    """Serve until the block ends, and yield the base URL. Port 0 takes any free one."""
    with _Server(world, port, settings or Settings()) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    """Ends at once: a closing server hangs up on everybody, those it keeps waiting included."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, world: World, port: int, settings: Settings) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.world = world
        self.settings = settings
        self.closing = Event()
        self.refused: set[str] = set()
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        self.closing.set()
        for connection in self._connections.copy():
            with suppress(OSError):  # it hung up first
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(exception(), ConnectionError):  # a client that has had enough is no error
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the body is a second write and must not wait for the head to be acknowledged
    server: _Server

    def do_GET(self) -> None:
        self.server.closing.wait(self.server.settings.latency_seconds)
        try:
            self._answer(unquote(self.path).strip("/").split("/"), self.server.settings)
        except ValueError as error:
            self._send_page(HTTPStatus.BAD_REQUEST, str(error))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it so
        """Stay silent: a replayed month is half a million requests."""

    def _answer(self, path: list[str], settings: Settings) -> None:
        match path:
            case ["at", moment, *rest]:
                self._answer(rest, replace(settings, at=read_moment(moment)))
            case ["quirk", quirks, *rest]:
                self._answer(rest, replace(settings, quirks=settings.quirks | read_quirks(quirks)))
            case ["en-US", *rest]:
                self._answer(rest, settings)
            case ["parks.json"]:
                self._answer_parks(settings)
            case ["parks", park_id, "queue_times.json"] if int(park_id) in self.server.world.parks:
                self._answer_park(int(park_id), settings)
            case _:
                self._send_page(HTTPStatus.NOT_FOUND, "The page you were looking for doesn't exist.")

    def _answer_parks(self, settings: Settings) -> None:
        quirks = quirks_of(settings.quirks, None)
        parks = [] if Quirk.PARKS_EMPTY in quirks else self.server.world.parks_json()
        self._answer_with(parks, quirks)

    def _answer_park(self, park_id: int, settings: Settings) -> None:
        park = self.server.world.parks[park_id]
        moment = settings.at or datetime.now(UTC)
        quirks = quirks_of(settings.quirks, park_id)
        payload = distort(self.server.world.payload(park_id, moment), quirks, park, moment)
        self._answer_with(payload, quirks)

    def _answer_with(self, data: Any, quirks: list[Quirk]) -> None:
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        send = next((_FAULTS[quirk] for quirk in quirks if quirk in _FAULTS), _Handler.send_json)
        send(self, body)

    def _send_page(self, status: HTTPStatus, text: str, headers: dict[str, str] | None = None) -> None:
        page = f"<!DOCTYPE html><title>{status.phrase}</title><p>{escape(text)}</p>".encode()
        self._send(status, page, {"Content-Type": "text/html; charset=utf-8"} | (headers or {}))

    def _send(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self._send_head(status, len(body), headers)
        self.wfile.write(body)

    def _send_head(self, status: HTTPStatus, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    # The ways to answer. Each is given the body that a sound feed would send.

    def send_json(self, body: bytes) -> None:
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "max-age=0, private, must-revalidate", "Vary": "Accept-Encoding"}
        if etag in self.headers.get("If-None-Match", ""):
            self._send(HTTPStatus.NOT_MODIFIED, b"", headers)
            return
        headers |= _JSON
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, compresslevel=5, mtime=0)
            headers["Content-Encoding"] = "gzip"
        self._send(HTTPStatus.OK, body, headers)

    def send_html(self, _body: bytes) -> None:
        self._send_page(HTTPStatus.OK, "Just a moment …")

    def send_nothing(self, _body: bytes) -> None:
        self._send(HTTPStatus.OK, b"", _JSON)

    def fail(self, _body: bytes) -> None:
        self._send_page(HTTPStatus.INTERNAL_SERVER_ERROR, "We're sorry, but something went wrong.")

    def refuse(self, _body: bytes) -> None:
        self._send_page(HTTPStatus.TOO_MANY_REQUESTS, "Retry later", {"Retry-After": "1"})

    def refuse_once(self, body: bytes) -> None:
        if self.path in self.server.refused:
            self.send_json(body)
        else:
            self.server.refused.add(self.path)
            self.refuse(body)

    def send_half(self, body: bytes) -> None:
        self._send_head(HTTPStatus.OK, len(body), _JSON)
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True

    def drip(self, body: bytes) -> None:
        self._send_head(HTTPStatus.OK, len(body), _JSON)
        for start in range(0, len(body), _DRIP_BYTES):
            self.wfile.write(body[start : start + _DRIP_BYTES])
            self.server.closing.wait(_DRIP_SECONDS)

    def hang(self, _body: bytes) -> None:
        """Say nothing until the client goes or the server ends."""
        while self.connection.recv(4_096):
            pass
        self.close_connection = True


_FAULTS: dict[Quirk, Callable[[_Handler, bytes], None]] = {
    Quirk.HTML: _Handler.send_html,
    Quirk.EMPTY: _Handler.send_nothing,
    Quirk.HALF_BODY: _Handler.send_half,
    Quirk.SLOW_DRIP: _Handler.drip,
    Quirk.HANG: _Handler.hang,
    Quirk.ERROR_500: _Handler.fail,
    Quirk.TOO_MANY_REQUESTS: _Handler.refuse,
    Quirk.TOO_MANY_REQUESTS_ONCE: _Handler.refuse_once,
    Quirk.PARKS_HTML: _Handler.send_html,
    Quirk.PARKS_500: _Handler.fail,
    Quirk.PARKS_HANG: _Handler.hang,
}
