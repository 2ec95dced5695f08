"""Polls files become history: judged as on arrival, entered once, and nothing newer is overwritten."""

import gzip
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from hallofshame import polls_file
from hallofshame.aggregation import Outcome
from hallofshame.archive import Archive
from hallofshame.archiving import retire
from hallofshame.auditing import audit
from hallofshame.backfilling import backfill
from hallofshame.errors import Permanent
from hallofshame.importing import import_file
from hallofshame.model import RideState
from hallofshame.polls_file import Header, RecordedPoll
from hallofshame.store import engine as engines
from hallofshame.store import parks, polls, rides
from hallofshame.store.engine import Engine
from hallofshame.store.schema import metadata, park_periods, readings, ride_days, ride_periods
from hallofshame.store.schema import parks as park_table
from hallofshame.store.schema import polls as poll_log
from hallofshame.store.schema import rides as ride_table
from tests.factories import NOON, park, poll, reading
from tests.shared_data import shared
from tests.stored_polls import tiers_of
from tests.test_aggregation import as_judged

pytestmark = pytest.mark.integration

PLOPSALAND = "data/polls/plopsaland_2022-12-06_10"
FIRST, LAST = date(2022, 12, 6), date(2022, 12, 10)
HEADER = Header(6, "Magic Kingdom", "America/New_York", "England")
LONG_AFTER = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ride(ride_id: int = 1, **facts: Any) -> dict[str, Any]:
    return {"id": ride_id, "name": f"Ride {ride_id}", "is_open": True, "wait_time": 20} | facts


def line(polled_at: datetime, *said: dict[str, Any], park_id: int | None = 6) -> RecordedPoll:
    return RecordedPoll(park_id, polled_at, {"lands": [], "rides": list(said)})


def written(folder: Path, *lines: RecordedPoll, header: Header = HEADER) -> Path:
    path = folder / "polls.jsonl"
    polls_file.write(path, header, lines)
    return path


def rows(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with engines.read(engine) as conn:
        return [tuple(row) for row in conn.execute(select(*columns).order_by(*columns))]


def everything(engine: Engine) -> dict[str, list[Any]]:
    with engines.read(engine) as conn:
        return {name: list(conn.execute(select(table)).all()) for name, table in metadata.tables.items()}


def test_an_imported_recording_is_judged_as_expected_and_a_second_import_changes_nothing(
    engine: Engine, tmp_path: Path
) -> None:
    imported = import_file(engine, shared(f"{PLOPSALAND}.jsonl.gz"))
    assert (imported.first_day, imported.last_day) == (FIRST, LAST)
    assert (imported.polls, imported.new_polls, imported.new_readings) == (107, 107, 5_564)
    before = everything(engine)
    again = import_file(engine, shared(f"{PLOPSALAND}.jsonl.gz"))
    assert (again.polls, again.new_polls, again.new_readings) == (107, 0, 0)
    assert everything(engine) == before
    became = backfill(engine, Archive(f"file://{tmp_path}"), 54, FIRST, LAST, LONG_AFTER, tiers_of())
    assert became[Outcome.FINAL] == len(expected_days())
    assert as_judged(engine) == expected_days()


def expected_days() -> list[dict[str, Any]]:
    with gzip.open(shared(f"{PLOPSALAND}.expected.json.gz"), "rt", encoding="utf8") as file:
        days: list[dict[str, Any]] = json.load(file)["days"]
    return days


def test_days_whose_readings_are_purged_are_judged_from_the_archive_to_the_same_rows(
    engine: Engine, tmp_path: Path
) -> None:
    archive = Archive(f"file://{tmp_path}/archive")
    import_file(engine, shared(f"{PLOPSALAND}.jsonl.gz"))
    backfill(engine, archive, 54, FIRST, LAST, LONG_AFTER, tiers_of())
    tables = (ride_days, ride_periods, park_periods)
    before = [rows(engine, *table.c) for table in tables]
    assert retire(engine, archive, LONG_AFTER, timedelta(0)).readings == 5_564
    assert rows(engine, readings.c.slot) == []
    backfill(engine, archive, 54, FIRST, LAST, LONG_AFTER + MINUTE, tiers_of())
    assert as_judged(engine) == expected_days()
    assert [rows(engine, *table.c) for table in tables] == before


def test_a_purged_day_that_the_archive_does_not_hold_is_left_as_it_is(engine: Engine, tmp_path: Path) -> None:
    import_file(engine, shared(f"{PLOPSALAND}.jsonl.gz"))
    archive, elsewhere = Archive(f"file://{tmp_path}/archive"), Archive(f"file://{tmp_path}/elsewhere")
    backfill(engine, archive, 54, FIRST, LAST, LONG_AFTER, tiers_of())
    retire(engine, archive, LONG_AFTER, timedelta(0))
    with pytest.raises(
        Permanent, match=r"park 54, 2022-12-06: its readings are purged, and file://.*/elsewhere does not"
    ):
        backfill(engine, elsewhere, 54, FIRST, LAST, LONG_AFTER, tiers_of())
    assert as_judged(engine) == expected_days()


@pytest.mark.parametrize("is_purged", [False, True])
def test_an_audit_comes_to_what_is_stored(is_purged: bool, engine: Engine, tmp_path: Path) -> None:
    """S9, on a day with history, from the readings and from the archive."""
    archive = Archive(f"file://{tmp_path}/archive")
    import_file(engine, shared(f"{PLOPSALAND}.jsonl.gz"))
    backfill(engine, archive, 54, FIRST, LAST, LONG_AFTER, tiers_of())
    if is_purged:
        retire(engine, archive, LONG_AFTER, timedelta(0))
    audited = audit(engine, archive, 54, LAST)
    assert audited.differences == ()
    assert audited.judged.operation is not None
    for each in audited.judged.operation.rides:
        assert sum(part.length_s for part in each.segments) == audited.judged.operation.window_s


def test_a_park_nobody_knew_comes_from_the_files_header_without_an_operator(engine: Engine, tmp_path: Path) -> None:
    import_file(engine, written(tmp_path, line(NOON, ride()), line(NOON + 10 * MINUTE, ride())))
    [found] = rows(engine, *park_table.c)
    assert found[:6] == (6, "Magic Kingdom", 0, "", "United Kingdom", "")
    assert found[-3:] == ("America/New_York", NOON, NOON + 10 * MINUTE)


def test_a_park_that_is_known_stays_as_it_is_known(engine: Engine, tmp_path: Path) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(timezone="America/Chicago")], NOON)
    before = rows(engine, *park_table.c)
    imported = import_file(engine, written(tmp_path, line(NOON - 60 * MINUTE, ride())))
    assert imported.timezone == "America/Chicago"
    assert rows(engine, *park_table.c) == before


