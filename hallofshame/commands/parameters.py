"""How moments and days are written on the command line."""

from datetime import date, datetime
from typing import Any

import click

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
