"""A thousand runs, one after the other: nothing grows but the number of records."""

import subprocess
import sys
from collections import Counter

import pytest

from hallofshame.model import RunState
from tests.wrapper.conftest import HOS_CRON, HosCron, without_coverage

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.deployment]

RUNS, RECORDED_RUNS = 1_000, 20
# A small process, for the kernel counts what a child's parent held when it started. After each run it tells the peak
# of that, its own memory, how many descriptors it has, and how many children.
LOOP = """\
import os, sys
for _ in range(int(sys.argv[1])):
    pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
    _, status, usage = os.wait4(pid, 0)
    own = next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]
    children = open("/proc/self/task/%d/children" % os.getpid()).read().split()
    print(status, usage.ru_maxrss, own, len(os.listdir("/proc/self/fd")), len(children), flush=True)
"""
JOB = ("sh", "-c", "echo '{\"rows\": 1}' >$HOS_REPORT; echo out; echo err >&2")


def loop(cron: HosCron, runs: int, *flags: str) -> list[tuple[int, ...]]:
    """Run the job that often. Returns the figures of each run."""
    line = [sys.executable, "-I", "-S", "-c", LOOP, str(runs), str(HOS_CRON), "job", *flags, "--", *JOB]
    environment = without_coverage(cron.environment)
    done = subprocess.run(line, env=environment, cwd=cron.cwd, capture_output=True, text=True, check=True)
    figures = [tuple(map(int, text.split())) for text in done.stdout.splitlines() if text != "out"]
    assert len(figures) == runs
    return figures


def assert_nothing_grows(figures: list[tuple[int, ...]]) -> None:
    statuses, peaks_kib, own_kib, descriptors, children = zip(*figures, strict=True)
    assert set(statuses) == {0}
    assert max(peaks_kib[-10:]) < 1.05 * max(peaks_kib[:10])
    assert own_kib[-1] < 1.05 * own_kib[10]
    assert len(set(descriptors)) == 1
    assert set(children) == {0}


def files(cron: HosCron) -> Counter[str]:
    """How many files each folder below the state directory has, those of the database aside."""
    paths = [path for path in cron.state.rglob("*") if path.is_file() and "hallofshame.sqlite3" not in path.name]
    return Counter(str(path.relative_to(cron.state).parent) for path in paths)


def test_a_thousand_runs_leave_a_thousand_records_and_nothing_else(hos_cron: HosCron) -> None:
    """They wait in the journal, until the next recorder brings them to the database all at once."""
    cron = hos_cron
    loop(cron, 1)
    after_one = files(cron)
    assert_nothing_grows(loop(cron, RUNS - 1))
    assert files(cron) == after_one + Counter(journal=RUNS - 1)
    cron.wait_for_all_processes()
    del cron.environment["PYTHONPATH"]  # the recorder that does nothing
    assert cron.call("job", "--sync", "--", "true").returncode == 0
    assert cron.entries() == []
    assert [run.state for run in cron.settled(limit=2 * RUNS)] == [RunState.SUCCEEDED] * (RUNS + 1)


def test_runs_that_are_recorded_at_once_leave_their_rows_and_nothing_else(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    loop(cron, 1, "--sync")
    after_one = files(cron)
    assert_nothing_grows(loop(cron, RECORDED_RUNS - 1, "--sync"))
    assert files(cron) == after_one
    assert [run.state for run in cron.settled()] == [RunState.SUCCEEDED] * RECORDED_RUNS
