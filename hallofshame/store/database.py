"""A database as a whole: brought to this release's schema, or refused when it is not there."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from hallofshame.errors import Permanent
from hallofshame.store import engine as engines
from hallofshame.store.schema import REVISION


def open_ready(url: str, timeout_seconds: int = engines.TIMEOUT_SECONDS) -> Engine:
    """Open a database whose schema is this release's, or that of a later one, which only adds to it.

    An embedded one (SQLite) is made or migrated on first use; a server's is migrated by `hos migrate` alone, and until
    then refused. Raises Permanent or Transient.
    """
    engine = open_as_it_is(url, timeout_seconds)
    revision = current_revision(engine)
    if is_enough(revision):
        return engine
    if not _is_embedded(engine):
        raise Permanent(refusal(revision))
    migrate(engine)
    return engine


def open_as_it_is(url: str, timeout_seconds: int = engines.TIMEOUT_SECONDS) -> Engine:
    """Open a database of any revision; an embedded one's folder is made. Raises Permanent for a bad URL or folder."""
    engine = engines.open_engine(url, timeout_seconds)
    if _is_embedded(engine) and engine.url.database:
        folder = Path(engine.url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise Permanent(f"cannot make {folder} for the database ({error}): set HOS_STATE_DIR") from None
    return engine


def current_revision(engine: Engine) -> str | None:
    """The revision a database is at, None before the first. Raises Transient where it does not answer."""
    with engines.read(engine) as conn:
        if not inspect(conn).has_table("alembic_version"):
            return None
        return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


def is_enough(revision: str | None) -> bool:
    """Tell whether this release runs on that schema: on its own, and on a later one, which only adds to it."""
    return revision is not None and revision >= REVISION


def refusal(revision: str | None) -> str:
    """Why this release does not run on that schema, and what to do."""
    return f"the database's schema is {revision or 'empty'}, this release needs {REVISION}: run hos migrate"


def migrate(engine: Engine) -> None:
    """Run every migration that is missing. Safe to run again after a break, and by two processes at once.

    The schema of a later release, which was gone back from, stays as it is.
    """
    with _alone(engine):
        if is_enough(current_revision(engine)):
            return
        _upgrade(engine)


def _upgrade(engine: Engine) -> None:
    from alembic import command  # noqa: PLC0415 - costs a tenth of a second, which only a migration needs
    from alembic.config import Config  # noqa: PLC0415

    with engines.begin(engine) as conn:
        config = Config()
        config.set_main_option("script_location", "hallofshame.store:migrations")
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def _is_embedded(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold a lock beside the embedded database; a server's schema is migrated by one deploy at a time."""
    if not _is_embedded(engine):
        yield
        return
    with Path(f"{engine.url.database}.lock").open("w", encoding="utf8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
