"""One run as the wrapper knows it before any bookkeeping is loaded: who it is, when, and what its job is told."""

import os
import time

from hallofshame.run_id import new_run_id

from .flags import Flags

# Set for the job, and taken away from whatever is not part of the run.
VARIABLES = ("HOS_RUN_ID", "HOS_JOB", "HOS_SCHEDULED_AT", "HOS_DEADLINE", "HOS_ATTEMPT", "HOS_REPORT")


class Run:
    """Moments are seconds since the epoch; `limit_at` and what is named so are moments of the monotonic clock.

    `report_path` is None where no folder for it could be made. `remarks` are what an operator should know besides how
    the run ended.
    """

    def __init__(self, flags: Flags, state_directory: str) -> None:
        self.flags = flags
        self.state_directory = state_directory
        self.scheduled_at = time.time() // 60 * 60
        self.run_id = new_run_id(time.time())
        self.attempts = 0
        self.attempt_ends: list[dict[str, object]] = []
        self.remarks: list[str] = []
        self.report_path: str | None = None
        self.lock: int | None = None
        self.begin()

    def begin(self) -> None:
        """Start the clocks: the job is about to be spawned."""
        self.started_at = time.time()
        self.started_monotonic = time.monotonic()
        self.limit_at = self.started_monotonic + self.flags.timeout_seconds
        self.finished_at = self.started_at
        self.finished_monotonic = self.started_monotonic

    def end(self) -> None:
        """Stop the clocks."""
        self.finished_at = time.time()
        self.finished_monotonic = time.monotonic()

    @property
    def duration_seconds(self) -> float:
        return self.finished_monotonic - self.started_monotonic

    def list_attempt(self, exit_code: int | None, signal: str | None, duration_seconds: float) -> None:
        """Write down how an attempt ended, in the fields of model.AttemptEnd."""
        seconds = round(duration_seconds, 6)
        self.attempt_ends.append({"exit_code": exit_code, "signal": signal, "duration_seconds": seconds})

    def variables(self) -> dict[str, str]:
        """The environment of the current attempt."""
        return os.environ | {
            "HOS_RUN_ID": self.run_id,
            "HOS_JOB": self.flags.job,
            "HOS_SCHEDULED_AT": iso(self.scheduled_at),
            "HOS_DEADLINE": iso(self.started_at + self.flags.timeout_seconds),
            "HOS_ATTEMPT": str(self.attempts),
            "HOS_REPORT": self.report_path or os.devnull,
        }


def iso(epoch_seconds: float) -> str:
    """Write a moment as ISO 8601 UTC, with microseconds where there are any; datetime would delay every job."""
    microseconds = round(epoch_seconds * 1_000_000)
    seconds, fraction = divmod(microseconds, 1_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + (f".{fraction:06}Z" if fraction else "Z")
