"""Readings leave by the day, only when it is final, old enough and archived; whatever breaks, nothing is lost."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from hallofshame import aggregation, archiving, arrival
from hallofshame import archive as archive_module
from hallofshame.aggregation import Outcome, aggregate_day, judge_again
from hallofshame.archive import Archive, Polls
from hallofshame.archiving import Retired, retire
from hallofshame.backfilling import backfill
from hallofshame.errors import Permanent, Transient
from hallofshame.judging import judge_file
from hallofshame.model import PollOutcome, Reading
from hallofshame.polls_file import RecordedPoll
from hallofshame.rules import calendar
from hallofshame.store import engine as engines
from hallofshame.store import parks, polls, retention, rides
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.schema import park_days, park_periods, ride_days, ride_periods
from hallofshame.store.schema import polls as poll_log
from hallofshame.store.schema import readings as table
from hallofshame.whole_files import write_whole
from tests.factories import park, payload, poll, reading
from tests.stored_polls import tiers_of

pytestmark = pytest.mark.integration

BEFORE, DAY, AFTER = (date(2026, 5, day) for day in (1, 2, 3))
RIDES = 3
POLLS_A_DAY = 24
FINAL = datetime(2026, 5, 3, 8, 30, tzinfo=UTC)  # DAY is over at 04:00 in New York, and final half an hour later
KEEP = timedelta(hours=24)
HOUR = timedelta(hours=1)
LONG_AFTER = FINAL + timedelta(days=60)


def new_york(op_day: date) -> calendar.OperatingDay:
    return calendar.operating_day(op_day, "America/New_York")


def enter(conn: Connection, polled_at: datetime, said: Iterable[Reading]) -> None:
    arrival.enter(conn, arrival.judge(poll(slot=polled_at), payload(*said)), rides.known(conn))


def said_at(polled_at: datetime, name: str = "Ride") -> list[Reading]:
    is_open = polled_at.hour in range(14, 22)
    facts: dict[str, Any] = {"is_open": is_open, "wait_minutes": 20 if is_open else 0, "last_updated": polled_at}
    return [reading(ride_id, name=f"{name} {ride_id}", **facts) for ride_id in range(1, RIDES + 1)]


def poll_day(engine: Engine, op_day: date, **said: Any) -> None:
    with engines.begin(engine) as conn:
        for hour in range(POLLS_A_DAY):
            polled_at = new_york(op_day).starts_at + hour * HOUR
            enter(conn, polled_at, said_at(polled_at, **said))


def finish(engine: Engine, op_day: date) -> None:
    assert aggregate_day(engine, 6, op_day, LONG_AFTER, tiers_of()) is Outcome.FINAL


def held(engine: Engine) -> dict[date, int]:
    """How many readings there are of each day."""
    with engines.read(engine) as conn:
        slots = conn.execute(select(table.c.slot)).scalars().all()
    days = [calendar.op_day_of(slot, "America/New_York") for slot in slots]
    return {day: days.count(day) for day in sorted(set(days))}


def rows(engine: Engine, of: Any) -> list[Any]:
    with engines.read(engine) as conn:
        return list(conn.execute(select(of)).all())


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(f"file://{tmp_path}/archive")


@pytest.fixture
def place(engine: Engine) -> Engine:
    """A park with three days of polls, none of them judged."""
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], new_york(BEFORE).starts_at)
    for op_day in (BEFORE, DAY, AFTER):
        poll_day(engine, op_day)
    return engine


WHOLE = RIDES * POLLS_A_DAY


def test_a_day_leaves_a_day_after_it_is_final_and_not_before(place: Engine, archive: Archive) -> None:
    finish(place, DAY)
    assert retire(place, archive, FINAL + KEEP - timedelta(seconds=1), KEEP) == Retired(0, 0, 0, ())
    assert held(place) == {BEFORE: WHOLE, DAY: WHOLE, AFTER: WHOLE}
    assert retire(place, archive, FINAL + KEEP, KEEP) == Retired(1, WHOLE, 0, ())
    assert held(place) == {BEFORE: WHOLE, AFTER: WHOLE}
    assert retire(place, archive, FINAL + KEEP, KEEP) == Retired(0, 0, 0, ())


def test_what_was_judged_and_the_poll_log_stay(place: Engine, archive: Archive) -> None:
    """S21."""
    finish(place, DAY)
    before = [rows(place, ride_days), rows(place, poll_log)]
    [day] = rows(place, park_days)
    retire(place, archive, FINAL + KEEP, KEEP)
    assert [rows(place, ride_days), rows(place, poll_log)] == before
    assert rows(place, park_days) == [(*day[:-1], FINAL + KEEP)]
    assert judge_again(place, 6, DAY, LONG_AFTER, tiers_of()) is Outcome.PURGED


@pytest.mark.parametrize("was_begun", [False, True])
def test_a_day_that_was_never_finished_keeps_its_readings_whatever_came_after_it(
    was_begun: bool, place: Engine, archive: Archive
) -> None:
    """S4."""
    if was_begun:
        assert aggregate_day(place, 6, DAY, FINAL - HOUR, tiers_of()) is Outcome.PROVISIONAL
    finish(place, BEFORE)
    finish(place, AFTER)
    assert retire(place, archive, LONG_AFTER, KEEP).days == 2
    assert held(place) == {DAY: WHOLE}
    assert archive.read(6, DAY) is None


def test_a_run_before_the_day_is_judged_takes_nothing_from_it(place: Engine, archive: Archive) -> None:
    """S5: with whatever the setting says."""
    at_ten_past_four = new_york(DAY).ends_at + timedelta(minutes=10)
    assert aggregate_day(place, 6, DAY, at_ten_past_four, tiers_of()) is Outcome.PROVISIONAL
    assert retire(place, archive, at_ten_past_four, timedelta(0)) == Retired(0, 0, 0, ())
    assert aggregate_day(place, 6, DAY, FINAL, tiers_of()) is Outcome.FINAL
    assert [row.snapshots for row in rows(place, park_days)] == [POLLS_A_DAY]


def test_the_archive_is_judged_as_the_readings_were(place: Engine, archive: Archive, tmp_path: Path) -> None:
    with engines.begin(place) as conn:
        enter(conn, new_york(DAY).starts_at + timedelta(minutes=5), [])
    finish(place, DAY)
    retire(place, archive, LONG_AFTER, KEEP)
    [judged] = judge_file(tmp_path / "archive/2026/05/02/park-6.jsonl.gz")["days"]
    [stored] = rows(place, park_days)
    assert (judged["op_day"], judged["snapshots"], judged["up_s"]) == ("2026-05-02", POLLS_A_DAY + 1, stored.up_s)
    assert stored.up_s > 0


def test_days_judged_again_from_the_archive_are_the_days_they_were(place: Engine, archive: Archive) -> None:
    for op_day in (BEFORE, DAY, AFTER):
        finish(place, op_day)
    before = {table.name: rows(place, table) for table in (ride_days, ride_periods, park_periods)}
    assert retire(place, archive, LONG_AFTER, KEEP).days == 3
    with engines.begin(place) as conn:
        for table in (ride_days, ride_periods, park_periods):
            conn.execute(table.delete())
    assert backfill(place, archive, 6, BEFORE, AFTER, LONG_AFTER, tiers_of()) == {Outcome.FINAL: 3}
    assert {table.name: rows(place, table) for table in (ride_days, ride_periods, park_periods)} == before


def test_a_day_that_is_purged_while_days_are_judged_again_is_judged_from_the_archive(
    place: Engine, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(place, DAY)
    judge_again = aggregation.judge_again

    def late(*asked: Any) -> Outcome:
        retire(place, archive, LONG_AFTER, KEEP)
        return judge_again(*asked)

    monkeypatch.setattr(aggregation, "judge_again", late)
    assert backfill(place, archive, 6, DAY, DAY, LONG_AFTER, tiers_of()) == {Outcome.FINAL: 1}


def test_a_purged_day_is_judged_with_what_came_to_it_since(place: Engine, archive: Archive) -> None:
    finish(place, DAY)
    retire(place, archive, LONG_AFTER, KEEP)
    late = new_york(DAY).starts_at + timedelta(minutes=30)
    with engines.begin(place) as conn:
        enter(conn, late, said_at(late))
    assert backfill(place, archive, 6, DAY, DAY, LONG_AFTER, tiers_of()) == {Outcome.FINAL: 1}
    assert [row.snapshots for row in rows(place, park_days)] == [POLLS_A_DAY + 1]


def test_a_ride_bears_the_name_it_had(place: Engine, archive: Archive) -> None:
    poll_day(place, date(2026, 5, 4), name='Ride "; DROP TABLE rides; --')
    finish(place, AFTER)
    finish(place, date(2026, 5, 4))
    retire(place, archive, LONG_AFTER, KEEP)
    for op_day, name in ((AFTER, "Ride 2"), (date(2026, 5, 4), 'Ride "; DROP TABLE rides; -- 2')):
        polls_then = archive.read(6, op_day)
        assert polls_then is not None
        assert {said[2].name for said in polls_then.values()} == {name}


def test_an_archive_that_cannot_be_written_keeps_the_rows_and_is_told(place: Engine, tmp_path: Path) -> None:
    finish(place, BEFORE)
    finish(place, DAY)
    (tmp_path / "file").write_text("where a folder should be", encoding="utf8")
    retired = retire(place, Archive(f"file://{tmp_path}/file"), LONG_AFTER, KEEP)
    assert (retired.days, retired.readings) == (0, 0)
    for failure in retired.failures:
        assert re.match(
            rf"park 6, 2026-05-0[12]: archive {tmp_path}/file/2026/05/0[12]/park-6.jsonl.gz: cannot be ", failure
        )
    assert held(place) == {BEFORE: WHOLE, DAY: WHOLE, AFTER: WHOLE}
    assert {row.readings_purged_at for row in rows(place, park_days)} == {None}


def test_an_archive_that_does_not_answer_is_asked_no_longer(
    place: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "WORKERS", 1)
    finish(place, BEFORE)
    finish(place, DAY)
    (tmp_path / "file").write_text("where a folder should be", encoding="utf8")
    assert len(retire(place, Archive(f"file://{tmp_path}/file"), LONG_AFTER, KEEP).failures) == 1


def test_an_archive_that_does_not_read_back_keeps_the_rows_and_is_told(
    place: Engine, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(path: Path, content: bytes) -> None:
        write_whole(path, content[:-1])

    finish(place, DAY)
    monkeypatch.setattr("hallofshame.archive.write_whole", forgetful)
    [failure] = retire(place, archive, LONG_AFTER, KEEP).failures
    assert failure.endswith("park-6.jsonl.gz: does not read back as it was written")
    assert held(place)[DAY] == WHOLE


def test_a_file_that_holds_less_than_the_day_keeps_the_rows_and_is_told(
    place: Engine, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = archive_module._recorded

    def lossy(park_id: int, polls: Polls) -> Iterator[RecordedPoll]:
        yield from list(recorded(park_id, polls))[1:]

    finish(place, DAY)
    monkeypatch.setattr(archive_module, "_recorded", lossy)
    [failure] = retire(place, archive, LONG_AFTER, KEEP).failures
    assert failure.endswith("holds (23, 69) polls and readings, and not (24, 72)")
    assert held(place)[DAY] == WHOLE


def test_a_damaged_file_costs_its_own_day_only(place: Engine, archive: Archive, tmp_path: Path) -> None:
    damaged = tmp_path / "archive/2026/05/01/park-6.jsonl.gz"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"\x1f\x8bnothing")
    finish(place, BEFORE)
    finish(place, DAY)
    retired = retire(place, archive, LONG_AFTER, KEEP)
    assert (retired.days, len(retired.failures)) == (1, 1)
    assert held(place) == {BEFORE: WHOLE, AFTER: WHOLE}
    assert damaged.read_bytes() == b"\x1f\x8bnothing"


@pytest.fixture
def breaks_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Make the purge break after so many transactions, as a crash would."""
    purge = retention.purge

    def set_up(transactions: int) -> None:
        left = iter(range(transactions))

        def broken(conn: Connection, park_id: int, slots: Iterable[datetime]) -> int:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return purge(conn, park_id, slots)

        monkeypatch.setattr(archiving, "SLOTS_A_TRANSACTION", 5)
        monkeypatch.setattr(retention, "purge", broken)

    return set_up


