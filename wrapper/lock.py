"""One run of a job at a time on this host: a flock(2) on a file, which the kernel releases however its holder ends.

The file stays: removing it would let a second holder lock a new file of the same name.
"""

import fcntl
import os
import time

from . import signals

RETRY_SECONDS = 0.1


class LockTaken(Exception):
    """Another run holds the lock; the message is what that run wrote about itself."""


def acquire(path: str, run_id: str, wait_seconds: float, arrivals: int) -> int:
    """Take the lock and return its descriptor. Like all that Python opens it closes on exec: no child holds it.

    Waits at most `wait_seconds`. Raises LockTaken, signals.Interrupted, or OSError when no lock can be made.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    gives_up_at = time.monotonic() + wait_seconds
    while not _try(lock):
        seconds = gives_up_at - time.monotonic()
        if seconds <= 0:
            holder = os.read(lock, 200).decode("ascii", "replace").strip()
            os.close(lock)
            raise LockTaken(holder or "a run that has only just taken it")
        signals.pause(arrivals, min(seconds, RETRY_SECONDS))
    _sign(lock, run_id)
    return lock


def _try(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(lock: int, run_id: str) -> None:
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"run {run_id}, pid {os.getpid()}\n".encode(), 0)
    except OSError:
        return  # a full disk: the lock holds all the same, only its holder's name is missing
