"""What may come from outside while a deploy goes on: a connection that drops is nothing, Ctrl-C and TERM are."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class Stopped(BaseException):
    """Somebody wants it to end: what was begun is taken back."""


def watch() -> None:
    """Outlive the terminal; have Ctrl-C and TERM raise Stopped."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


@contextmanager
def none() -> Iterator[None]:
    """In here they have no effect: it is taken back already."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say(text: str, *, is_error: bool = False) -> None:
    """Print a line, if there is anybody left to read it."""
    stream = sys.stderr if is_error else sys.stdout
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except OSError:
        # What is still buffered would fail once more at the end, and change the exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _stop(number: int, _: FrameType | None) -> NoReturn:
    raise Stopped(signal.Signals(number).name)
