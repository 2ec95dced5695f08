"""Runs whose wrapper is alive on this host: found by what it wrote down, and stopped, but never a stranger."""

import os
import re
import select
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hallofshame import processes
from hallofshame.errors import Permanent
from hallofshame.journal import Journal

_SIGNATURE = re.compile(r"run (\S+), pid (\d+)")  # as wrapper/lock.py writes it


@dataclass(frozen=True, slots=True)
class LivingRun:
    """A run and the process of its wrapper. `waits` is true while it has not started its job."""

    run_id: str
    pid: int
    start_ticks: int
    waits: bool = False


def of_job(state_directory: Path, job: str) -> list[LivingRun]:
    """Every run of the job that is alive here, oldest first. Raises Permanent where that may not be read."""
    try:
        found = [*_journalled(state_directory, job), *_holder(state_directory / "locks" / f"{job}.lock")]
    except OSError as error:
        raise Permanent(f"{error}: call as the user whose jobs these are, or as root") from None
    by_id = {run.run_id: run for run in found}  # who holds the lock does not wait
    return [by_id[run_id] for run_id in sorted(by_id)]


def stop(run: LivingRun, longest_seconds: float) -> bool:
    """Send TERM to the wrapper, which stops all of its run. Returns False when it is still there after that time."""
    try:
        process = os.pidfd_open(run.pid)
    except ProcessLookupError:
        return True
    try:
        # Asked only now: from here on the descriptor means this process, whoever gets its pid.
        if processes.start_ticks(run.pid) != run.start_ticks:
            return True
        signal.pidfd_send_signal(process, signal.SIGTERM)
        ended, _, _ = select.select([process], [], [], longest_seconds)
    except ProcessLookupError:
        return True
    except PermissionError:
        raise Permanent(f"run {run.run_id}, pid {run.pid}, is another user's: call as that user or as root") from None
    finally:
        os.close(process)
    return bool(ended)


def _journalled(state_directory: Path, job: str) -> Iterator[LivingRun]:
    for entry in Journal(state_directory).entries():
        record = entry.record
        if record.get("job") != job or entry.ended:
            continue
        pid, ticks = record.get("pid", 0), record.get("pid_start_ticks", 0)
        if processes.is_alive(record.get("boot_id", ""), pid, ticks):
            yield LivingRun(entry.run_id, pid, ticks, waits=not record.get("attempts"))


def _holder(lock: Path) -> Iterator[LivingRun]:
    """Who signed the lock, if the kernel says that it still holds it: its journal may not have been written."""
    try:
        signature, inode = _SIGNATURE.match(lock.read_text("ascii", "replace")), lock.stat().st_ino
    except FileNotFoundError:
        return
    if signature and (int(signature[2]), inode) in set(_held_locks()):
        pid = int(signature[2])
        yield LivingRun(signature[1], pid, processes.start_ticks(pid))


def _held_locks() -> Iterator[tuple[int, int]]:
    """The pid and the inode of every flock(2) on this host, as proc(5) lists them."""
    for line in processes.read("/proc/locks").decode().splitlines():
        fields = line.split()
        if fields[1] == "FLOCK":
            yield int(fields[4]), int(fields[5].rpartition(":")[2])
