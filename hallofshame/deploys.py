"""What was deployed on this host, and when: the record that `deployment/deploy` keeps beside the releases.

The standard library alone: it is written by the host's own Python, before there is a release and after one broke.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from hallofshame import release
from hallofshame.clock import parse_utc, to_iso
from hallofshame.whole_files import sync_folder

NAME = "deploys.jsonl"


class Event(StrEnum):
    """What became of a release."""

    SWITCHING = "switching"  # it is about to serve; what follows says whether it stayed
    KEPT = "kept"
    ROLLED_BACK = "rolled back"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the record. `before` is the release that served until then, None where there was none."""

    at: datetime
    event: Event
    release: str
    before: str | None = None
    by: str = ""
    why: str = ""


def append(prefix: Path, line: Line) -> None:
    """Write a line, for good. Raises OSError."""
    told = json.dumps(asdict(line) | {"at": to_iso(line.at)})
    path = prefix / NAME
    is_new = not path.exists()
    with path.open("ab+") as file:
        if file.tell() and _last_byte(file.fileno(), file.tell()) != b"\n":
            told = f"\n{told}"  # whoever wrote before was killed in mid-line
        file.write(f"{told}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync_folder(prefix)


def read(prefix: Path) -> list[Line]:
    """Every line, oldest first; what is no line is passed over. Raises OSError."""
    try:
        texts = (prefix / NAME).read_text(encoding="utf8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [line for line in map(_parsed, texts) if line]


def kept_at(name: str) -> datetime | None:
    """When a release of this host last came to serve and stayed; None where that is not known."""
    prefix = _own_prefix()
    try:
        lines = read(prefix) if prefix else []
    except OSError:
        return None
    return next((line.at for line in reversed(lines) if (line.event, line.release) == (Event.KEPT, name)), None)


def _own_prefix() -> Path | None:
    """The folder that the releases lie in, if this code runs from one."""
    folder = release.folder_of(__file__)
    return Path(folder).parents[1] if folder else None


def _last_byte(descriptor: int, size: int) -> bytes:
    return os.pread(descriptor, 1, size - 1)


def _parsed(text: str) -> Line | None:
    try:
        told = json.loads(text)
        return Line(**(told | {"at": parse_utc(told["at"]), "event": Event(told["event"])}))
    except (ValueError, KeyError, TypeError):
        return None
