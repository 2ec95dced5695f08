"""Start the job's process. Knows nothing of limits in time, output or records."""

import os
import time

from . import signals
from .run import Run

NOT_FOUND = 127
NOT_EXECUTABLE = 126


class NotExecutable(Exception):
    """The command cannot be executed; `exit_code` is what a shell would exit with."""

    def __init__(self, command: str, error: OSError) -> None:
        super().__init__(f"{command!r} cannot be executed: {error.strerror}")
        self.exit_code = NOT_FOUND if isinstance(error, FileNotFoundError | NotADirectoryError) else NOT_EXECUTABLE


class Attempt:
    """One started process of the job: its pid, which is its process group too, and the pipes it writes to.

    `started_monotonic` is a moment of the monotonic clock.
    """

    __slots__ = ("pid", "started_monotonic", "stderr", "stdout")

    def __init__(self, pid: int, stdout: int, stderr: int, started_monotonic: float) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self.started_monotonic = started_monotonic


def start(run: Run) -> Attempt:
    """Execute the run's command as it stands, in its own process group. Raises NotExecutable."""
    run.attempts += 1
    stdout, job_stdout = os.pipe()
    stderr, job_stderr = os.pipe()
    started_monotonic = time.monotonic()
    try:
        pid = _spawn(run, job_stdout, job_stderr)
    except OSError as error:
        os.close(stdout)
        os.close(stderr)
        raise NotExecutable(run.flags.command[0], error) from None
    finally:
        os.close(job_stdout)
        os.close(job_stderr)
    return Attempt(pid, stdout, stderr, started_monotonic)


def open_standard_streams() -> None:
    """Give a closed stdin, stdout or stderr to /dev/null, so that no pipe or file of ours gets its number."""
    while (lowest := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(lowest, True)
    os.close(lowest)


def _spawn(run: Run, stdout: int, stderr: int) -> int:
    pid = os.posix_spawnp(
        run.flags.command[0],
        run.flags.command,
        run.variables(),
        file_actions=(
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, stdout, 1),
            (os.POSIX_SPAWN_DUP2, stderr, 2),
        ),
        setpgroup=0,
        setsigmask=(),
        setsigdef=signals.default_in_the_job(),
    )
    try:
        _bound(run, pid)
    except (OSError, ValueError) as error:
        run.remarks.append(f"--nice or --memory-max has no effect: {error}")
    return pid


def _bound(run: Run, pid: int) -> None:
    """Set the limits of the process from outside: posix_spawn cannot, and the wrapper needs none."""
    if run.flags.nice:
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + run.flags.nice)
    if run.flags.memory_max_bytes:
        import resource  # noqa: PLC0415 - most lines do without

        resource.prlimit(pid, resource.RLIMIT_AS, (run.flags.memory_max_bytes, run.flags.memory_max_bytes))
