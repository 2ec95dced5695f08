"""The poll log and the readings that came with it. The caller owns the transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hallofshame.model import Poll, PollOutcome, Reading, RideState
from hallofshame.store.schema import polls, readings


def answered(conn: Connection, slot: datetime) -> set[int]:
    """The parks that have answered for a slot."""
    query = select(polls.c.park_id).where(polls.c.slot == slot, polls.c.outcome == PollOutcome.OK.value)
    return set(conn.execute(query).scalars())


def record(conn: Connection, poll: Poll, judged: Mapping[Reading, RideState]) -> bool:
    """Enter one poll with its readings, unless its park and slot have one already.

    An answer takes the place of a failure, never of an answer. Returns whether it was entered.
    """
    if not _claim(conn, poll):
        return False
    if judged:
        conn.execute(insert(readings), _rows(poll, judged))
    return True


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
