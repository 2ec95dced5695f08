"""One deploy at a time on a host: a flock(2), which the kernel releases however its holder ends."""

import fcntl
import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from hallofshame.clock import to_iso
from hallofshame.errors import Permanent

NAME = "deploy.lock"
_NOBODY_LOGGED_IN = 2**32 - 1


@contextmanager
def held(prefix: Path, what: str, now: datetime) -> Iterator[None]:
    """Hold it, and say in it who does. Raises Permanent with who holds it already."""
    try:
        file = (prefix / NAME).open("a+")
    except OSError as error:
        raise Permanent(
            f"{prefix / NAME} cannot be opened ({error.strerror}): run setup-host, and this as root"
        ) from None
    with file:
        if not _is_taken(file):
            raise Permanent(f"{_told(file)}: wait for it; nothing was changed")
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "user": _user(), "what": what, "since": to_iso(now)}))
        file.flush()
        yield
        file.truncate(0)


def holder(prefix: Path) -> str | None:
    """Who holds it now; None where nobody does."""
    try:
        file = (prefix / NAME).open("r+")
    except OSError:
        return None
    with file:
        return None if _is_taken(file) else _told(file)


def _is_taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _user() -> str:
    """Who logged in, whoever he has become since."""
    try:
        uid = int(Path("/proc/self/loginuid").read_text(encoding="ascii"))
    except OSError:
        uid = _NOBODY_LOGGED_IN
    uid = os.geteuid() if uid == _NOBODY_LOGGED_IN else uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _told(file: IO[str]) -> str:
    file.seek(0)
    try:
        by = json.loads(file.read())
        return f"a {by['what']} goes on: process {by['pid']} of {by['user']} since {by['since']}"
    except (ValueError, KeyError, TypeError):
        return "another deploy goes on"
