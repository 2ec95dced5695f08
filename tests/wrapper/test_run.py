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
from tests.wrapper.conftest import HosCron
from wrapper.run import iso
from wrapper.run_id import new_run_id

pytestmark = pytest.mark.unit

STEP_THE_CLOCK = """
import time
started, usual = time.monotonic(), time.time
time.time = lambda: usual() + (%d if time.monotonic() - started > 0.2 else 0)
"""


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
@pytest.mark.parametrize("step_seconds", [3_600, -3_600])
def test_a_clock_that_is_stepped_in_mid_run_changes_neither_limit_nor_duration(
    hos_cron: HosCron, step_seconds: int
) -> None:
    stub = hos_cron.cwd / "no-recorder" / "sitecustomize.py"
    stub.write_text(stub.read_text(encoding="utf8") + STEP_THE_CLOCK % step_seconds, encoding="utf8")
    done = hos_cron("sleep", "600", timeout="0.5", kill_after=1)
    run = done.run
    assert done.exit_code == 124
    assert 0.5 <= (run.duration_seconds or 0) < 2
    assert run.finished_at
    assert abs((run.finished_at - run.started_at).total_seconds() - step_seconds) < 5


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
