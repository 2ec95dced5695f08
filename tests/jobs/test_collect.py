"""The collector in a simulated world, on both databases: everything sent is kept, nothing bad costs the rest."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from hallofshame import queue_times, settings
from hallofshame.runtime import Runtime, Summary
from hallofshame.settings import RunContext
from hallofshame.store import engine as engines
from hallofshame.store import parks
from hallofshame.store.engine import Engine
from hallofshame.store.schema import data_issues, metadata, polls, readings, rides
from jobs import collect
from scripts.simulation.server import serve
from scripts.simulation.world import World
from tests.clocks import ImpatientClock

pytestmark = pytest.mark.integration

AT = datetime(2026, 5, 1, 12, 0, 7, tzinfo=UTC)
WORLD = World(seed=1, park_count=5)
IDS = sorted(WORLD.parks)
RIDES = sum(len(park.rides) for park in WORLD.parks.values())

Collect = Callable[..., Summary]


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    with serve(WORLD) as url:
        yield url


@pytest.fixture
def run_collect(simulator: str, engine: Engine, tmp_path: Path) -> Collect:
    """Collect at a moment, with quirks, and with settings other than the defaults."""

    def run(at: datetime | None = AT, quirks: str = "", context: RunContext | None = None, **given: str) -> Summary:
        moment = (at or AT).strftime("%Y-%m-%dT%H:%M:%SZ")
        url = f"{simulator}/at/{moment}" + (f"/quirk/{quirks}" if quirks else "")
        defaults = {"HOS_STATE_DIR": str(tmp_path), "HOS_QUEUE_TIMES_URL": url}
        defaults["HOS_QUEUE_TIMES_REQUESTS_PER_SECOND"] = "0"
        loaded = settings.load(defaults | given, tmp_path / "no-env-file")
        return collect.run(Runtime(loaded, context or RunContext(), ImpatientClock(at or AT), engine, at))

    return run


def rows(engine: Engine, table: Table, *conditions: Any) -> list[Any]:
    with engines.read(engine) as conn:
        return list(conn.execute(select(table).where(*conditions)).all())


def count(engine: Engine, table: Table) -> int:
    with engines.read(engine) as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def served(park_id: int, moment: datetime = AT) -> dict[int, tuple[bool, int]]:
    payload = WORLD.payload(park_id, moment)
    lines = [ride for land in payload["lands"] for ride in land["rides"]] + payload["rides"]
    return {ride["id"]: (ride["is_open"], ride["wait_time"]) for ride in lines}


def test_everything_the_world_serves_is_in_the_database(run_collect: Collect, engine: Engine) -> None:
    summary = run_collect()
    assert summary.failure is None
    assert {name: summary.figures[name] for name in summary.figures if name != "seconds"} == {
        "parks_ok": 5,
        "parks_failed": 0,
        "rides_seen": RIDES,
        "rows_written": RIDES + 5,
    }
    for park_id in IDS:
        stored = rows(engine, readings, readings.c.park_id == park_id)
        assert {row.ride_id: (row.is_open, row.wait_minutes) for row in stored} == served(park_id)
        assert {row.slot for row in stored} == {AT}


@pytest.mark.parametrize("quirk", ["html", "empty", "half_body", "error500", "429"])
def test_a_park_that_fails_is_one_failed_poll(quirk: str, run_collect: Collect, engine: Engine) -> None:
    summary = run_collect(quirks=f"{quirk}:{IDS[0]}")
    assert (summary.failure, summary.figures["parks_failed"]) == (None, 1)
    assert rows(engine, readings, readings.c.park_id == IDS[0]) == []
    [poll] = rows(engine, polls, polls.c.park_id == IDS[0])
    assert poll.outcome != "ok"
    assert poll.reason
    assert count(engine, readings) == RIDES - len(served(IDS[0]))


def test_a_park_that_hangs_is_one_failed_poll(
    run_collect: Collect, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_times, "SOCKET_TIMEOUT_SECONDS", (0.2, 0.2))
    run_collect(quirks=f"hang:{IDS[0]}")
    [poll] = rows(engine, polls, polls.c.park_id == IDS[0])
    assert poll.outcome == "timed_out"


def test_parks_that_are_late_for_the_whole_cycle_are_cut_off(
    run_collect: Collect, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "CYCLE_SECONDS", 1.0)
    summary = run_collect(quirks=f"hang:{IDS[0]}")
    assert (summary.figures["parks_ok"], summary.figures["parks_failed"]) == (4, 1)
    [poll] = rows(engine, polls, polls.c.park_id == IDS[0])
    assert (poll.outcome, poll.reason) == ("cut_off", "no answer before the cycle's deadline")


def test_too_few_answers_fail_the_job_and_say_which_and_why(run_collect: Collect) -> None:
    failure = run_collect(quirks=f"error500:{IDS[0]},html:{IDS[1]}").failure
    assert failure is not None
    assert failure.startswith("3 of 5 parks answered, at least 4 are needed: ")
    assert f"({IDS[0]}): http://" in failure
    assert "HTTP 500" in failure
    assert "not JSON" in failure
    assert run_collect(quirks=f"error500:{IDS[0]}", HOS_COLLECT_MIN_PARKS_PERCENT="80").failure is None


@pytest.mark.parametrize("quirk", ["parks_html", "parks_empty", "parks_500"])
def test_without_a_list_of_parks_the_known_ones_are_asked(quirk: str, run_collect: Collect, engine: Engine) -> None:
    """S23."""
    run_collect()
    month_later = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    summary = run_collect(month_later, quirks=quirk)
    assert (summary.failure, summary.figures["parks_ok"]) == (None, 5)
    [issue] = rows(engine, data_issues, data_issues.c.kind == "parks_list_failed")
    assert issue.subject == "feed"
    with engines.read(engine) as conn:
        assert len(parks.active(conn)) == 5


def test_without_any_list_of_parks_the_job_fails_and_says_so(run_collect: Collect) -> None:
    failure = run_collect(quirks="parks_500").failure
    assert failure is not None
    assert failure.startswith("no park is known")


def test_two_collectors_at_once_write_each_poll_once(run_collect: Collect, engine: Engine) -> None:
    """S24."""
    run_collect()
    later = datetime(2026, 5, 1, 12, 10, tzinfo=UTC)
    errors: list[BaseException] = []

    def again() -> None:
        try:
            run_collect(later)
        except BaseException as error:  # noqa: BLE001 - told by the assertion
            errors.append(error)

    threads = [threading.Thread(target=again) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(rows(engine, polls, polls.c.slot == later)) == 5
    assert len(rows(engine, readings, readings.c.slot == later)) == RIDES


def test_another_try_asks_only_those_that_failed(run_collect: Collect, engine: Engine) -> None:
    run_collect(quirks=f"error500:{IDS[0]}")
    second = run_collect()
    assert (second.figures["parks_ok"], second.figures["rides_seen"]) == (5, len(served(IDS[0])))
    assert {row.outcome for row in rows(engine, polls)} == {"ok"}
    assert count(engine, readings) == RIDES


def test_the_slot_is_when_the_run_was_due(run_collect: Collect, engine: Engine) -> None:
    due = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    run_collect(None, context=RunContext(scheduled_at=due))
    assert {(row.slot, row.polled_at) for row in rows(engine, polls)} == {(due, AT)}


def test_outside_a_run_the_slot_is_the_minute(run_collect: Collect, engine: Engine) -> None:
    run_collect(None)
    assert {row.slot for row in rows(engine, polls)} == {AT.replace(second=0)}


def test_stale_rows_are_unknown_and_fresh_ones_are_not(run_collect: Collect, engine: Engine) -> None:
    run_collect(quirks=f"stale:{IDS[0]}")
    assert "unknown" in {row.state for row in rows(engine, readings, readings.c.park_id == IDS[0])}
    assert {row.state for row in rows(engine, readings, readings.c.park_id == IDS[1])} <= {"open", "closed"}


def test_a_ride_that_stands_twice_is_one_row(run_collect: Collect, engine: Engine) -> None:
    """S15."""
    run_collect(quirks="duplicates")
    assert count(engine, readings) == RIDES
    assert rows(engine, data_issues, data_issues.c.kind == "ride_twice")


@pytest.mark.parametrize(("quirk", "kind"), [("outlier", "implausible_wait"), ("closed_with_wait", "closed_with_wait")])
def test_what_is_odd_is_an_issue(quirk: str, kind: str, run_collect: Collect, engine: Engine) -> None:
    run_collect(quirks=f"{quirk}:{IDS[0]}")
    assert rows(engine, data_issues, data_issues.c.kind == kind)


def test_the_overrides_reach_the_store(run_collect: Collect, engine: Engine) -> None:
    run_collect()
    with engines.read(engine) as conn:
        assert {park.country for park in parks.active(conn)}.isdisjoint({"England"})


def test_every_park_is_asked_once_though_it_has_many_rides(run_collect: Collect, engine: Engine) -> None:
    run_collect()
    assert count(engine, rides) == RIDES
    assert count(engine, metadata.tables["ride_names"]) == RIDES
