"""How moments, days and lengths of time are written on the command line."""

from datetime import date, datetime, timedelta
from typing import Any

import click

from hallofshame import quantities
from hallofshame.clock import parse_utc


class Moment(click.ParamType[datetime]):
    """An ISO 8601 moment with its offset, as aware UTC."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return parse_utc(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Day(click.ParamType[date]):
    """An operating day."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day, such as 2026-05-01", param, ctx)


class Duration(click.ParamType[timedelta]):
    """A length of time such as 90s, 5m or 1.5h, up to a longest one."""

    name = "DURATION"

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            length = timedelta(seconds=quantities.seconds(value))
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)
        if length > self._longest:
            self.fail(f"{value!r} is longer than {self._longest.days} days", param, ctx)
        return length
