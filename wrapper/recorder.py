"""Start the recorder (record.py): a process of its own, with nothing in its hands that anybody waits for."""

# ruff: noqa: PTH118, PTH123 - pathlib costs more than all of this module

import json
import os
import sys

from .environment import STATE_DIRECTORY
from .run import VARIABLES

TYPE_CHECKING = False  # the one in typing costs as much, too
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from .spool import Spool

LOG_BYTES = 1 << 20  # beyond that the log starts anew
_SPOOL = 3  # its descriptor in the recorder


def start(state_directory: str, record: "dict[str, Any] | None", spool: "Spool | None", *, in_view: bool) -> int:
    """Start it and return its pid. Raises OSError.

    `record` is what the journal could not take, `spool` what a log is to be made of. `in_view` puts its complaints on
    our stderr; otherwise it must not hold that, nor stdout: cron waits until nobody does.
    """
    handed_over: dict[str, Any] = {"record": record} if record else {}
    descriptors = []
    if spool is not None and spool.descriptor is not None and not spool.failure:
        handed_over["output"] = {"path": spool.log_path, "spooled": _SPOOL, "byte_count": spool.byte_count}
        descriptors = [(os.POSIX_SPAWN_DUP2, spool.descriptor, _SPOOL)]
    package = __package__ or "wrapper"
    # An installed recorder is not looked for in the working directory; a bare checkout is only there.
    safely = ["-P"] if "." in package else []
    with _stdin(handed_over) as stdin, _log(state_directory, in_view=in_view) as log:
        return os.posix_spawn(
            sys.executable,
            [sys.executable, *safely, "-m", f"{package}.record"],
            _environment(state_directory),
            file_actions=(
                (os.POSIX_SPAWN_DUP2, stdin.fileno(), 0),
                (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                *descriptors,
            ),
            setsid=True,
            setsigmask=(),
        )


def _stdin(handed_over: "dict[str, Any]") -> "BinaryIO":
    if not handed_over:
        return open(os.devnull, "rb")
    # Unlike a pipe, memory takes any length without a reader.
    memory = open(os.memfd_create("record"), "w+b")  # noqa: SIM115 - the caller closes it
    memory.write(json.dumps(handed_over).encode())
    memory.seek(0)
    return memory


def _log(state_directory: str, *, in_view: bool) -> "BinaryIO":
    if in_view:
        return open(os.dup(2), "ab")
    try:
        log = open(os.path.join(state_directory, "recorder.log"), "ab", opener=_private)  # noqa: SIM115 - as above
        if log.tell() > LOG_BYTES:
            log.truncate(0)
    except OSError:
        return open(os.devnull, "ab")
    return log


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _environment(state_directory: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return own | {STATE_DIRECTORY: state_directory}
