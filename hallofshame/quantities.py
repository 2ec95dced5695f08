"""How lengths of time and sizes are written in `jobs.toml`: as on hos-cron's line.

The wrapper reads them by code of its own, because it may load nothing before the job; a test holds the two equal.
"""

import re

LONGEST_SECONDS = 366 * 86_400  # a longer one is a typing error, and would leave the calendar

_SECONDS_PER_UNIT = {"": 1, "s": 1, "m": 60, "h": 3_600}
_BYTES_PER_UNIT = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?)([smh]?)")
_SIZE = re.compile(r"([0-9]+)([KMG]?)")


def seconds(text: str) -> float:
    """Read a duration. Raises ValueError, saying what is expected."""
    found = _DURATION.fullmatch(text)
    length = float(found[1]) * _SECONDS_PER_UNIT[found[2]] if found else 0
    if not 0 < length <= LONGEST_SECONDS:
        raise ValueError("expected a duration above zero and of at most 366 days, such as 300, 90s, 5m or 1.5h")
    return length


def size_bytes(text: str) -> int:
    """Read a size of memory. Raises ValueError, saying what is expected."""
    found = _SIZE.fullmatch(text)
    size = int(found[1]) * _BYTES_PER_UNIT[found[2]] if found else 0
    if not 16 << 20 <= size < 1 << 62:  # below, no interpreter starts; above, the kernel does not take it
        raise ValueError("expected a size of at least 16M, such as 512M or 2G")
    return size
