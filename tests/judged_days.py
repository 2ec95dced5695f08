"""Park-days as their rows, for tests of what is made of them: consistent with each other, whatever the figures."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hallofshame.model import Park, RideState
from hallofshame.store import days, parks, rides
from hallofshame.store.days import DayRows
from hallofshame.store.engine import Connection
from tests import factories

WINDOW_S = 28_800


def enter_parks(conn: Connection, *entered: Park, rides_each: int = 5) -> None:
    """Parks with the rides 100·id + 1, + 2, …"""
    parks.record(conn, entered, factories.NOON)
    for park in entered:
        readings = [factories.reading(100 * park.park_id + number) for number in range(1, rides_each + 1)]
        rides.record(conn, park.park_id, dict.fromkeys(readings, RideState.OPEN), factories.NOON, {})


def store_day(
    conn: Connection, park_id: int, op_day: date, down_s: Mapping[int, int], *, is_final: bool = True, **facts: Any
) -> None:
    """A day of eight hours on which each of some rides, all of weight 2, was down that long, in one outage."""
    opened_at = datetime.combine(op_day, time(14), UTC)
    ride_rows = [_ride(ride_id, seconds) for ride_id, seconds in down_s.items()]
    hour = [{"hour": opened_at, "up_s": row["up_s"], "down_s": row["down_s"]} for row in ride_rows]
    waits = {"wait_readings": 10, "wait_minutes_sum": 200, "longest_wait_minutes": 30}
    sums = {
        "up_s": sum(row["up_s"] for row in ride_rows),
        "down_s": sum(down_s.values()),
        "weighted_down_s": 2 * sum(down_s.values()),
        "weighted_sched_s": 2 * WINDOW_S * len(down_s),
    }
    park_day = {
        "park_id": park_id,
        "op_day": op_day,
        "timezone": "America/New_York",
        "rules_version": 3,
        "is_final": is_final,
        "operated": True,
        "opened_at": opened_at,
        "closed_at": opened_at + timedelta(seconds=WINDOW_S),
        "open_edge_known": True,
        "close_edge_known": True,
        "snapshots": 144,
        "rides_open_any": len(down_s),
        "snapshots_in_window": 49,
        "window_s": WINDOW_S,
        "observed_s": WINDOW_S,
        "stop_s": 0,
        "rides_seen": len(down_s),
        "rides_opened": len(down_s),
        "rides_counted": len(down_s),
        "rides_closed_all_day": 0,
        **sums,
        "outages": sum(seconds > 0 for seconds in down_s.values()),
        "computed_at": opened_at,
    }
    days.replace(
        conn,
        DayRows(
            park_day | facts,
            ride_days=ride_rows,
            outages=[_outage(ride_id, opened_at, seconds) for ride_id, seconds in down_s.items() if seconds],
            ride_hours=[{"ride_id": row["ride_id"]} | part | waits for row, part in zip(ride_rows, hour, strict=True)],
            park_hours=[{"hour": opened_at} | sums],
        ),
    )


def _ride(ride_id: int, down_s: int) -> dict[str, Any]:
    return {
        "ride_id": ride_id,
        "weight": 2,
        "is_counted": True,
        "is_queue_ride": True,
        "is_usually_open": True,
        "is_closed_all_day": False,
        "up_s": WINDOW_S - down_s,
        "down_s": down_s,
        **dict.fromkeys(("pre_s", "early_s", "stop_s", "closed_s", "unobserved_s"), 0),
        "outages": int(down_s > 0),
        "longest_outage_s": down_s,
        "counted_up_s": WINDOW_S - down_s,
        "counted_down_s": down_s,
        "counted_outages": int(down_s > 0),
        "weighted_down_s": 2 * down_s,
        "weighted_sched_s": 2 * WINDOW_S,
        "wait_readings": 10,
        "wait_minutes_sum": 200,
        "longest_wait_minutes": 30,
        "waits_seen": True,
        "first_open_clock_s": 21_600,
        "last_open_clock_s": 50_400,
    }


def _outage(ride_id: int, began_at: datetime, down_s: int) -> dict[str, Any]:
    ended_at = began_at + timedelta(seconds=down_s)
    return {"ride_id": ride_id, "began_at": began_at, "ended_at": ended_at, "down_s": down_s, "has_reopened": True}
