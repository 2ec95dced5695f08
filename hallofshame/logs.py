"""Logs as JSON lines on stderr, each with the run and the request it belongs to."""

import logging
import sys
from contextvars import ContextVar
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def configure(*, run_id: str | None = None, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send every log record of this process to `stream` (default stderr), one JSON object a line."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            datefmt="%Y-%m-%dT%H:%M:%S%z",
            rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
            static_fields={"run_id": run_id} if run_id else {},
        )
    )
    handler.addFilter(_add_request_id)
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _add_request_id(record: logging.LogRecord) -> bool:
    current = request_id.get()
    if current is not None:
        record.request_id = current
    return True
