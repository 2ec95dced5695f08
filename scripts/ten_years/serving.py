"""Gunicorn as it is deployed, for any application: started on a free port, stopped by its own process."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

CONFIG = "python:hallofshame.deployment.gunicorn_config"
WORKERS = 2  # the default
_ROOT = Path(__file__).resolve().parents[2]
_STARTS_WITHIN_SECONDS = 30
_LISTENING = re.compile(r"Listening at: http://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class Site:
    """Where it answers, and the processes that do."""

    port: int
    workers: tuple[int, ...]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def megabytes(self) -> float:
        """Memory of all workers that is theirs alone or shared, as the kernel counts it (RSS)."""
        return sum(_resident_kib(pid) for pid in self.workers) / 1024


@contextmanager
def gunicorn(application: str = "", **variables: str) -> Iterator[Site]:
    """Serve an application, by default the one that is deployed."""
    with TemporaryDirectory(prefix="hos-bench-") as name:
        home = {"HOME": name, "XDG_RUNTIME_DIR": name, "HOS_STATE_DIR": f"{name}/state"}
        home["HOS_WEB_WORKERS"] = str(WORKERS)
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            CONFIG,
            "--bind",
            "127.0.0.1:0",
            "--pythonpath",
            f"{_ROOT}",
        ]
        log = Path(name) / "log"
        with (
            log.open("wb") as lines,
            subprocess.Popen(
                [*command, *([application] if application else [])],
                cwd=name,
                env=os.environ | home | variables,
                stderr=lines,
            ) as process,
        ):
            try:
                yield _started(process, log)
            finally:
                process.terminate()


def _started(process: "subprocess.Popen[bytes]", log: Path) -> Site:
    """Wait until the workers are there."""
    give_up_at = time.monotonic() + _STARTS_WITHIN_SECONDS
    while True:
        written = log.read_text(encoding="utf8")
        found, workers = _LISTENING.search(written), _children(process.pid)
        if found and len(workers) == WORKERS and written.count("Booting worker") == WORKERS:
            return Site(int(found[1]), workers)
        if process.poll() is not None or time.monotonic() > give_up_at:
            raise RuntimeError(f"gunicorn did not start: {written}")
        time.sleep(0.05)


def _children(pid: int) -> tuple[int, ...]:
    return tuple(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf8").split()))


def processor_seconds(pids: Iterable[int]) -> float:
    """What processes have computed so far, user and system, told by the kernel in ticks of a hundredth second."""
    return sum(map(_ticks, pids)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return int(fields[11]) + int(fields[12])


def _resident_kib(pid: int) -> int:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text(encoding="utf8").splitlines() if "VmRSS" in line]
    return int(line.split()[1])