@pytest.mark.parametrize("transactions", [0, 2])
def test_after_a_break_the_rest_leaves_and_the_archive_is_not_written_again(
    transactions: int,
    place: Engine,
    archive: Archive,
    breaks_after: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finish(place, DAY)
    breaks_after(transactions)
    with pytest.raises(KeyboardInterrupt):
        retire(place, archive, LONG_AFTER, KEEP)
    left = WHOLE - transactions * 5 * RIDES
    assert held(place)[DAY] == left
    breaks_after(100)
    with monkeypatch.context() as patched:
        patched.setattr(Archive, "write", None)
        assert retire(place, archive, LONG_AFTER, KEEP) == Retired(1, left, 0, ())
    archived = archive.read(6, DAY)
    assert archived is not None
    assert [len(said) for said in archived.values()] == [RIDES] * POLLS_A_DAY


def test_what_comes_to_a_purged_day_is_added_to_its_archive(place: Engine, archive: Archive) -> None:
    finish(place, DAY)
    retire(place, archive, LONG_AFTER, KEEP)
    late = new_york(DAY).starts_at + timedelta(minutes=30)
    with engines.begin(place) as conn:
        enter(conn, late, said_at(late))
    assert retire(place, archive, LONG_AFTER + HOUR, KEEP) == Retired(1, RIDES, 0, ())
    archived = archive.read(6, DAY)
    assert archived is not None
    assert (len(archived), sum(map(len, archived.values()))) == (POLLS_A_DAY + 1, WHOLE + RIDES)


def test_a_day_of_the_archive_and_the_database_is_one(place: Engine, archive: Archive) -> None:
    finish(place, DAY)
    whole = archiving.polls_of(place, archive, 6, new_york(DAY))
    assert [len(said) for said in whole.values()] == [RIDES] * POLLS_A_DAY
    retire(place, archive, LONG_AFTER, KEEP)
    assert archiving.polls_of(place, archive, 6, new_york(DAY)) == whole


def test_two_runs_at_once_lose_nothing(place: Engine, archive: Archive) -> None:
    finish(place, DAY)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            retire(place, archive, LONG_AFTER, KEEP)
        except (Permanent, Transient) as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert held(place) == {BEFORE: WHOLE, AFTER: WHOLE}
    archived = archive.read(6, DAY)
    assert archived is not None
    assert [len(said) for said in archived.values()] == [RIDES] * POLLS_A_DAY


def test_the_poll_log_is_kept_for_90_days_and_as_long_as_there_are_readings(place: Engine, archive: Archive) -> None:
    failed_at = new_york(BEFORE).starts_at + timedelta(minutes=10)
    with engines.begin(place) as conn:
        polls.record(conn, poll(slot=failed_at, outcome=PollOutcome.TIMED_OUT, reason="timed out"), {})
    finish(place, DAY)
    retired = retire(place, archive, failed_at + timedelta(days=90), KEEP)
    assert (retired.days, retired.polls) == (1, 0)
    last = new_york(AFTER).ends_at + timedelta(days=90)
    assert retire(place, archive, last, KEEP).polls == 1 + POLLS_A_DAY  # the failure, and the day without readings
    with engines.read(place) as conn:
        assert conn.execute(select(func.count()).select_from(poll_log)).scalar() == 2 * POLLS_A_DAY
    assert held(place) == {BEFORE: WHOLE, AFTER: WHOLE}


def test_a_day_stays_in_the_zone_that_cut_it(place: Engine, archive: Archive, tmp_path: Path) -> None:
    """S22."""
    finish(place, DAY)
    with engines.begin(place) as conn:
        parks.record(conn, [park(timezone="America/Chicago")], LONG_AFTER)
    retire(place, archive, LONG_AFTER, KEEP)
    assert [day["op_day"] for day in judge_file(tmp_path / "archive/2026/05/02/park-6.jsonl.gz")["days"]] == [
        "2026-05-02"
    ]
    assert held(place) == {BEFORE: WHOLE, AFTER: WHOLE}
