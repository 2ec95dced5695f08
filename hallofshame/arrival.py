"""How a poll enters the store, whoever brings it: cleaned and judged on arrival, then written once, with its rides."""

from collections.abc import Mapping
from dataclasses import dataclass

from hallofshame.model import Issue, Payload, Poll, Reading, RideState
from hallofshame.rules import status
from hallofshame.rules.readings import clean
from hallofshame.store import polls, rides
from hallofshame.store.engine import Connection
from hallofshame.store.rides import KnownRide


@dataclass(frozen=True, slots=True)
class Arrival:
    """A poll with its readings as they were judged, and what was odd about them."""

    poll: Poll
    judged: Mapping[Reading, RideState]
    issues: tuple[Issue, ...]


def judge(poll: Poll, payload: Payload) -> Arrival:
    """Keep what can be kept of a payload, and judge each reading by the moment of its poll."""
    kept = clean(payload)
    judged = {reading: status.judge(reading, poll.polled_at) for reading in kept.readings}
    return Arrival(poll, judged, kept.issues)


def enter(conn: Connection, arrival: Arrival, before: Mapping[int, KnownRide]) -> bool:
    """Enter a poll and how its rides stand, unless its park and slot have one. Returns whether it was entered.

    The issues are the caller's to tell. `before`: see `store.rides.record`.
    """
    if not polls.record(conn, arrival.poll, arrival.judged):
        return False
    rides.record(conn, arrival.poll.park_id, arrival.judged, arrival.poll.polled_at, before)
    return True
