"""What the wrapper costs the job: the modules that are loaded before it starts, and what the outside can add."""

import socket
import sys
import time
from pathlib import Path

import pytest

from tests.black_holes import black_holes
from tests.wrapper.conftest import HosCron, without_coverage

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]

# Those that cost several milliseconds each, and all that is not in the standard library.
NOT_BEFORE_THE_JOB = {
    *("re", "enum", "signal", "json", "argparse", "dataclasses", "subprocess", "logging", "tempfile", "uuid", "ctypes"),
    *("zoneinfo", "datetime", "typing", "collections", "functools", "contextlib", "pathlib", "threading", "socket"),
}
TELL_WHAT_IS_LOADED = """\
import os, sys
sys.path.insert(0, sys.argv.pop(1))
spawn = os.posix_spawnp
def tell_and_spawn(*given, **named):
    os.write(2, " ".join(sys.modules).encode() + b"\\n")
    return spawn(*given, **named)
os.posix_spawnp = tell_and_spawn
from wrapper.cron_wrapper import main
raise SystemExit(main())
"""


def loaded_before_the_job(cron: HosCron, *flags: str) -> set[str]:
    line = [sys.executable, "-I", "-S", "-c", TELL_WHAT_IS_LOADED, str(ROOT), "job", *flags, "--", "true"]
    done = cron.start_line(line).finish()
    assert done.exit_code == 0
    return set(done.stderr.splitlines()[0].split())


def test_nothing_costly_is_loaded_before_the_job_starts(hos_cron: HosCron) -> None:
    flags = ["--timeout", "5m", "--nice", "1", "--overlap", "wait:1", "--require-env", "PATH", "--retries", "1"]
    loaded = loaded_before_the_job(hos_cron, *flags)
    assert loaded & NOT_BEFORE_THE_JOB == set()
    others = {name for name in loaded if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name for name in others if not name.startswith("wrapper")} == {
        *("__main__", "hallofshame"),
        *(f"hallofshame.{name}" for name in ("host_file", "processes", "release", "run_id")),
    }


@pytest.mark.parametrize(
    ("flags", "allowed"),
    [(("--fail-if", "ERROR"), {"re"}), (("--when", "* * * * *", "--tz", "UTC"), {"datetime", "zoneinfo"})],
)
def test_a_flag_that_needs_more_loads_more(hos_cron: HosCron, flags: tuple[str, ...], allowed: set[str]) -> None:
    assert allowed <= loaded_before_the_job(hos_cron, *flags)


def test_with_everything_outside_black_holed_the_job_starts_at_once_and_the_wrapper_leaves_at_once(
    recording_hos_cron: HosCron, hos_cron: HosCron
) -> None:
    usual_starts, starts, exits = [], [], []
    hos_cron.environment = without_coverage(hos_cron.environment)
    recording_hos_cron.environment = without_coverage(recording_hos_cron.environment)
    usual = dict(recording_hos_cron.environment)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        recording_hos_cron.environment |= black_holes(silent.getsockname()[1])
        for _ in range(5):
            usual_starts.append(seconds_to_start_and_leave(hos_cron)[0])
            start, leave = seconds_to_start_and_leave(recording_hos_cron)
            starts.append(start)
            exits.append(leave)
            silent.accept()[0].close()  # only then has the recorder stopped loading its libraries
    # On a busy machine not the figure itself, but that no waiting comes on top: that would be seconds.
    assert min(starts) < max(0.05, 3 * min(usual_starts))
    assert min(exits) < 1
    recording_hos_cron.environment = usual  # and with the journal that both share, each run is one row
    assert recording_hos_cron.call("job", "--sync", "--", "true").returncode == 0
    assert [run.state.value for run in recording_hos_cron.settled()] == ["succeeded", *["failed"] * 10]


def seconds_to_start_and_leave(cron: HosCron) -> tuple[float, float]:
    """From the start of the wrapper to that of the job, and from there to the end of the wrapper."""
    begun = time.time()
    done = cron.call("job", "--", "sh", "-c", "date +%s.%N; exit 3")  # a failure is mailed, too
    job_started = float(done.stdout)
    return job_started - begun, time.time() - job_started
