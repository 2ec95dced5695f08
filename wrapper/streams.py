"""A job's two output streams on their way: kept for the record, and passed on to the wrapper's own.

What the wrapper has to say takes the same way, so that it neither waits for a reader nor splits the job's lines.
"""

import os
import time

from hallofshame.redaction import Redactor

from .output import KeptOutput
from .passthrough import Passthrough
from .spool import Spool

STDOUT, STDERR = 1, 2
# How long the last bytes may take to leave when the run is over.
FINISH_SECONDS = 0.9


class Streams:
    """Keeps and passes on. With `quiet` nothing of the job's passes until `show` is called."""

    def __init__(self, job: str, redactor: Redactor, spool: Spool, wake: int, *, quiet: bool) -> None:
        self.kept = KeptOutput(spool)
        self._job = job
        self._redactor = redactor
        self._quiet = quiet
        out = Passthrough(wake)
        # Where both lead to the same place, one queue keeps the order of reading.
        self._ways = {STDOUT: out, STDERR: out if _same_file(STDOUT, STDERR) else Passthrough(wake)}
        self._loss_told = False

    def accepts(self, stream: int) -> bool:
        return self._quiet or self._ways[stream].accepts()

    def take(self, stream: int, data: bytes) -> None:
        self.kept.take(data, is_stderr=stream == STDERR)
        if not self._quiet:
            self._ways[stream].offer(stream, data)
            self._tell_of_loss(stream)

    def show(self, text: str) -> None:
        """Write text to stdout in the job's stead."""
        self._ways[STDOUT].offer(STDOUT, text.encode("utf-8", "backslashreplace"))

    def say(self, text: str) -> None:
        """Write one line of the wrapper's own to stderr; a newline in the text cannot begin another."""
        line = f"hos-cron: {self._job}: {' '.join(self._redactor.redact_text(text).split())}\n"
        self._ways[STDERR].offer(STDERR, line.encode())

    def finish(self) -> int:
        """Let the last bytes leave, for a second at most. Returns how many never did."""
        gives_up_at = time.monotonic() + FINISH_SECONDS
        self._ways[STDOUT].wait_until(gives_up_at)
        self._tell_of_loss(STDOUT)
        self._ways[STDERR].wait_until(gives_up_at)
        self._tell_of_loss(STDERR)
        return sum(way.lost_bytes + way.pending_bytes for way in set(self._ways.values()))

    def _tell_of_loss(self, stream: int) -> None:
        way = self._ways[stream]
        if way.lost_bytes and not self._loss_told:
            self._loss_told = True
            name = "stdout" if stream == STDOUT else "stderr"
            self.say(f"output is being lost on {name}: {way.failure or 'its reader does not keep up'}")


def _same_file(one: int, other: int) -> bool:
    return os.path.samestat(os.fstat(one), os.fstat(other))
