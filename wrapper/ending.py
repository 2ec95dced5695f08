"""What the end of a run means: its state, the code hos-cron exits with, and the sentence that says why. Pure."""

import os
import signal

TIMED_OUT = 124
SIGNALLED = 128


class Ending:
    """How a run ended. `state` is a value of model.RunState, `signal` is the name of the one that killed the job."""

    __slots__ = ("exit_code", "reason", "signal", "state")

    def __init__(self, state: str, exit_code: int, reason: str | None, signal_name: str | None = None) -> None:
        self.state = state
        self.exit_code = exit_code
        self.reason = reason
        self.signal = signal_name


def of_job(wait_status: int, complaint: str | None) -> Ending:
    """The job ended by itself. `complaint` is what is wrong with the output of one that says it succeeded."""
    name, code = signal_of(wait_status), exit_code_of(wait_status)
    if name:
        return Ending("failed", code, f"killed by {name}", name)
    if code:
        return Ending("failed", code, f"exit code {code}")
    return Ending("failed", 1, complaint) if complaint else Ending("succeeded", 0, None)


def of_time_limit(wait_status: int | None, timeout_seconds: float) -> Ending:
    """The run was stopped at its limit; `wait_status` is None when not even that succeeded."""
    return Ending("timed_out", TIMED_OUT, f"still running after {timeout_seconds:g} s", signal_of(wait_status))


def of_interruption(wait_status: int | None, number: int) -> Ending:
    """The wrapper got a signal and passed it on; `wait_status` is None when there was no process at that moment."""
    why = f"the wrapper was told to stop by {signal.Signals(number).name}"
    return Ending("interrupted", SIGNALLED + number, why, signal_of(wait_status))


def exit_code_of(wait_status: int) -> int:
    """What a shell would say: the job's code, 128+n for signal n."""
    code = os.waitstatus_to_exitcode(wait_status)
    return SIGNALLED - code if code < 0 else code


def signal_of(wait_status: int | None) -> str | None:
    """The name of the signal that killed the job, None when none did or nobody knows."""
    if wait_status is None or not os.WIFSIGNALED(wait_status):
        return None
    number = os.WTERMSIG(wait_status)
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"  # a real-time signal between the named ones
