"""A few drawn days of each park, in tables beside the real ones, from which the database makes ten years.

What hours, rides and parks come to is summed by the database itself, so that all of it adds up. On the last of its
drawn days a park stays closed.
"""

# ruff: noqa: S608 - statements made of names of the schema

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import MetaData, Table, insert, text

from hallofshame.rules import calendar
from hallofshame.store.engine import Connection
from hallofshame.store.schema import outages, park_days, park_hours, ride_days, ride_hours

from .parks import PlacedPark, PlacedRide

FIRST = date(2000, 1, 3)
TABLES = (park_days, ride_days, outages, ride_hours, park_hours)

_OPENS, _SHORTEST_HOURS, _LONGEST_HOURS = time(10), 8, 13
_HOUR_S = 3_600
_UNOBSERVED_S = (0, 0, 0, 600, 1_200)  # at the end of a park's day
_LATE_S = (0, 0, 0, 900, 2_700)  # at the beginning of a ride's
_SHORTEST_OUTAGE_S, _LONGEST_OUTAGE_S = 600, 10_000  # the longest fits into half of the shortest day
_NEVER_OPENS_SHARE = 0.03

_HOURS = f"""
    INSERT INTO drawn_ride_hours
        (park_id, op_day, ride_id, hour, up_s, down_s, wait_readings, wait_minutes_sum, longest_wait_minutes)
    SELECT park_id, op_day, ride_id, hour, seen_s - down_s, down_s, (seen_s - down_s) DIV 600,
        (seen_s - down_s) DIV 600 * wait_minutes, IF(seen_s - down_s >= 600, wait_minutes, NULL)
    FROM (
        SELECT park_id, op_day, ride_id, opened_at + INTERVAL seq HOUR AS hour,
            GREATEST(0,
                LEAST({_HOUR_S} * (seq + 1), window_s - unobserved_s) - GREATEST({_HOUR_S} * seq, pre_s)) AS seen_s,
            COALESCE(SUM(GREATEST(0,
                LEAST({_HOUR_S} * (seq + 1), TIMESTAMPDIFF(SECOND, opened_at, ended_at))
                - GREATEST({_HOUR_S} * seq, TIMESTAMPDIFF(SECOND, opened_at, began_at)))), 0) AS down_s,
            5 + ride_id MOD 37 + 7 * (seq MOD 4) + DAYOFMONTH(op_day) AS wait_minutes
        FROM drawn_ride_days JOIN drawn_park_days USING (park_id, op_day)
        JOIN seq_0_to_{_LONGEST_HOURS} ON {_HOUR_S} * seq < window_s
        LEFT JOIN (SELECT park_id, op_day, ride_id, began_at, ended_at FROM drawn_outages) AS broken
            USING (park_id, op_day, ride_id)
        WHERE is_counted GROUP BY park_id, op_day, ride_id, seq
    ) AS hours WHERE seen_s > 0
"""
_WAITS = """
    UPDATE drawn_ride_days AS ride JOIN (
        SELECT park_id, op_day, ride_id, SUM(wait_readings) AS readings, SUM(wait_minutes_sum) AS minutes,
            MAX(longest_wait_minutes) AS longest
        FROM drawn_ride_hours GROUP BY park_id, op_day, ride_id
    ) AS hours USING (park_id, op_day, ride_id)
    SET wait_readings = readings, wait_minutes_sum = minutes, longest_wait_minutes = longest
"""
_PARK_HOURS = """
    INSERT INTO drawn_park_hours (park_id, op_day, hour, up_s, down_s, weighted_down_s, weighted_sched_s)
    SELECT park_id, op_day, hour, SUM(hours.up_s), SUM(hours.down_s), SUM(weight * hours.down_s),
        SUM(weight * (hours.up_s + hours.down_s))
    FROM drawn_ride_hours AS hours JOIN drawn_ride_days USING (park_id, op_day, ride_id)
    GROUP BY park_id, op_day, hour
"""
_PARK_DAYS = """
    UPDATE drawn_park_days AS park JOIN (
        SELECT park_id, op_day, COUNT(*) AS seen, SUM(is_counted) AS counted, SUM(is_closed_all_day) AS closed,
            SUM(counted_up_s) AS up, SUM(counted_down_s) AS down, SUM(counted_outages) AS broken,
            SUM(weighted_down_s) AS weighted_down, SUM(weighted_sched_s) AS weighted_sched
        FROM drawn_ride_days GROUP BY park_id, op_day
    ) AS rides USING (park_id, op_day)
    SET rides_seen = seen, rides_counted = counted, rides_closed_all_day = closed, rides_opened = seen - closed,
        rides_open_any = seen - closed, peak_rides_open = seen - closed, park.up_s = up, park.down_s = down,
        outages = broken, park.weighted_down_s = weighted_down, park.weighted_sched_s = weighted_sched
"""


@dataclass(frozen=True, slots=True)
class _Window:
    """When a park is open on a drawn day; on one it stays closed it is 0 seconds long."""

    park: PlacedPark
    op_day: date
    opened_at: datetime
    length_s: int
    unobserved_s: int

    @property
    def key(self) -> dict[str, Any]:
        return {"park_id": self.park.park.park_id, "op_day": self.op_day}


def drawn(table: Table) -> str:
    """What the table of drawn rows is called."""
    return f"drawn_{table.name}"


