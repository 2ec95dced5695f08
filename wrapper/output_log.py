"""Make the log of a long output: first and last bytes from the spool, without their secrets. Done by the recorder."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from hallofshame.errors import Permanent
from hallofshame.output_logs import FIRST_BYTES, KEPT_BYTES, KEPT_LOGS, LAST_BYTES
from hallofshame.redaction import MARGIN_BYTES, Redactor

from . import spool

STEP_BYTES = 1 << 20  # redacted at once


def keep(path: Path, spooled: int, byte_count: int) -> None:
    """Write the log of `byte_count` bytes from the spool with that descriptor, and prune the job's older logs.

    Raises Permanent when the disk does not take it: a log is there as a whole or not at all.
    """
    unfinished = path.with_suffix(".part")
    try:
        with open(unfinished, "wb", opener=_private) as log:
            _write(log, spooled, byte_count)
        unfinished.rename(path)
        prune(path.parent)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise Permanent(f"{path}: the output's log cannot be kept: {error}") from None


def prune(folder: Path) -> None:
    """Remove what is too old or too much in a job's folder. Run ids sort by time. Raises OSError."""
    kept_bytes = 0
    for number, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        with suppress(FileNotFoundError):  # another recorder does the same
            kept_bytes += path.stat().st_size
            if number and (number >= KEPT_LOGS or kept_bytes > KEPT_BYTES):
                path.unlink()


def _write(log: BinaryIO, spooled: int, byte_count: int) -> None:
    redactor = Redactor(os.environb)
    first_end = min(FIRST_BYTES, byte_count)
    last_start = max(first_end, byte_count - LAST_BYTES)
    _copy(log, spooled, redactor, 0, first_end, byte_count)
    if last_start > first_end:
        log.write(b"\n[%d bytes cut]\n" % (last_start - first_end))
    _copy(log, spooled, redactor, last_start, byte_count, byte_count)


def _copy(log: BinaryIO, spooled: int, redactor: Redactor, start: int, end: int, byte_count: int) -> None:
    for position in range(start, end, STEP_BYTES):
        stop = min(position + STEP_BYTES, end)
        before = max(0, position - MARGIN_BYTES)
        data = spool.read(spooled, before, min(stop + MARGIN_BYTES, byte_count))
        log.write(redactor.redact(data, position - before, stop - before))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
