"""Which release of this program runs. Standard library alone, and little of it: the wrapper asks before its job."""

import os
import sys


def of_path(path: str) -> str | None:
    """The name of the folder below `releases` that a file is in; None where it is in none."""
    _, _, below = os.path.realpath(path).partition("/releases/")
    return below.partition("/")[0] or None


def programs() -> str:
    """The folder of our own programs, as whoever outlives a release names it: below `current` where there is one."""
    own = os.path.dirname(sys.executable)  # noqa: PTH120 - pathlib costs the wrapper too much
    before, _, below = own.partition("/releases/")
    current = os.path.join(before, "current", below.partition("/")[2])  # noqa: PTH118
    return current if below and os.path.isdir(current) else own  # noqa: PTH112
