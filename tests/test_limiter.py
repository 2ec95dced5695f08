"""The limiter: evenly spaced over all workers, silent while told to wait."""

import pytest

from hallofshame.limiter import Limiter
from tests.clocks import StepClock

pytestmark = pytest.mark.unit


def test_requests_start_evenly_spaced() -> None:
    clock = StepClock()
    limiter = Limiter(2, clock)
    starts = []
    for _ in range(4):
        limiter.wait()
        starts.append(clock.monotonic())
    assert starts == [0, 0.5, 1.0, 1.5]


def test_time_that_passed_is_not_saved_up() -> None:
    clock = StepClock()
    limiter = Limiter(2, clock)
    clock.sleep(60)
    limiter.wait()
    limiter.wait()
    assert clock.monotonic() == 60.5


def test_nobody_starts_during_a_pause() -> None:
    clock = StepClock()
    limiter = Limiter(0, clock)
    limiter.wait()
    limiter.pause(7)
    limiter.wait()
    limiter.wait()
    assert clock.monotonic() == 7
