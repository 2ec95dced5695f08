"""The bodies that were served last, by request: to be served again, and while the database is away, too.

Bounded in bytes, so that no client can make it grow: what was asked for longest ago leaves first.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Self

MOST_BYTES = 32_000_000  # per worker; an answer has 1 to 100 kB
OVERHEAD_BYTES = 1_000  # of an entry beside its body

_MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Token:
    """What a body holds for: a version of the data, in one minute since the epoch."""

    version: Hashable
    minute: int

    @classmethod
    def of(cls, version: Hashable, now: datetime) -> Self:
        return cls(version, int(now.timestamp()) // _MINUTE_SECONDS)


@dataclass(frozen=True, slots=True)
class Kept:
    """A body, and what it holds for."""

    token: Token
    body: bytes
    mimetype: str
    etag: str


class ResponseCache:
    """What was served, the newest use last."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = Lock()
        self._renewing = Lock()

    def get(self, request: Hashable) -> Kept | None:
        """What was served to this request last, whether or not it still holds."""
        with self._lock:
            kept = self._kept.get(request)
            if kept:
                self._kept.move_to_end(request)
            return kept

    def renewed(self, request: Hashable, kept: Kept | None, token: Token, make: Callable[[], Kept]) -> Kept:
        """Make a body anew and keep it.

        One thread at a time renews what is at most a minute old: meanwhile the others serve it as it was, or all
        readers would wait whenever the version steps.
        """
        if kept is None or token.minute - kept.token.minute > 1:
            return self.put(request, make())
        if not self._renewing.acquire(blocking=False):
            return kept
        try:
            return self.put(request, make())
        finally:
            self._renewing.release()

    def put(self, request: Hashable, kept: Kept) -> Kept:
        """Keep a body in the place of what was served before. Returns it."""
        with self._lock:
            before = self._kept.pop(request, None)
            self._bytes += _size(kept) - (_size(before) if before else 0)
            self._kept[request] = kept
            while self._bytes > self._most_bytes:
                self._bytes -= _size(self._kept.popitem(last=False)[1])
        return kept


def _size(kept: Kept) -> int:
    return len(kept.body) + OVERHEAD_BYTES
