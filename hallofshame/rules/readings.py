"""What is kept of a payload: one reading a ride, implausible waits dropped, everything odd said."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from hallofshame.model import Issue, Payload, Reading
from hallofshame.rules.status import is_plausible_wait

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def clean(payload: Payload) -> Payload:
    """Keep the best reading of each ride (domain page, Q18), null an impossible wait (Q14), and tell what was odd."""
    best: dict[int, Reading] = {}
    for reading in payload.readings:
        other = best.get(reading.ride_id)
        if other is None or _preference(reading) > _preference(other):
            best[reading.ride_id] = reading
    kept = best.values()
    return Payload(tuple(_with_plausible_wait(reading) for reading in kept), payload.issues + _issues(payload, kept))


def _preference(reading: Reading) -> tuple[datetime, bool, int]:
    """Of two lines for one ride: the newer, then the open one, then the one with the longer wait (Q18)."""
    wait_minutes = reading.wait_minutes or 0
    return (reading.last_updated or _LONG_AGO, reading.is_open or wait_minutes > 0, wait_minutes)


def _with_plausible_wait(reading: Reading) -> Reading:
    if reading.wait_minutes is None or is_plausible_wait(reading.wait_minutes):
        return reading
    return replace(reading, wait_minutes=None)


def _issues(payload: Payload, kept: Iterable[Reading]) -> tuple[Issue, ...]:
    times = Counter(reading.ride_id for reading in payload.readings)
    found = [issue for reading in kept for issue in _oddities(reading)]
    found += [
        Issue("ride_twice", f"ride:{reading.ride_id}", f"{reading.name!r} stood {count} times in one payload")
        for reading in kept
        if (count := times[reading.ride_id]) > 1
    ]
    return tuple(found)


def _oddities(reading: Reading) -> list[Issue]:
    subject, wait_minutes = f"ride:{reading.ride_id}", reading.wait_minutes
    found = []
    if wait_minutes is not None and not is_plausible_wait(wait_minutes):
        found.append(Issue("implausible_wait", subject, f"{reading.name!r} reported a wait of {wait_minutes} minutes"))
    elif not reading.is_open and (wait_minutes or 0) > 0:
        found.append(Issue("closed_with_wait", subject, f"{reading.name!r} closed, with {wait_minutes} minutes wait"))
    if reading.last_updated is None:
        found.append(Issue("no_last_updated", subject, f"{reading.name!r} has no last_updated; counted as fresh"))
    return found
