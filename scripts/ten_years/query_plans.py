"""What MariaDB does for the statements of a piece of work, and which of them read a large table from end to end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from hallofshame.store import engine as engines
from hallofshame.store.engine import Connection, Engine

# Those that grow with the days, and the one that holds every ride of each period.
LARGE = frozenset(
    {
        *("ride_days", "ride_hours", "park_days", "park_hours", "ride_periods", "park_periods"),
        *("readings", "outages", "polls", "ride_leaderboard"),
    }
)
_END_TO_END = {"ALL", "index"}  # of a table, or of one of its indexes
_ALIAS = re.compile(r"(\w+) AS `?(\w+)`?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """What was executed, with the parameters as the driver was given them."""

    text: str
    parameters: Any


@dataclass(frozen=True, slots=True)
class Scan:
    """A statement that reads a large table from end to end."""

    table: str
    how: str
    rows: int
    statement: str


@dataclass(slots=True)
class Recorded:
    """Every SELECT, in order, each text once."""

    statements: dict[str, Statement] = field(default_factory=dict)

    def add(self, text: str, parameters: Any) -> None:
        if text.lstrip().upper().startswith(("SELECT", "WITH")):
            self.statements.setdefault(text, Statement(text, parameters))


@contextmanager
def recorded(engine: Engine) -> Iterator[Recorded]:
    """Record what is read while the context lasts."""
    found = Recorded()

    def _listen(_conn: Any, _cursor: Any, text: str, parameters: Any, _context: Any, _many: bool) -> None:
        found.add(text, parameters)

    event.listen(engine, "before_cursor_execute", _listen)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", _listen)


def scans(engine: Engine, found: Recorded) -> list[Scan]:
    """The statements that read a large table from end to end."""
    with engines.read(engine) as conn:
        return [scan for statement in found.statements.values() for scan in _scans(conn, statement)]


def _scans(conn: Connection, statement: Statement) -> Iterator[Scan]:
    names = {alias: table for table, alias in _ALIAS.findall(statement.text)}
    for row in conn.exec_driver_sql(f"EXPLAIN {statement.text}", statement.parameters).mappings():
        table = names.get(row["table"], row["table"])
        if table in LARGE and row["type"] in _END_TO_END:
            yield Scan(table, row["type"], row["rows"], " ".join(statement.text.split()))
