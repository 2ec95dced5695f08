"""The schema, however it was made, is the one the code believes in."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, select, text

from hallofshame.errors import Permanent
from hallofshame.store import database, parks, polls
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import REVISION, metadata
from tests import factories

pytestmark = pytest.mark.integration


def test_migrations_lead_to_the_schema(engine: Engine) -> None:
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_revision_the_code_asks_for_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "hallofshame.store:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_a_migration_that_broke_off_can_be_run_again(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        conn.execute(text("DROP TABLE job_runs"))
        conn.execute(text("DELETE FROM alembic_version"))
    database.migrate(engine)
    assert database.current_revision(engine) == REVISION


def test_an_embedded_database_is_made_on_first_use(tmp_path: Path) -> None:
    opened = database.open_ready(f"sqlite:///{tmp_path}/new/folder/hos.sqlite3")
    assert database.current_revision(opened) == REVISION
    opened.dispose()


def test_a_server_database_without_the_schema_is_refused_with_what_to_do(mariadb_url: str) -> None:
    with pytest.raises(Permanent, match=f"schema is empty, this release needs {REVISION}: run hos migrate"):
        database.open_ready(mariadb_url)


def test_a_database_of_the_next_release_is_served_as_it_is(mariadb_url: str, tmp_path: Path) -> None:
    """While the next one is on trial, and after it was rolled back."""
    for url in (mariadb_url, f"sqlite:///{tmp_path}/hos.sqlite3"):
        opened = database.open_as_it_is(url)
        database.migrate(opened)
        with engines.begin(opened) as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        opened.dispose()
        again = database.open_ready(url)
        database.migrate(again)  # as a deploy of an older commit does
        assert database.current_revision(again) == "9999"
        again.dispose()


def test_a_moment_without_a_time_zone_is_refused(engine: Engine) -> None:
    naive = factories.poll(slot=datetime(2026, 5, 1, 12, 0))  # noqa: DTZ001 - the point of the test
    with pytest.raises(Permanent, match="must be aware"), engines.begin(engine) as conn:
        polls.record(conn, naive, {})


def test_a_session_in_another_time_zone_changes_nothing(engine: Engine) -> None:
    """S25: the server's clock and zone are never asked."""
    if engine.dialect.name != "sqlite":
        engine.dispose()
        event.listen(engine, "connect", _in_pacific_time)
    noon_in_berlin = datetime(2026, 5, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    with engines.begin(engine) as conn:
        parks.record(conn, [factories.park()], factories.NOON)
        polls.record(conn, factories.poll(slot=noon_in_berlin), {})
    with engines.read(engine) as conn:
        assert conn.execute(select(metadata.tables["polls"].c.slot)).scalar_one() == factories.NOON
        assert polls.answered(conn, datetime(2026, 5, 1, 12, 0, tzinfo=UTC)) == {6}


def _in_pacific_time(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION time_zone = '-08:00'")
