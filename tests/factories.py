"""Values with defaults, so that a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hallofshame.model import Park, Payload, Poll, PollOutcome, Reading, Run, RunState

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def park(park_id: int = 6, **facts: Any) -> Park:
    defaults: dict[str, Any] = {
        "name": f"Park {park_id}",
        "operator_id": 2,
        "operator": "Operator",
        "country": "United States",
        "continent": "North America",
        "latitude": 28.417663,
        "longitude": -81.581212,
        "timezone": "America/New_York",
    }
    return Park(park_id=park_id, **defaults | facts)


def reading(ride_id: int = 1, **facts: Any) -> Reading:
    defaults: dict[str, Any] = {
        "name": f"Ride {ride_id}",
        "is_open": True,
        "wait_minutes": 20,
        "last_updated": NOON - timedelta(minutes=4),
        "land": None,
    }
    return Reading(ride_id=ride_id, **defaults | facts)


def payload(*readings: Reading) -> Payload:
    return Payload(readings)


def poll(park_id: int = 6, slot: datetime = NOON, **facts: Any) -> Poll:
    defaults: dict[str, Any] = {
        "polled_at": slot,
        "outcome": PollOutcome.OK,
        "http_status": 200,
        "duration_milliseconds": 12,
    }
    return Poll(park_id=park_id, slot=slot, **defaults | facts)


def run(run_id: str = "0192f3a4-7c1e-7000-8000-000000000001", **facts: Any) -> Run:
    defaults: dict[str, Any] = {
        "job": "collect",
        "state": RunState.SUCCEEDED,
        "host": "web-1",
        "boot_id": "11111111-2222-3333-4444-555555555555",
        "pid": 4242,
        "argv": ("hos-collect",),
        "scheduled_at": NOON,
        "started_at": NOON + timedelta(seconds=1),
    }
    return Run(run_id=run_id, **defaults | facts)
