"""Clocks for tests."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hallofshame.clock import FixedClock
from tests.factories import NOON


@dataclass
class StepClock:
    """Time passes only by sleeping."""

    slept_seconds: float = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.slept_seconds)

    def monotonic(self) -> float:
        return self.slept_seconds

    def sleep(self, seconds: float) -> None:
        self.slept_seconds += seconds


@dataclass(frozen=True)
class ImpatientClock(FixedClock):
    """Lengths are real, but nobody waits between two tries."""

    def sleep(self, seconds: float) -> None:
        pass
