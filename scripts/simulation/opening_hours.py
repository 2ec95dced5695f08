"""When a simulated park is open: minutes of its own clock by season, weekday and habit. 1,500 is 01:00 the next day."""

from datetime import date

from .parks import Hours, Park, Season

FRIDAY, SATURDAY = 4, 5
_HALLOWEEN_CLOSES = 23 * 60


def opening_minutes(park: Park, day: date) -> tuple[int, int] | None:
    """Opening and closing, or None on a day the park stays closed."""
    hours = park.hours
    if park.season is Season.INDOOR:
        return hours.opens, hours.closes
    if park.season is Season.RESORT:
        busy = day.weekday() >= FRIDAY or day.month in {7, 8, 12}
        return hours.opens, hours.closes + (60 if busy else 0)
    if park.season is Season.WATER:
        in_season = day.month in {6, 7, 8} or (day.month in {5, 9} and day.weekday() >= SATURDAY)
        return (hours.opens, hours.closes) if in_season else None
    return _seasonal(hours, day)


def _seasonal(hours: Hours, day: date) -> tuple[int, int] | None:
    long_evening = day.weekday() in {FRIDAY, SATURDAY}
    if day.month in {7, 8}:
        night = hours.summer_night_closes if long_evening else None
        return hours.opens, night or hours.closes + 120
    if day.month in {4, 5, 6, 9, 10}:
        if day.weekday() in hours.closed_weekdays:
            return None
        halloween = day.month == 10 and long_evening
        return hours.opens, hours.summer_night_closes or _HALLOWEEN_CLOSES if halloween else hours.closes
    winter_market = hours.winter_weekends and day.weekday() >= FRIDAY and (day.month, day.day) >= (11, 20)
    return (12 * 60, 20 * 60) if winter_market else None
