"""Who a run is: its id, its moments, whatever the machine's clock does meanwhile."""

import os
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallofshame.clock import parse_utc, to_iso
from hallofshame.run_id import new_run_id
from tests.cron_daemon import FAKETIME
from tests.wrapper.conftest import PROMPT_SECONDS, HosCron
from wrapper.run import iso

pytestmark = pytest.mark.unit


@given(st.integers(0, 4_102_444_800_000))
def test_a_run_id_is_a_version_7_uuid_of_its_moment(milliseconds: int) -> None:
    made = uuid.UUID(new_run_id(milliseconds / 1_000))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert abs((made.int >> 80) - milliseconds) <= 1


def test_run_ids_sort_by_time_and_never_repeat() -> None:
    ids = [new_run_id(second) for second in range(1_000)]
    assert ids == sorted(ids)
    assert len({new_run_id(1) for _ in range(1_000)}) == 1_000


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds it
def test_a_moment_is_written_as_everywhere_else(moment: datetime) -> None:
    assert parse_utc(iso(moment.timestamp())) == moment
    assert iso(moment.timestamp()) == to_iso(moment)


@pytest.mark.integration
@pytest.mark.parametrize("step", ["+3600", "-3600"])
def test_a_clock_that_is_stepped_in_mid_run_changes_neither_limit_nor_duration(hos_cron: HosCron, step: str) -> None:
    """The clock of wrapper and job is libfaketime's, which reads from a file how far it is off."""
    offset = hos_cron.cwd / "offset"
    offset.write_text("+0", encoding="ascii")
    hos_cron.environment |= {
        "LD_PRELOAD": FAKETIME,
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    running = hos_cron.start("sh", "-c", "echo ready; exec sleep 600", timeout=1, kill_after=1)
    assert running.read_line() == "ready"
    offset.write_text(step, encoding="ascii")
    done = running.finish()
    run = done.run
    assert (done.exit_code, done.wall_seconds < PROMPT_SECONDS) == (124, True)
    assert 1 <= (run.duration_seconds or 0) < 3
    assert run.finished_at
    assert abs((run.finished_at - run.started_at).total_seconds() - int(step)) < 5


@pytest.mark.integration
def test_many_runs_leave_nothing_behind_but_their_records(hos_cron: HosCron) -> None:
    for _ in range(10):
        hos_cron("sh", "-c", "echo '{\"rows\": 1}' > $HOS_REPORT; echo x")
    files = sorted(path.relative_to(hos_cron.state) for path in hos_cron.state.rglob("*") if path.is_file())
    assert [str(path.parent) for path in files] == ["journal"] * 10 + ["locks", "."]


@pytest.mark.integration
def test_waiting_costs_no_processor_time(hos_cron: HosCron) -> None:
    running = hos_cron.start("sh", "-c", "until [ -e enough ]; do sleep 0.1; done")
    pid = running.process.pid
    started = time.monotonic()
    while not hos_cron.entries():
        time.sleep(0.01)
    before = processor_seconds(pid)
    while time.monotonic() - started < 1.5:
        time.sleep(0.05)
    assert processor_seconds(pid) - before < 0.05
    (hos_cron.cwd / "enough").touch()
    running.finish()


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
