"""What is written down of a run, and where: the record's fields, the journal, and the recorder that takes it on.

Nothing here may fail the run: what cannot be done is said, and left to the next one who can.
"""

import os

from hallofshame import processes
from hallofshame.journal import Journal
from hallofshame.redaction import Redactor

from . import environment, recorder
from .ending import Ending
from .output import KeptOutput
from .run import Run, iso
from .spool import Spool
from .watching import Watch

TYPE_CHECKING = False  # the one in typing costs as much as all of this module
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Bookkeeping:
    """The records of one run. `say` puts a line before the operator."""

    def __init__(self, run: Run, redactor: Redactor, say: "Callable[[str], None]") -> None:
        self._run = run
        self._redactor = redactor
        self._say = say
        self._journal = Journal(run.state_directory)
        self._opening = _opening(run, redactor)
        self._unwritten: dict[str, Any] | None = None

    def begin(self) -> None:
        """Put on disk that the run has started."""
        self._write(self._opening)

    def end(self, ending: Ending, facts: "dict[str, Any] | None" = None) -> None:
        """Put on disk how the run ended; `facts` are what was seen of it."""
        run = self._run
        reasons = [*([ending.reason] if ending.reason else []), *run.remarks]
        closing = {
            "state": ending.state,
            "finished_at": iso(run.finished_at),
            "duration_seconds": round(run.duration_seconds, 6),
            "exit_code": ending.exit_code,
            "signal": ending.signal,
            "attempts": run.attempts,
            "attempt_ends": run.attempt_ends,
            "reason": self._redactor.redact_text("; ".join(reasons)) or None,
        }
        self._write(self._opening | closing | (facts or {}))

    def start_recorder(self, spool: Spool | None = None) -> int | None:
        """Have the journal brought to the database, and the spool to its log, by a process of its own.

        Returns its pid, None where that fails.
        """
        run = self._run
        try:
            return recorder.start(run.state_directory, self._unwritten, spool, in_view=run.flags.sync)
        except OSError as error:
            self._say(f"the recorder cannot be started, the journal waits for the next one: {error}")
            return None

    def _write(self, record: "dict[str, Any]") -> None:
        try:
            self._journal.append(record)
            self._unwritten = None
        except OSError as error:
            if self._unwritten is None:
                self._say(f"the journal cannot be written, the record goes straight to the database: {error}")
            self._unwritten = record


def facts_of(watch: Watch, kept: KeptOutput, report: dict[str, float], redactor: Redactor) -> "dict[str, Any]":
    """What was seen of a run that had a process."""
    return {
        "cpu_seconds": round(watch.cpu_seconds, 6),
        "peak_memory_bytes": watch.peak_memory_bytes,
        "minor_faults": watch.minor_faults,
        "major_faults": watch.major_faults,
        "output_bytes": kept.byte_count,
        "output_lines": kept.line_count,
        "output_head": kept.head(redactor),
        "output_tail": kept.tail(redactor),
        "stderr_tail": kept.stderr_tail(redactor),
        "leftover": bool(watch.leftover),
        "report": {redactor.redact_text(name): figure for name, figure in report.items()},
    }


def _opening(run: Run, redactor: Redactor) -> "dict[str, Any]":
    return {
        "run_id": run.run_id,
        "job": run.flags.job,
        "state": "running",
        "host": os.uname().nodename,
        "boot_id": processes.boot_id(),
        "pid": os.getpid(),
        "pid_start_ticks": processes.start_ticks(os.getpid()),
        "argv": redactor.redact_command(run.flags.command),
        "scheduled_at": iso(run.scheduled_at),
        "started_at": iso(run.started_at),
        "lateness_seconds": round(run.started_at - run.scheduled_at, 6),
        "release": redactor.redact_text(environment.release() or "") or None,
        "timeout_seconds": run.flags.timeout_seconds,
        "attempts": run.attempts,
    }