def draw(conn: Connection, placed: Sequence[PlacedPark], open_days: int) -> None:
    """Make and fill the tables of drawn rows: so many days each park is open, and one it is not."""
    for table in TABLES:
        conn.execute(text(f"CREATE TABLE {drawn(table)} LIKE {table.name}"))
    windows = [window for park in placed for window in _windows(park, open_days)]
    rides_drawn = [_ride_day(window, ride) for window in windows if window.length_s for ride in window.park.rides]
    _insert(conn, park_days, [_park_day(window) for window in windows])
    _insert(conn, ride_days, [row for row, _ in rides_drawn])
    _insert(conn, outages, [row for _, rows in rides_drawn for row in rows])
    for statement in (_HOURS, _WAITS, _PARK_HOURS, _PARK_DAYS):
        conn.execute(text(statement))


def forget(conn: Connection) -> None:
    """Drop the tables of drawn rows."""
    for table in TABLES:
        conn.execute(text(f"DROP TABLE {drawn(table)}"))


def _insert(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    conn.execute(insert(table.to_metadata(MetaData(), name=drawn(table))), rows)


def _windows(park: PlacedPark, open_days: int) -> Iterator[_Window]:
    draws = _draws(park.park.park_id)
    for number in range(open_days + 1):
        op_day = FIRST + timedelta(days=number)
        opened_at = datetime.combine(op_day, _OPENS, calendar.zone(park.park.timezone)).astimezone(UTC)
        length_s = draws.randint(_SHORTEST_HOURS, _LONGEST_HOURS) * _HOUR_S if number < open_days else 0
        yield _Window(park, op_day, opened_at, length_s, draws.choice(_UNOBSERVED_S) if length_s else 0)


def _park_day(window: _Window) -> dict[str, Any]:
    is_open = window.length_s > 0
    closed_at = window.opened_at + timedelta(seconds=window.length_s)
    return window.key | {
        "timezone": window.park.park.timezone,
        "rules_version": 3,
        "is_final": True,
        "operated": is_open,
        "opened_at": window.opened_at if is_open else None,
        "closed_at": closed_at if is_open else None,
        "open_edge_known": is_open,
        "close_edge_known": is_open,
        "snapshots": 144,
        "snapshots_in_window": window.length_s // 600,
        "window_s": window.length_s,
        "observed_s": window.length_s - window.unobserved_s,
        **dict.fromkeys(("rides_open_any", "stop_s", "rides_seen", "rides_opened", "rides_counted"), 0),
        **dict.fromkeys(
            ("rides_closed_all_day", "up_s", "down_s", "weighted_down_s", "weighted_sched_s", "outages"), 0
        ),
        "peak_rides_open": None,
        "last_active_at": closed_at if is_open else None,
        "computed_at": closed_at,
    }


def _ride_day(window: _Window, ride: PlacedRide) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A ride's day without its waits, which its hours tell, and its outages."""
    draws = _draws(100 * ride.ride_id + (window.op_day - FIRST).days)
    opens = draws.random() > _NEVER_OPENS_SHARE
    seen_s = window.length_s - window.unobserved_s
    pre_s = draws.choice(_LATE_S) if opens else 0
    spans = [*_outages(draws, ride, pre_s, seen_s)] if opens else []
    down_s = sum(length_s for _, length_s in spans)
    up_s = seen_s - pre_s - down_s if opens else 0
    row = window.key | _ride_facts(ride, opens=opens)
    row |= {
        "up_s": up_s,
        "down_s": down_s,
        "pre_s": pre_s,
        "early_s": 0,
        "stop_s": 0,
        "closed_s": 0 if opens else seen_s,
        "unobserved_s": window.unobserved_s,
        "outages": len(spans),
        "longest_outage_s": max((length_s for _, length_s in spans), default=0),
        "counted_up_s": up_s * row["is_counted"],
        "counted_down_s": down_s * row["is_counted"],
        "counted_outages": len(spans) * row["is_counted"],
        "weighted_down_s": ride.verdict.weight * down_s * row["is_counted"],
        "weighted_sched_s": ride.verdict.weight * (up_s + down_s) * row["is_counted"],
    }
    return row, [_outage(window, ride, *span) for span in spans]


def _ride_facts(ride: PlacedRide, *, opens: bool) -> dict[str, Any]:
    is_counted = opens and ride.verdict.may_count
    return {
        "ride_id": ride.ride_id,
        "weight": ride.verdict.weight,
        "is_counted": is_counted,
        "is_queue_ride": is_counted,
        "is_usually_open": True,
        "is_closed_all_day": not opens,
        "wait_readings": 0,
        "wait_minutes_sum": 0,
        "longest_wait_minutes": None,
        "waits_seen": is_counted,
        "first_open_clock_s": 21_600,
        "last_open_clock_s": 50_400,
        "usual_closing_clock_s": None,
    }


def _outages(draws: Random, ride: PlacedRide, pre_s: int, seen_s: int) -> Iterator[tuple[int, int]]:
    """When in the window each began, and its length: at most one in each half of the day, with some rides far more."""
    is_prone_to = 0.7 * _draws(ride.ride_id).random() ** 2
    middle_s = (pre_s + seen_s) // 2
    for from_s, until_s in ((pre_s, middle_s), (middle_s, seen_s)):
        if draws.random() < is_prone_to:
            length_s = draws.randint(_SHORTEST_OUTAGE_S, _LONGEST_OUTAGE_S)
            yield draws.randint(from_s, until_s - length_s), length_s


def _outage(window: _Window, ride: PlacedRide, began_s: int, length_s: int) -> dict[str, Any]:
    began_at = window.opened_at + timedelta(seconds=began_s)
    ended_at = began_at + timedelta(seconds=length_s)
    when = {"began_at": began_at, "ended_at": ended_at, "down_s": length_s, "has_reopened": True}
    return window.key | {"ride_id": ride.ride_id} | when


def _draws(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - to be repeatable, not secret