def test_older_data_leaves_what_is_known_of_now(engine: Engine, tmp_path: Path) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        said = {reading(1, name="New name", is_open=False, wait_minutes=0): RideState.CLOSED}
        polls.record(conn, poll(), said)
        rides.record(conn, 6, said, NOON, {})
    before = rows(engine, *ride_table.c)
    imported = import_file(engine, written(tmp_path, line(NOON - 60 * MINUTE, ride(name="Old name"))))
    assert imported.new_polls == 1
    assert rows(engine, *ride_table.c) == before


def test_a_poll_that_was_collected_is_known_whatever_its_slot(engine: Engine, tmp_path: Path) -> None:
    polled_at = NOON + timedelta(seconds=7)
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        polls.record(conn, poll(slot=NOON, polled_at=polled_at), {})
    assert import_file(engine, written(tmp_path, line(polled_at, ride()))).new_polls == 0


def test_lines_of_one_second_are_one_poll_and_a_poll_without_rides_is_one(engine: Engine, tmp_path: Path) -> None:
    half = timedelta(milliseconds=500)
    path = written(tmp_path, line(NOON, ride(1)), line(NOON + half, ride(2)), line(NOON + MINUTE))
    assert import_file(engine, path).new_polls == 2
    assert rows(engine, readings.c.slot, readings.c.ride_id) == [(NOON, 1), (NOON, 2)]
    assert rows(engine, poll_log.c.slot, poll_log.c.polled_at) == [(NOON, NOON), (NOON + MINUTE, NOON + MINUTE)]


def test_what_is_odd_is_told_and_not_stored(engine: Engine, tmp_path: Path) -> None:
    said = [ride(1, wait_time=995), ride(2, last_updated=None), {"id": "no ride"}]
    imported = import_file(engine, written(tmp_path, line(NOON, *said)))
    assert imported.issues == {"implausible_wait": 1, "no_last_updated": 2, "bad_ride": 1}
    assert rows(engine, metadata.tables["data_issues"].c.kind) == []


def _bad_payload(polled_at: datetime) -> RecordedPoll:
    return RecordedPoll(6, polled_at, {"lands": 7})


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([line(NOON, ride()), _bad_payload(NOON + MINUTE)], r"polls\.jsonl, line 3: payload: .*lands"),
        ([line(NOON, ride()), line(NOON, park_id=7)], r"polls\.jsonl, line 3: of park 7, in a file of park 6"),
        ([], r"polls\.jsonl: holds no poll"),
    ],
)
def test_a_bad_line_costs_the_whole_file_and_is_told(
    lines: Iterable[RecordedPoll], said: str, engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(Permanent, match=said):
        import_file(engine, written(tmp_path, *lines))
    with engines.read(engine) as conn:
        for table in (park_table, poll_log, readings, ride_table):
            assert conn.execute(select(func.count()).select_from(table)).scalar() == 0


def test_a_header_without_the_parks_number_is_refused(engine: Engine, tmp_path: Path) -> None:
    header = Header(None, "Somewhere", "Europe/Rome", None)
    with pytest.raises(Permanent, match=r"polls\.jsonl, line 1: park: id: expected Queue-Times' number"):
        import_file(engine, written(tmp_path, line(NOON, park_id=None), header=header))


def test_a_ride_of_another_park_is_refused(engine: Engine, tmp_path: Path) -> None:
    import_file(engine, written(tmp_path, line(NOON, ride())))
    other = Header(7, "Elsewhere", "Europe/Rome", None)
    with pytest.raises(Permanent, match="ride 1 is known as a ride of park 6, and not of park 7"):
        import_file(engine, written(tmp_path, line(NOON, ride(), park_id=7), header=other))
    assert rows(engine, park_table.c.park_id) == [(6,)]
