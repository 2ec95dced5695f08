"""One poll, judged."""

from datetime import timedelta

import pytest

from hallofshame.model import RideState
from hallofshame.rules import snapshot
from tests.factories import NOON, reading

pytestmark = pytest.mark.unit


def test_a_poll_keeps_state_and_wait_of_each_ride_and_drops_second_queues() -> None:
    taken = snapshot.take(
        [
            reading(1),
            reading(2, is_open=False, wait_minutes=0),
            reading(3, last_updated=NOON - timedelta(days=2)),
            reading(4, name="Coaster Single Rider"),
        ],
        NOON,
    )
    assert taken.polled_at_s == NOON.timestamp()
    assert taken.rides == {1: (RideState.OPEN, 20), 2: (RideState.CLOSED, 0), 3: (RideState.UNKNOWN, 20)}


def test_a_poll_counts_to_the_whole_second() -> None:
    taken = snapshot.take(
        [reading(1, last_updated=NOON - timedelta(seconds=1_800))], NOON + timedelta(milliseconds=900)
    )
    assert taken.polled_at_s == NOON.timestamp()
    assert taken.rides[1][0] is RideState.OPEN
