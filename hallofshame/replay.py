"""Bring runs from the wrapper's journal to the database. Idempotent: whoever comes next goes on where it broke."""

import logging

from hallofshame.journal import Entry, Journal, run_from_record
from hallofshame.settings import Settings
from hallofshame.store import database, engine, runs
from hallofshame.store.engine import Engine

log = logging.getLogger(__name__)


def flush(settings: Settings) -> int:
    """Enter every journalled run, oldest first. Returns how many. Raises Transient or Permanent with the rest kept."""
    journal = Journal(settings.state_dir)
    entries = journal.entries()
    if not entries:
        return 0
    opened = database.open_ready(settings.database_url.get_secret_value())
    return sum(_enter(opened, journal, entry) for entry in entries)


def _enter(opened: Engine, journal: Journal, entry: Entry) -> bool:
    """Enter one run; its file goes once the end of the run is committed."""
    try:
        run = run_from_record(entry.record)
    except (KeyError, TypeError, ValueError) as error:
        log.warning("%s cannot be read, left where it is: %r", entry.path, error)
        return False
    engine.write(opened, lambda conn: runs.record(conn, run))
    if entry.ended:
        journal.remove(entry)
    return True
