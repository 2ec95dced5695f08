"""A plugin for the tests of another release: which tables of its schema they wrote to and read from.

It is given to them as a file, so it imports nothing of these tests.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

FOLDER_VARIABLE = "TABLES_TOUCHED"

_WRITTEN = re.compile(r"^\s*(?:INSERT|REPLACE)\s+(?:\w+\s+)?INTO\s+(\w+)", re.IGNORECASE)
_READ = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)", re.IGNORECASE)

_written: set[str] = set()
_read: set[str] = set()


def pytest_configure() -> None:
    event.listen(Engine, "before_cursor_execute", _note)


def pytest_sessionfinish() -> None:
    from hallofshame.store.schema import metadata  # noqa: PLC0415 - of the release whose tests these are

    told = {"tables": sorted(metadata.tables), "written": sorted(_written), "read": sorted(_read)}
    Path(os.environ[FOLDER_VARIABLE], f"{os.getpid()}.json").write_text(json.dumps(told), encoding="utf8")


def _note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    _written.update(_WRITTEN.findall(statement))
    if not statement.lstrip().upper().startswith("DELETE"):  # as each test does of each table when it is over
        _read.update(_READ.findall(statement))
