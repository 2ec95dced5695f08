"""Insert or update, the same on both databases. The only place that knows how each of them spells it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import mysql, sqlite


def upsert(
    conn: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    update: Collection[str] = (),
    add: Collection[str] = (),
) -> None:
    """Insert rows; where the primary key exists, replace the columns in `update` and add up those in `add`.

    With neither, rows that exist are left as they are.
    """
    if not rows:
        return
    if conn.dialect.name == "sqlite":
        conn.execute(_sqlite(table, update, add), rows)
    else:
        conn.execute(_mariadb(table, update, add), rows)


def _changes(table: Table, new: Any, update: Collection[str], add: Collection[str]) -> dict[str, ColumnElement[Any]]:
    return {name: new[name] for name in update} | {name: table.c[name] + new[name] for name in add}


def _sqlite(table: Table, update: Collection[str], add: Collection[str]) -> sqlite.Insert:
    statement = sqlite.insert(table)
    changes = _changes(table, statement.excluded, update, add)
    if not changes:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)


def _mariadb(table: Table, update: Collection[str], add: Collection[str]) -> mysql.Insert:
    statement = mysql.insert(table)
    changes = _changes(table, statement.inserted, update, add)
    if not changes:  # IGNORE would hide every other error, too
        key = next(iter(table.primary_key)).name
        changes = {key: table.c[key]}
    return statement.on_duplicate_key_update(**changes)
