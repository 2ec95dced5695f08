"""`hos-cron`: start a job under its lock, bound it, and see that its run is recorded.

What stands here runs before the job does, and every module it imports delays every job: those that may not be loaded
yet are listed in docs/wrapper.md, and a test holds it. The second half is loaded once the job has been started.
"""

# ruff: noqa: PTH103, PTH118 - pathlib would delay every job

import os
import sys
import time

from . import environment, process, signals
from .declaration import declare
from .flags import FlagError, Flags, read_flags
from .lock import LockTaken, acquire
from .process import Attempt
from .run import Run

TYPE_CHECKING = False  # the one in typing would load re
if TYPE_CHECKING:
    from .supervision import Supervision

SKIPPED = 75
CANNOT = 125


class Refused(Exception):
    """The job is not run: the state of its run, the code to exit with, and why."""

    def __init__(self, state: str, exit_code: int, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.exit_code = exit_code
        self.reason = reason


def main(arguments: list[str] | None = None) -> int:
    """Run one job. Returns the code to exit with: the job's own, or one of 75, 124, 125, 126, 127 and 128+n."""
    process.open_standard_streams()
    try:
        flags = read_flags(sys.argv[1:] if arguments is None else arguments)
        if not _is_due(flags):
            return 0
    except FlagError as error:
        _say(str(error))
        return CANNOT
    signal_pipe = signals.watch()
    problem = environment.load(flags.env_file, flags.require_env)
    run = Run(flags, environment.state_directory())
    try:
        attempt = _launch(run, problem, signal_pipe[0])
    except Refused as refused:
        return _second_half(run, signal_pipe).refuse(refused.state, refused.exit_code, refused.reason)
    return _second_half(run, signal_pipe).follow(attempt)


def _is_due(flags: Flags) -> bool:
    if flags.when is None or flags.zone is None:
        return True
    from .schedule import Schedule  # noqa: PLC0415 - loads zoneinfo, which lines without --when do not need

    try:
        return Schedule(flags.when, flags.zone).is_due(time.time())
    except ValueError as error:
        raise FlagError(f"--when: {error}") from None


def _launch(run: Run, problem: str | None, arrivals: int) -> Attempt:
    if problem:
        raise Refused("not_started", CANNOT, problem)
    _check_patterns(run.flags)
    _prepare_state(run)
    declare(run)
    try:
        _splay(run.flags.splay_seconds, arrivals)
        _take_lock(run, arrivals)
    except signals.Interrupted as interrupted:
        raise Refused("interrupted", interrupted.exit_code, "told to stop before the job was started") from None
    run.begin()
    try:
        return process.start(run)
    except process.NotExecutable as error:
        raise Refused("not_started", error.exit_code, str(error)) from None


def _check_patterns(flags: Flags) -> None:
    if not flags.fail_if and not flags.require:
        return
    from .expectations import Expectations  # noqa: PLC0415 - loads re, which lines without patterns do not need

    try:
        Expectations(flags.fail_if, flags.require)
    except ValueError as error:
        raise Refused("not_started", CANNOT, str(error)) from None


def _splay(longest_seconds: float, arrivals: int) -> None:
    """Wait a random part of the time, so that a host's jobs do not all begin at once."""
    until = time.monotonic() + longest_seconds * int.from_bytes(os.urandom(4), "big") / 2**32
    while (remaining := until - time.monotonic()) > 0:
        signals.pause(arrivals, remaining)


def _prepare_state(run: Run) -> None:
    """Make the private folders. Without them the job runs all the same."""
    try:
        for name in ("", "journal", "locks", "reports"):
            os.makedirs(os.path.join(run.state_directory, name), 0o700, exist_ok=True)
        run.report_path = os.path.join(run.state_directory, "reports", run.run_id + ".json")
    except OSError as error:
        run.remarks.append(f"no figures can be reported: {error}")


def _take_lock(run: Run, arrivals: int) -> None:
    """Take the lock as the line wants it. Where none can be made the job runs without, and the run says so."""
    wait_seconds = run.flags.overlap_wait_seconds
    if wait_seconds is None:
        return
    path = os.path.join(run.state_directory, "locks", run.flags.job + ".lock")
    try:
        run.lock = acquire(path, run.run_id, wait_seconds, arrivals)
    except LockTaken as taken:
        raise Refused("skipped", SKIPPED, f"the lock is held by {taken}") from None
    except OSError as error:
        run.remarks.append(f"runs without a lock: {error}")


def _second_half(run: Run, signal_pipe: tuple[int, int]) -> "Supervision":
    from .supervision import Supervision  # noqa: PLC0415 - with the job already running it delays nobody

    return Supervision(run, signal_pipe)


def _say(text: str) -> None:
    try:
        os.write(2, f"hos-cron: {text}\n".encode("utf-8", "backslashreplace"))
    except OSError:
        return  # nobody reads it; the exit code tells as much


if __name__ == "__main__":
    raise SystemExit(main())
