"""What one successful poll says about a park's rides, judged: the input of a park-day. Nothing is decided here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hallofshame.model import Reading, RideState
from hallofshame.rules import status

StateAndWait = tuple[RideState, int | None]  # the wait in minutes; None where none was reported or it was discarded


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One successful poll, at a whole epoch second: what it says of each ride, by ride id.

    Single-rider rows are left out; a ride that is not in the payload is not in `rides`. A poll without rides is a poll.
    """

    polled_at_s: int
    rides: Mapping[int, StateAndWait]


def take(readings: Iterable[Reading], polled_at: datetime) -> Snapshot:
    """Judge one payload's readings and leave out the single-rider rows. `polled_at` counts to the whole second."""
    to_the_second = polled_at.replace(microsecond=0)
    return Snapshot(
        int(to_the_second.timestamp()),
        {
            reading.ride_id: (status.judge(reading, to_the_second), reading.wait_minutes)
            for reading in readings
            if not status.is_single_rider(reading.name)
        },
    )
