"""How alert mails write lengths, moments, sizes and states: for a tired person, on a phone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hallofshame.model import IncidentKind, RunState

KIND_WORDS = {
    IncidentKind.FAILED: "FAIL",
    IncidentKind.TIMED_OUT: "TIMEOUT",
    IncidentKind.INTERRUPTED: "INTERRUPTED",
    IncidentKind.NOT_STARTED: "NOT STARTED",
    IncidentKind.LOST: "LOST",
    IncidentKind.SKIPPED: "SKIPPED",
    IncidentKind.TOO_FAST: "TOO FAST",
    IncidentKind.TOO_SLOW: "TOO SLOW",
    IncidentKind.EXPECTATION: "EXPECTATION",
    IncidentKind.MISSED: "MISSED",
    IncidentKind.LATE: "LATE",
    IncidentKind.OVERDUE: "OVERDUE",
    IncidentKind.BLIND: "BLIND",
    IncidentKind.UNDELIVERABLE: "UNDELIVERABLE",
}
STATE_WORDS = {
    RunState.SUCCEEDED: "ok",
    RunState.RUNNING: "runs",
    RunState.SKIPPED: "skip",
    RunState.FAILED: "FAIL",
    RunState.TIMED_OUT: "TIMEOUT",
    RunState.INTERRUPTED: "INTERRUPTED",
    RunState.LOST: "LOST",
    RunState.NOT_STARTED: "NOT STARTED",
}

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def length(seconds: float) -> str:
    """`3.1 s`, `41 s`, `1 min 30 s`, `1 h 40 min`, `3 days`: two units at most."""
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    if whole < 2 * _DAY:
        for size, unit, smaller, small_unit in ((_HOUR, "h", _MINUTE, "min"), (_MINUTE, "min", 1, "s")):
            count, rest = divmod(whole, size)
            if count:
                return f"{count} {unit}" + (f" {rest // smaller} {small_unit}" if rest // smaller else "")
        return f"{whole} s"
    return f"{whole // _DAY} days"


def lasted(span: timedelta) -> str:
    """A span between two moments; below a minute it is not worth a number."""
    seconds = span.total_seconds()
    return length(seconds // _MINUTE * _MINUTE) if seconds >= _MINUTE else "less than a minute"


def short(span: timedelta) -> str:
    """For a subject: `45m`, `3h`, `2d`."""
    seconds = max(span.total_seconds(), 0)
    for size, unit in ((_DAY, "d"), (_HOUR, "h")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds // _MINUTE)}m"


def clock(moment: datetime, now: datetime) -> str:
    """`10:20 UTC`, with its day when that is not today."""
    day = "" if moment.date() == now.date() else f"{moment:%Y-%m-%d} "
    return f"{day}{moment:%H:%M} UTC"


def clocks(moment: datetime, now: datetime, zone: str | None) -> str:
    """`10:30 UTC = 03:30 America/Los_Angeles`: the job's own zone where its clocks show something else."""
    there = moment.astimezone(ZoneInfo(zone)) if zone else moment
    differs = there.utcoffset() != timedelta(0)
    return clock(moment, now) + (f" = {there:%H:%M} {zone}" if differs else "")


def size(count: float) -> str:
    """`820 B`, `14 KB`, `71 MB`, `1.4 GB`."""
    for unit in ("B", "KB", "MB"):
        if count < 999.5:
            return f"{count:.0f} {unit}"
        count /= 1_024
    return f"{count:.1f} GB"


def number(value: float) -> str:
    """Without the point where it is whole."""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:g}"


def some(count: int, one: str, many: str | None = None) -> str:
    """`1 job`, `5 jobs`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
