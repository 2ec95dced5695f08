"""A list as CSV (RFC 4180): one line a row; what is nested within a row has no place in a table and is left out."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

# What makes a spreadsheet take a text for a formula (OWASP, "CSV Injection").
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(row_kind: type[BaseModel], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows below a line of their names, in UTF-8."""
    names = [name for name, field in row_kind.model_fields.items() if not _is_nested(field.annotation)]
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(names)
    table.writerows([_cell(row[name]) for name in names] for row in rows)
    return text.getvalue().encode()


def _is_nested(kind: Any) -> bool:
    return any(
        get_origin(part) is list or (isinstance(part, type) and issubclass(part, BaseModel))
        for part in (kind, *get_args(kind))
    )


def _cell(value: Any) -> Any:
    """Numbers stand as they are; a text that could be taken for a formula gets an apostrophe."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_STARTS_A_FORMULA):
        return f"'{value}"
    return value
