"""Times in words, for the page."""

from datetime import datetime, timedelta

from hallofshame.rules import calendar

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def ago(age: timedelta) -> str:
    """How long ago something was, in its largest unit: `25 minutes ago`."""
    for size, unit in _UNITS:
        count = int(age.total_seconds() // size)
        if count > 0:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "less than a minute ago"


def duration(length: timedelta) -> str:
    """How long something has lasted: `3 h 50 min`."""
    hours, minutes = divmod(int(length.total_seconds() // 60), 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else "just now"


def local_clock(moment: datetime, timezone: str) -> str:
    """What the clocks of a park show: `14:10`."""
    return f"{moment.astimezone(calendar.zone(timezone)):%H:%M}"


def utc(moment: datetime) -> str:
    """A moment for readers anywhere: `18:00 UTC on 4 July 2026`."""
    return f"{moment:%H:%M} UTC on {moment.day} {moment:%B %Y}"
