"""The wrapper or its recorder, killed before any system call of its own: whatever it did, one row tells the truth.

strace(1) counts the calls of a process and sends SIGKILL before the one that was drawn.
"""

import os
import re
import socket
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hallofshame import replay, settings
from hallofshame.model import Run, RunState
from hallofshame.store import database, runs
from hallofshame.store import engine as engines
from tests.wrapper.conftest import HOS_CRON, kill, processes_with, wait_until

JOB = "crash-points"
UP, DOWN, HANGING = "up", "down", "hanging"
WRAPPER, RECORDER, NOBODY = "wrapper", "recorder", "nobody"
RAN = "ran"  # the file where a job says that it came to its end
LONG_JOB_SECONDS = 2.2  # so that its recorder is started at the start as well
REFUSING = "mysql+pymysql://root@127.0.0.1:1/hos"

# The recorder is started by the wrapper: this puts strace before it.
TRACE_THE_RECORDER = """\
import os, sys
if sys.orig_argv[-1].endswith("wrapper.record"):
    trace = os.environ.pop("TRACE_THE_RECORDER", "").split()
    if trace:
        os.execvp("strace", ["strace", *trace, sys.executable, *sys.orig_argv[1:]])
"""
_CALL = re.compile(r"(\w+)\(")


@dataclass(frozen=True)
class Call:
    """A process's nth system call of that name."""

    name: str
    number: int

    @property
    def trace(self) -> list[str]:
        return [
            "-qq",
            "-o",
            os.devnull,
            "-e",
            f"trace={self.name}",
            "-e",
            f"inject={self.name}:signal=KILL:when={self.number}",
        ]


@dataclass(frozen=True)
class Schedule:
    """What happens to one run."""

    database: str
    victim: str
    call: Call
    exit_code: int
    is_long: bool


