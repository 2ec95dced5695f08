"""The minutes of the watchers: one has each, and they do not pile up."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from hallofshame.model import RunState
from hallofshame.store import engine as engines
from hallofshame.store import runs, watch_ticks
from hallofshame.store.engine import Engine
from hallofshame.store.schema import watch_ticks as table
from hallofshame.store.watch_ticks import Tick
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.integration


def at(minute: float, tick_id: str = "a") -> Tick:
    return Tick(tick_id, "web-1", NOON + timedelta(minutes=minute))


def test_one_watcher_has_a_minute(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        assert watch_ticks.claim(conn, at(0.2, "a"))
        assert not watch_ticks.claim(conn, at(0.9, "b"))
        assert watch_ticks.claim(conn, at(1, "b"))


def test_a_tick_that_broke_off_was_there_but_judged_nothing(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        for minute in (0.2, 1, 4, 5):
            watch_ticks.claim(conn, at(minute))
        assert watch_ticks.judged_until(conn, at(5)) is None
        watch_ticks.judged(conn, at(0.2), NOON)
        watch_ticks.judged(conn, at(5), NOON)
        assert watch_ticks.judged_until(conn, at(5)) == NOON + timedelta(minutes=0.2)
        assert ticked(conn, 0.5, 4) == [0.2, 1, 4]
        assert ticked(conn, 1, 5) == [1, 4, 5]
        assert ticked(conn, 3, 4) == [1, 4]
        assert ticked(conn, -9, 0) == [0.2]


def ticked(conn: engines.Connection, since: float, until: float) -> list[float]:
    found = watch_ticks.ticked(conn, NOON + timedelta(minutes=since), at(until))
    return [(each - NOON) / timedelta(minutes=1) for each in found]


def test_old_minutes_leave_in_batches(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_ticks, "ROWS_AT_ONCE", 2)
    old = [NOON - watch_ticks.KEPT - timedelta(minutes=number) for number in range(4)]
    with engines.begin(engine) as conn:
        conn.execute(insert(table), [row(each) for each in (*old, NOON)])
        assert [watch_ticks.forget_old(conn, NOON) for _ in range(3)] == [2, 1, 0]
        assert watch_ticks.ticked(conn, old[-1], at(0)) == [old[0], NOON]


def row(minute: datetime) -> dict[str, object]:
    return {"minute": minute, "tick_id": "a", "host": "web-1", "ticked_at": minute}


def test_runs_that_started_since_or_still_run_are_found(engine: Engine) -> None:
    ended = factories.run("ended", attempts=2)
    hangs = factories.run("hangs", started_at=NOON - timedelta(days=2), state=RunState.RUNNING)
    before = factories.run("before", started_at=NOON - timedelta(minutes=1))
    with engines.begin(engine) as conn:
        for run in (ended, hangs, before):
            runs.record(conn, run)
        found = {start.run_id: start for start in runs.starts(conn, NOON)}
    assert found.keys() == {"ended", "hangs"}
    assert found["ended"] == ("ended", "collect", "succeeded", NOON, ended.started_at, 2)
