"""Other programs, run to their end or their limit. What they said is kept in memory, because the disk may be full."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hallofshame.errors import Permanent

LAST_LINES = 15  # of what a program said, in a message
TOO_LONG = 124  # as timeout(1) has it

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended, and what it said on either stream."""

    name: str
    code: int
    said: str

    def told(self) -> str:
        """The end of what it said, with how it ended."""
        lines = [line for line in self.said.splitlines() if line.strip()][-LAST_LINES:]
        how = "did not end within its time" if self.code == TOO_LONG else f"exit {self.code}"
        return "\n  ".join([f"{self.name}: {how}", *lines])


def run(argv: Sequence[str], folder: Path, within_seconds: float, **given: str) -> str:
    """What a program says. Raises Permanent with the end of it where it fails or takes too long."""
    done = attempt(argv, folder, within_seconds, **given)
    if done.code:
        raise Permanent(done.told())
    return done.said


def attempt(argv: Sequence[str], folder: Path, within_seconds: float, **given: str) -> Done:
    """Run a program in a session of its own, which ends with it, with its time, or with us. Raises Permanent.

    `given` goes over the environment it inherits.
    """
    descriptor = os.memfd_create("said")
    try:
        process = _started(argv, folder, descriptor, given)
        try:
            code = process.wait(within_seconds)
        except subprocess.TimeoutExpired:
            code = TOO_LONG
        finally:
            _end(process)
        said = os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")
        return Done(_name(argv), code, said)
    finally:
        os.close(descriptor)


def _started(argv: Sequence[str], folder: Path, output: int, given: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    def begin() -> None:
        _die_with_parent()
        for name, value in given.items():  # not by env(1): everybody on the host can read a command line
            os.putenv(name, value)

    try:
        return subprocess.Popen(
            argv,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=begin,  # noqa: PLW1509 - one thread
        )
    except OSError as error:
        raise Permanent(f"{argv[0]} cannot be run: {error.strerror}") from None


def _die_with_parent() -> None:
    """Nothing goes on building for a deploy that was killed."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _name(argv: Sequence[str]) -> str:
    """The program with its first words, without what makes it another user's."""
    words = argv[argv.index("--") + 1 :] if "runuser" in argv[0] else argv
    return " ".join([Path(words[0]).name, *words[1:3]])
