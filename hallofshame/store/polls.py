"""The poll log and the readings that came with it. The caller owns the transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, func, insert, select, update

from hallofshame.model import Poll, PollOutcome, Reading, RideState
from hallofshame.store.schema import polls, readings

# A poll comes minutes after its slot, the key it lies by; a day between them is more than any job is late.
SLOT_WITHIN = timedelta(days=1)

StateAndWait = tuple[RideState, int | None]  # the wait in minutes

ROWS_AT_ONCE = 500  # of a day's 700,000 readings: objects that live longer cost more to look after than to read


class _Said(dict[tuple[str, int | None], StateAndWait]):
    """What readings say: one value for all that say the same."""

    def __missing__(self, stored: tuple[str, int | None]) -> StateAndWait:
        said = self[stored] = (RideState(stored[0]), stored[1])
        return said


def answered(conn: Connection, slot: datetime) -> set[int]:
    """The parks that have answered for a slot."""
    query = select(polls.c.park_id).where(polls.c.slot == slot, polls.c.outcome == PollOutcome.OK.value)
    return set(conn.execute(query).scalars())


def first_slots(conn: Connection) -> dict[int, datetime]:
    """The oldest slot that each park's log still holds."""
    query = select(polls.c.park_id, func.min(polls.c.slot)).group_by(polls.c.park_id)  # a step in the key a park
    return {row[0]: row[1] for row in conn.execute(query)}


def record(conn: Connection, poll: Poll, judged: Mapping[Reading, RideState]) -> bool:
    """Enter one poll with its readings, unless its park and slot have one already.

    An answer takes the place of a failure, never of an answer. Returns whether it was entered.
    """
    if not _claim(conn, poll):
        return False
    if judged:
        conn.execute(insert(readings), _rows(poll, judged))
    return True


def of_day(
    conn: Connection, park_id: int, since: datetime, before: datetime
) -> list[tuple[datetime, dict[int, StateAndWait]]]:
    """What a park's answers in a stretch of time said of each ride, as judged on arrival, in order.

    By the whole second each came in. Failed polls are none.
    """
    numbered = answers(park_id, since, before)
    snapshots: dict[datetime, dict[int, StateAndWait]] = {}
    by_number: dict[int, dict[int, StateAndWait]] = {}
    for number, polled_at in conn.execute(select(numbered.c.number, numbered.c.polled_at).order_by(numbered.c.number)):
        by_number[number] = snapshots.setdefault(polled_at.replace(microsecond=0), {})
    query = select(numbered.c.number, readings.c.ride_id, readings.c.state, readings.c.wait_minutes).join_from(
        numbered, readings, of_answer(park_id, numbered)
    )
    said = _Said()
    for rows in conn.execute(query).partitions(ROWS_AT_ONCE):
        for number, ride_id, state, wait_minutes in rows:
            by_number[number][ride_id] = said[state, wait_minutes]
    return list(snapshots.items())


def answers(park_id: int, since: datetime, before: datetime) -> CTE:
    """A park's successful polls in a stretch of time: number, slot and polled_at.

    The number is that of a poll in order of time. It takes the place of the slot beside each reading: to read a moment
    costs more than all the rest of its row.
    """
    number = func.row_number().over(order_by=(polls.c.polled_at, polls.c.slot)).label("number")
    return (
        select(number, polls.c.slot, polls.c.polled_at)
        .where(
            polls.c.park_id == park_id,
            polls.c.slot.between(since - SLOT_WITHIN, before + SLOT_WITHIN),
            polls.c.polled_at >= since,
            polls.c.polled_at < before,
            polls.c.outcome == PollOutcome.OK.value,
        )
        .cte("answers")
    )


def of_answer(park_id: int, numbered: CTE) -> ColumnElement[bool]:
    """What joins `answers` with their readings."""
    return (readings.c.park_id == park_id) & (readings.c.slot == numbered.c.slot)


def _claim(conn: Connection, poll: Poll) -> bool:
    is_ours = (polls.c.park_id == poll.park_id, polls.c.slot == poll.slot)
    before = conn.execute(select(polls.c.outcome).where(*is_ours).with_for_update()).scalar()
    values = asdict(poll) | {"outcome": poll.outcome.value}
    if before is None:
        conn.execute(insert(polls).values(values))
        return True
    if before != PollOutcome.OK.value and poll.outcome is PollOutcome.OK:
        conn.execute(update(polls).where(*is_ours).values(values))
        return True
    return False


def _rows(poll: Poll, judged: Mapping[Reading, RideState]) -> Sequence[dict[str, Any]]:
    return [
        {
            "park_id": poll.park_id,
            "slot": poll.slot,
            "ride_id": reading.ride_id,
            "is_open": reading.is_open,
            "wait_minutes": reading.wait_minutes,
            "last_updated": reading.last_updated,
            "state": state.value,
        }
        for reading, state in judged.items()
    ]
