"""Run the installed hos-cron as cron does, and look at all it leaves behind: code, output, record, processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hallofshame.journal import Entry, Journal, run_from_record
from hallofshame.model import Run
from hallofshame.store import database, runs
from hallofshame.store import engine as engines

HOS_CRON = Path(sys.executable).with_name("hos-cron")
PATIENCE_SECONDS = 20.0
# A busy machine may take this long over what should be prompt, and no more: jobs that must be ended would run for
# minutes. The sharp figures are those of `scripts/bench wrapper`.
PROMPT_SECONDS = 15.0

# Each run starts a recorder, which takes half a second of processor time. Most tests ask the journal instead.
NO_RECORDER = """\
import os, sys
if sys.orig_argv[-1].endswith("wrapper.record"):
    os._exit(0)
"""


@dataclass(frozen=True)
class Outcome:
    """What one call of hos-cron came to."""

    exit_code: int
    stdout: bytes
    stderr: str
    wall_seconds: float
    record: dict[str, Any]

    @property
    def run(self) -> Run:
        return run_from_record(self.record)


class Running:
    """A hos-cron that has been started."""

    def __init__(self, cron: "HosCron", process: subprocess.Popen[bytes], known: set[str], started: float) -> None:
        self.process = process
        self._cron = cron
        self._known = known
        self._started = started

    def read_line(self) -> str:
        """Wait for the next line of output."""
        assert self.process.stdout
        return self.process.stdout.readline().decode().rstrip("\n")

    def read_error_line(self) -> str:
        """Wait for the next line on stderr."""
        assert self.process.stderr
        return self.process.stderr.readline().decode().rstrip("\n")

    def finish(self, *, leftover: bool = False) -> Outcome:
        """Wait for the end, and check that exactly one record and, unless told otherwise, no process is left."""
        stdout, stderr = self.process.communicate(timeout=PATIENCE_SECONDS * 3)
        wall_seconds = time.monotonic() - self._started
        [entry] = [entry for entry in self._cron.entries() if entry.run_id not in self._known]
        alive = processes_of(entry.run_id)
        kill(alive)
        assert bool(alive) == leftover, f"alive after the run: {alive}"
        assert entry.ended
        assert not entry.torn
        return Outcome(
            self.process.returncode, stdout or b"", (stderr or b"").decode(errors="replace"), wall_seconds, entry.record
        )


class HosCron:
    """Calls hos-cron with a state directory of its own. Keyword arguments become flags."""

    def __init__(self, state: Path, environment: dict[str, str]) -> None:
        self.state = state
        self.environment = environment | {"HOS_STATE_DIR": str(state)}
        self.cwd = state.parent
        self._started: list[subprocess.Popen[bytes]] = []

    def __call__(self, *command: str, leftover: bool = False, **flags: Any) -> Outcome:
        return self.start(*command, **flags).finish(leftover=leftover)

    def start(self, *command: str, job: str = "job", stdout: Any = subprocess.PIPE, **flags: Any) -> Running:
        return self.start_line([str(HOS_CRON), job, *as_flags(flags), "--", *command], stdout)

    def shell(self, script: str) -> Outcome:
        """Run a shell script that calls `$hos_cron` once."""
        return self.start_line(["sh", "-c", f"hos_cron={HOS_CRON}; {script}"]).finish()

    def start_line(self, line: list[str], stdout: Any = subprocess.PIPE) -> Running:
        """Start hos-cron by a line of one's own."""
        known, started = {entry.run_id for entry in self.entries()}, time.monotonic()
        process = subprocess.Popen(
            line,
            bufsize=0,  # so that read_line takes no more than its line
            env=self.environment,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
        self._started.append(process)
        return Running(self, process, known, started)

    def call(self, *line: str) -> subprocess.CompletedProcess[str]:
        """Call with a line from which no record is expected."""
        return subprocess.run(
            [HOS_CRON, *line], env=self.environment, cwd=self.cwd, capture_output=True, text=True, check=False
        )

    def entries(self) -> list[Entry]:
        return Journal(self.state).entries()

    def wait_for_all_processes(self) -> None:
        """Wait until no process of ours is left: wrapper, job or recorder; fail when one stays."""
        wait_until(lambda: not processes_with("HOS_STATE_DIR", str(self.state)))

    def settled(self, limit: int = 50) -> list[Run]:
        """Wait until no process of ours is left, and return the newest runs in the database, the newest first."""
        self.wait_for_all_processes()
        default = f"sqlite:///{self.state}/hallofshame.sqlite3"
        return stored_runs(self.environment.get("HOS_DATABASE_URL", default), limit)

    def stop_all(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()
            process.wait()
        kill(processes_with("HOS_STATE_DIR", str(self.state)))


def stored_runs(url: str, limit: int = 50) -> list[Run]:
    """The newest runs in a database, the newest first."""
    opened = database.open_as_it_is(url)
    try:
        with engines.read(opened) as conn:
            return runs.latest(conn, limit=limit)
    finally:
        opened.dispose()


def as_flags(flags: dict[str, Any]) -> Iterator[str]:
    for name, value in flags.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            yield flag
        else:
            for each in value if isinstance(value, list) else [value]:
                yield from (flag, str(each))


def processes_of(run_id: str) -> list[int]:
    """Every living process that carries the run's id, after those that are just going have gone."""
    found: list[int] = []
    for _ in range(20):
        found = processes_with("HOS_RUN_ID", run_id)
        if not found:
            break
        time.sleep(0.01)
    return found


def kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def processes_with(variable: str, value: str) -> list[int]:
    """Every living process that has it in its environment."""
    mark = f"{variable}={value}".encode()
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _has_in_environment(path, mark)]


def _has_in_environment(process: Path, mark: bytes) -> bool:
    try:
        environment = (process / "environ").read_bytes()
        state = (process / "stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return mark in environment.split(b"\0") and state not in b"ZX"


def without_coverage(environment: dict[str, str]) -> dict[str, str]:
    """The same without what makes every process measure itself, which takes time and memory."""
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE")}


def wait_until(condition: Callable[[], Any]) -> None:
    """Wait for something to become true, and fail when it does not."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up_at, "it did not happen"
        time.sleep(0.005)


@pytest.fixture
def hos_cron(tmp_path: Path) -> Iterator[HosCron]:
    """hos-cron with a recorder that does nothing, so that records stay in the journal."""
    stub = tmp_path / "no-recorder"
    stub.mkdir()
    (stub / "sitecustomize.py").write_text(NO_RECORDER, encoding="utf8")
    yield from _cron(tmp_path, {"PYTHONPATH": str(stub)})


@pytest.fixture
def recording_hos_cron(tmp_path: Path) -> Iterator[HosCron]:
    """hos-cron as it is, on a database of its own."""
    yield from _cron(tmp_path, {})


@pytest.fixture
def private_mounts() -> None:
    """For tests that mount what only one of their processes sees."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("mounting takes root")


def _cron(tmp_path: Path, environment: dict[str, str]) -> Iterator[HosCron]:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # these tests may themselves run under nohup
    cron = HosCron(tmp_path / "state", os.environ | environment)
    yield cron
    cron.stop_all()
