"""The only module that asks for the time. Everything else is handed a clock or a `now`."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What a job knows of time: the moment (aware, UTC), lengths (seconds), and how to wait."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class FixedClock(SystemClock):
    """A moment that stands still (`--at`), while lengths and waiting stay real."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def parse_utc(text: str) -> datetime:
    """Read an ISO 8601 moment with its offset as aware UTC. Raises ValueError, saying what is expected."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{text!r} is not a moment with an offset, such as 2026-05-01T12:00:00Z")
    return moment.astimezone(UTC)


def to_iso(moment: datetime) -> str:
    """Write an aware moment as ISO 8601 UTC with a `Z`, to the second, or finer only where it is finer."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
