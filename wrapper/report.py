"""The figures a job may report: one JSON object of numbers in the file that HOS_REPORT names."""

# ruff: noqa: PTH108, PTH123 - pathlib costs more than all of this module

import json
import math
import os

LONGEST_BYTES = 64 << 10


class BadReport(Exception):
    """The file is not what was agreed upon; the message says in which way."""


def take(path: str) -> dict[str, float]:
    """Read the report and remove its file. Empty when the job wrote none. Raises BadReport."""
    try:
        content = _read(path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadReport(f"the report cannot be read: {error}") from None
    finally:
        _remove(path)
    return _figures(content)


def _read(path: str) -> bytes:
    # Whatever the job has put there, opening it does not wait.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        return file.read(LONGEST_BYTES + 1)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return  # never written, or made a folder of


def _figures(content: bytes) -> dict[str, float]:
    if not content.strip():
        return {}
    if len(content) > LONGEST_BYTES:
        raise BadReport(f"the report is longer than {LONGEST_BYTES} bytes")
    try:
        figures = json.loads(content)
    except (ValueError, RecursionError):
        raise BadReport("the report is not JSON") from None
    if not isinstance(figures, dict) or not all(_is_figure(value) for value in figures.values()):
        raise BadReport("the report is not one JSON object of numbers")
    return figures


def _is_figure(value: object) -> bool:
    # No integer beyond what a float holds exactly: databases and charts know no larger ones.
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53 and math.isfinite(value)
    )
