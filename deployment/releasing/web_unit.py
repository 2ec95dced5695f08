"""The site's service, as systemd has it."""

from pathlib import Path

from hallofshame.errors import Permanent

from . import programs

SERVICE, SOCKET = "hos-web.service", "hos-web.socket"
# Longer than the unit gives itself to stop and then to start.
_RESTARTED_WITHIN_SECONDS = 90
_LAST_LINES = 6


def restart() -> None:
    """Start it anew from `current`; connections wait in the socket meanwhile. Raises Permanent with what it said."""
    # Starts of before do not count: with them systemd may refuse this one.
    _systemctl("reset-failed", SERVICE, SOCKET)
    _systemctl("start", SOCKET)
    done = _systemctl("restart", SERVICE)
    if done.code:
        raise Permanent(f"{SERVICE} did not start: {_said() or done.told()}")


def stop() -> None:
    """Stop it and its socket: there is no release to serve."""
    _systemctl("stop", SERVICE, SOCKET)


def _said() -> str:
    """What it said last, for the message: why it did not start."""
    argv = ["journalctl", "--unit", SERVICE, "--output", "cat", "--no-pager", "--lines", "40"]
    lines = [line for line in programs.attempt(argv, Path("/"), 10).said.splitlines() if "fail" in line]
    return "\n  ".join(lines[-_LAST_LINES:])


def _systemctl(*argv: str) -> programs.Done:
    return programs.attempt(["systemctl", *argv], Path("/"), _RESTARTED_WITHIN_SECONDS)
