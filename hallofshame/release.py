"""Which release of this program runs. Standard library alone, and little of it: the wrapper asks before its job."""

import os
import sys


def folder_of(path: str) -> str | None:
    """The folder below `releases` that a file is in; None where it is in none."""
    before, releases, below = os.path.realpath(path).partition("/releases/")
    name = below.partition("/")[0]
    return f"{before}{releases}{name}" if name else None


def of_path(path: str) -> str | None:
    """The release that a file is of: the name of that folder."""
    return (folder_of(path) or "").rpartition("/")[2] or None


def programs() -> str:
    """The folder of our own programs, as whoever outlives a release names it: below `current` where there is one."""
    own = os.path.dirname(sys.executable)  # noqa: PTH120 - pathlib costs the wrapper too much
    before, _, below = own.partition("/releases/")
    current = os.path.join(before, "current", below.partition("/")[2])  # noqa: PTH118
    return current if below and os.path.isdir(current) else own  # noqa: PTH112
