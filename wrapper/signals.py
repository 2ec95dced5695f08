"""Signals to the wrapper, turned into bytes on a pipe so that the one poll loop sees them among everything else.

Uses `_signal`, the built-in module below `signal`: the public one imports enum, which would delay every job.
"""

import _signal  # type: ignore[import-not-found]  # typeshed describes only the public module
import os
import select

ENDING = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP, _signal.SIGQUIT)
PASSED_ON = (_signal.SIGUSR1, _signal.SIGUSR2)


class Interrupted(Exception):
    """The wrapper was told to stop before there was a job to pass that on to."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


def watch() -> tuple[int, int]:
    """Catch them all from now on. Returns both ends of the pipe: each signal's number arrives as one byte."""
    arrivals, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    _signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in _caught():
        _signal.signal(number, _only_wake)
    return arrivals, wake


def default_in_the_job() -> tuple[int, ...]:
    """What the job must not inherit: what is caught here, and what Python ignores."""
    return (*_caught(), _signal.SIGPIPE, _signal.SIGXFSZ)


def pause(arrivals: int, seconds: float) -> None:
    """Sleep, or less: a signal may end it early. Raises Interrupted when it was one that ends the run."""
    poll = select.poll()
    poll.register(arrivals, select.POLLIN)
    if poll.poll(seconds * 1_000):
        for number in os.read(arrivals, 4_096):
            if number in ENDING:
                raise Interrupted(number)


def _caught() -> tuple[int, ...]:
    # SIGCHLD tells that the job, or an orphan that was given to us, has ended.
    numbers = (*ENDING, *PASSED_ON, _signal.SIGCHLD)
    # nohup(1) has SIGHUP ignored, by us and by the job.
    return tuple(number for number in numbers if number != _signal.SIGHUP or not _is_ignored(number))


def _is_ignored(number: int) -> bool:
    return bool(_signal.getsignal(number) == _signal.SIG_IGN)


def _only_wake(_number: int, _frame: object) -> None:
    """The byte on the pipe says it all; without a handler the signal would act on the wrapper."""
