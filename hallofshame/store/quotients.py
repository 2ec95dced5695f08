"""Quotients of integers to sort by: no database divides them into doubles by itself. What people read, rules make."""

from typing import Any

from sqlalchemy import ColumnElement, Double, cast, func


def share(part: ColumnElement[Any], whole: ColumnElement[Any]) -> ColumnElement[Any]:
    """Null where there is nothing to share."""
    return cast(part, Double) / cast(func.nullif(whole, 0), Double)
