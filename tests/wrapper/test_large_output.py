"""Any amount of output, in bounded time and memory."""

import subprocess
import sys

import pytest

from tests.wrapper.conftest import HOS_CRON, HosCron, without_coverage

pytestmark = pytest.mark.integration

# Measured by a small process: the kernel counts what a child's parent held when it started.
MEASURE = """\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
ONE_BY_ONE = "import os\nfor _ in range(100000): os.write(1, b'y\\n')"

# What it writes, how much that is in bytes and in lines.
CASES = {
    "1 GiB of zeros": ("head -c 1G /dev/zero", 1 << 30, 0),
    "200 MB without a newline": ("head -c 200000000 /dev/zero | tr '\\0' x", 200_000_000, 0),
    "2 million short lines": ("yes | head -n 2000000", 4_000_000, 2_000_000),
    "lines written one by one": (f'python3 -c "{ONE_BY_ONE}"', 200_000, 100_000),
}


@pytest.mark.parametrize(("script", "size", "lines"), CASES.values(), ids=CASES)
def test_output_of_any_size_takes_little_time_and_memory(hos_cron: HosCron, script: str, size: int, lines: int) -> None:
    line = [sys.executable, "-c", MEASURE, str(HOS_CRON), "job", "--", "sh", "-c", script]
    environment = without_coverage(hos_cron.environment)
    peak_kib = subprocess.run(line, env=environment, cwd=hos_cron.cwd, stdout=subprocess.PIPE, check=True).stdout
    [entry] = hos_cron.entries()
    hos_cron.wait_for_all_processes()
    assert (entry.record["output_bytes"], entry.record["output_lines"]) == (size, lines)
    assert entry.record["reason"] is None
    assert int(peak_kib) < 24 * 1024
    # The machine may be busy: the figure itself, 1.5 s for 1 GiB, is what `scripts/bench wrapper` is for.
    assert entry.record["duration_seconds"] < 30
