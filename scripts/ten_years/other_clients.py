"""Clients that mean no good, or know no better: headers that never end, and addresses far too long.

And one that means well: it comes anew each half second, and tells how long others let it wait.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_A_BYTE_EVERY_SECONDS = 1.0
_LONG_QUERIES = (8_000, 100_000)  # within what the web server takes, and beyond it
_TIMEOUT_SECONDS = 10
_NEWCOMER_EVERY_SECONDS = 0.5


@contextmanager
def beside(port: int, *, slow: int, huge: int) -> Iterator[Counter[str]]:
    """So many clients of each kind ask while the context lasts. Yields what the huge ones are answered, counted."""
    over, answered = threading.Event(), Counter[str]()
    threads = [threading.Thread(target=_send_slowly, args=(port, over)) for _ in range(slow)]
    threads += [threading.Thread(target=_ask_hugely, args=(port, over, answered)) for _ in range(huge)]
    for thread in threads:
        thread.start()
    try:
        yield answered
    finally:
        over.set()
        for thread in threads:
            thread.join()


@contextmanager
def newcomers(port: int, path: str) -> Iterator[list[float]]:
    """Seconds until each new connection has the first bytes of its answer; what is cut off waited until then."""
    over, waited = threading.Event(), list[float]()
    thread = threading.Thread(target=_come_anew, args=(port, path, over, waited))
    thread.start()
    try:
        yield waited
    finally:
        over.set()
        thread.join()


def _come_anew(port: int, path: str, over: threading.Event, waited: list[float]) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode()
    while not over.wait(_NEWCOMER_EVERY_SECONDS):
        started = time.perf_counter()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as client:
            client.sendall(request)
            client.recv(1)
        waited.append(time.perf_counter() - started)


def _send_slowly(port: int, over: threading.Event) -> None:
    """A byte of a header a second; again from the start when the server hangs up."""
    while not over.is_set():
        try:
            with socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as client:
                client.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: bench\r\nX-Slow: ")
                while not over.wait(_A_BYTE_EVERY_SECONDS):
                    client.sendall(b"x")
        except OSError:
            over.wait(_A_BYTE_EVERY_SECONDS)


def _ask_hugely(port: int, over: threading.Event, answered: Counter[str]) -> None:
    for number in range(1_000_000):
        query = b"x" * _LONG_QUERIES[number % len(_LONG_QUERIES)]
        try:
            with socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as client:
                client.sendall(
                    b"GET /api/v1/live?q=" + query + b" HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
                )
                answered[client.recv(64)[9:12].decode(errors="replace") or "none"] += 1
        except OSError:
            answered["none"] += 1
        if over.wait(_A_BYTE_EVERY_SECONDS):
            return