class Chaos:
    """Runs of one job in one state directory, with a migrated MariaDB database that is reachable at the end of each."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._state = folder, folder / "state"
        self._url = url
        (folder / "sitecustomize.py").write_text(TRACE_THE_RECORDER, encoding="utf8")
        self._hanging = socket.create_server(("127.0.0.1", 0), backlog=1_000)
        self._engine = database.open_ready(url)
        self._entered: set[str] = set()

    def close(self) -> None:
        self._hanging.close()
        self._engine.dispose()

    def calls(self) -> dict[str, list[Call]]:
        """Every system call of an undisturbed wrapper from its lock on, and of its recorder from the journal on."""
        traces = {victim: self._folder / f"{victim}.trace" for victim in (WRAPPER, RECORDER)}
        self._run(
            Schedule(UP, NOBODY, Call("none", 1), 0, is_long=False),
            *(["-qq", "-s", "200", "-o", str(trace)] for trace in traces.values()),
        )
        self._settle(UP)
        self._flush()
        self._new_rows()
        return {WRAPPER: _calls(traces[WRAPPER], "flock("), RECORDER: _calls(traces[RECORDER], "/journal")}

    def play(self, schedule: Schedule) -> str | None:
        """Run it, reconcile, flush. Returns what is wrong then, None when all is as it should be."""
        wrapper = schedule.call.trace if schedule.victim == WRAPPER else None
        recorder = schedule.call.trace if schedule.victim == RECORDER else None
        lock_before = self._lock()
        exit_code = self._run(schedule, wrapper, recorder)
        self._settle(schedule.database)
        self._flush()
        new = self._new_rows()
        if not new and exit_code < 0 and self._lock() == lock_before:
            return None  # it made more calls than usual before it took the lock, and was killed while starting up
        return self._wrong(schedule, exit_code, new)

    def _run(self, schedule: Schedule, wrapper: list[str] | None, recorder: list[str] | None) -> int:
        seconds = LONG_JOB_SECONDS if schedule.is_long else 0
        script = f"sleep {seconds}; echo hello; echo $HOS_RUN_ID >> {RAN}; exit {schedule.exit_code}"
        own = {
            "HOS_STATE_DIR": str(self._state),
            "HOS_DATABASE_URL": self._url_of(schedule.database),
            "PYTHONPATH": str(self._folder),
            "TRACE_THE_RECORDER": " ".join(recorder or []),
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HOS_", "COVERAGE"))}
        line = [*(["strace", *wrapper] if wrapper else []), str(HOS_CRON), JOB, "--", "sh", "-c", script]
        return subprocess.run(
            line, env=inherited | own, cwd=self._folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).returncode

    def _url_of(self, state: str) -> str:
        if state == HANGING:
            return f"mysql+pymysql://root@127.0.0.1:{self._hanging.getsockname()[1]}/hos"
        return self._url if state == UP else REFUSING

    def _settle(self, state: str) -> None:
        """Wait until all that was started is gone; what hangs is killed once it hangs."""
        if state == HANGING:
            self._hanging.settimeout(0.01)
            wait_until(lambda: self._is_quiet() or self._was_called())
            wait_until(self._is_killed)
        wait_until(self._is_quiet)

    def _is_killed(self) -> bool:
        kill(self._alive())  # again and again: one may just be starting another
        return self._is_quiet()

    def _is_quiet(self) -> bool:
        """Whether nothing is alive in several looks: one that is just starting has no environment yet."""
        for _ in range(3):
            if self._alive():
                return False
            time.sleep(0.01)
        return True

    def _was_called(self) -> bool:
        try:
            self._hanging.accept()[0].close()
        except TimeoutError:
            return False
        return True

    def _alive(self) -> list[int]:
        return processes_with("HOS_STATE_DIR", str(self._state))

    def _flush(self) -> None:
        given = {"HOS_STATE_DIR": str(self._state), "HOS_DATABASE_URL": self._url}
        replay.flush(settings.load(given, self._folder / "no-env-file"))

    def _lock(self) -> str:
        lock = Path(self._state, "locks", f"{JOB}.lock")
        return lock.read_text(encoding="ascii") if lock.exists() else ""

    def _wrong(self, schedule: Schedule, exit_code: int, new: list[Run]) -> str | None:
        if len(new) != 1:
            return f"{len(new)} rows instead of one"
        [run] = new
        left = [*Path(self._state, "journal").glob("*.jsonl"), *Path(self._state, "reports").iterdir()]
        left += Path(self._state).rglob("*.spool")
        if left:
            return f"left behind: {left}"
        return self._untrue(run, schedule, exit_code)

    def _new_rows(self) -> list[Run]:
        with engines.read(self._engine) as conn:
            new = [run for run in runs.latest(conn, JOB, limit=10) if run.run_id not in self._entered]
        self._entered |= {run.run_id for run in new}
        return new

    def _untrue(self, run: Run, schedule: Schedule, exit_code: int) -> str | None:
        """What the row says that did not happen."""
        ran = run.run_id in Path(self._folder, RAN).read_text(encoding="ascii").split()
        expected = RunState.FAILED if schedule.exit_code else RunState.SUCCEEDED
        if run.state is RunState.LOST and exit_code < 0:
            return None if run.exit_code is None and run.finished_at else "lost, with an exit code or without an end"
        if (run.state, run.exit_code) != (expected, schedule.exit_code) or not ran:
            return (
                f"{run.state} ({run.exit_code}) of a job that {'ended' if ran else 'did not run'}; wrapper {exit_code}"
            )
        return None


def draw(random: Random, calls: dict[str, list[Call]]) -> Schedule:
    """A schedule; a long job is a rare one, for it takes seconds."""
    victim = random.choice([WRAPPER, WRAPPER, RECORDER])
    name = random.choice(sorted({call.name for call in calls[victim]}))  # the rare ones are those that matter
    return Schedule(
        database=random.choice([UP, UP, DOWN, HANGING]),
        victim=victim,
        call=random.choice([call for call in calls[victim] if call.name == name]),
        exit_code=random.choice([0, 3]),
        is_long=random.random() < 0.05,
    )


def _calls(trace: Path, first: str) -> list[Call]:
    """The calls from the first line that holds `first` on, each with its number since the start of the process."""
    numbers: Counter[str] = Counter()
    found, has_begun = [], False
    for line in trace.read_text(encoding="utf8", errors="replace").splitlines():
        match = _CALL.match(line)
        if match:
            numbers[match[1]] += 1
            has_begun = has_begun or first in line
            if has_begun:
                found.append(Call(match[1], numbers[match[1]]))
    return found
