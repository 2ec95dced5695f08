"""Each database user may do its work and nothing else, as setup-host grants it on a private MariaDB."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from hallofshame.errors import HallOfShameError, Permanent
from hallofshame.store import database, incidents
from hallofshame.store import engine as engines
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.schema import incidents as stored_incidents
from hallofshame.store.schema import job_runs, metadata, park_days, readings
from scripts.simulation.server import serve
from scripts.simulation.world import World
from tests import mariadb
from tests.deployment.hosts import bare, set_up
from tests.e2e.test_failure_reaches_a_mailbox import call
from tests.factories import NOON

pytestmark = [
    pytest.mark.deployment,
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0, reason="users and owners are root's to make"),
]
DDL = (
    "CREATE TABLE sneaky (a INT)",
    "ALTER TABLE parks ADD COLUMN sneaky INT",
    "DROP TABLE readings",
    "TRUNCATE TABLE readings",
    "CREATE INDEX sneaky ON parks (name)",
    "RENAME TABLE parks TO sneaky",
    "CREATE VIEW sneaky AS SELECT 1",
    "CREATE USER sneaky",
    "GRANT SELECT ON parks TO hallofshame_web@localhost",
    "SELECT * FROM mysql.global_priv",
    "SELECT 1 INTO OUTFILE '/tmp/sneaky'",
    "CREATE DATABASE sneaky",
)


@dataclass(frozen=True)
class Users:
    """The URLs that setup-host has written, by user."""

    secrets: Path

    def url(self, name: str) -> str:
        return (self.secrets / name).read_text(encoding="utf8").strip().replace("mysql:", "mysql+pymysql:")

    @contextmanager
    def opened(self, name: str) -> Iterator[Engine]:
        engine = database.open_as_it_is(self.url(name))
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Users]:
    """A server that setup-host was run against, twice, migrated by the one user that may."""
    root = bare(tmp_path_factory.mktemp("host") / "root")
    with mariadb.server() as socket:
        for _ in range(2):
            set_up(root, "--database-socket", socket)
        made = Users(root / "etc/hallofshame/secrets")
        with made.opened("HOS_DATABASE_URL") as engine, pytest.raises(Permanent, match="denied"):
            database.migrate(engine)
        with made.opened("HOS_DATABASE_URL_MIGRATE") as engine:
            database.migrate(engine)
            database.migrate(engine)
        yield made


@pytest.fixture
def application(users: Users) -> Iterator[Engine]:
    with users.opened("HOS_DATABASE_URL") as engine:
        yield engine


@pytest.fixture
def web(users: Users) -> Iterator[Engine]:
    with users.opened("HOS_DATABASE_URL_WEB") as engine:
        yield engine


def refused(engine: Engine, statement: str) -> bool:
    """Whether the server says that this user may not do that; anything else it says is an error of the test."""
    try:
        with engines.begin(engine) as conn:
            conn.execute(text(statement))
    except HallOfShameError as error:
        if "denied" not in str(error):
            raise
        return True
    return False


@pytest.mark.parametrize("statement", DDL)
def test_neither_jobs_nor_site_change_tables_or_users(application: Engine, web: Engine, statement: str) -> None:
    assert refused(application, statement)
    assert refused(web, statement)


def test_the_site_reads_every_table_and_enters_only_what_is_asked_for(application: Engine, web: Engine) -> None:
    database.open_ready(web.url.render_as_string(hide_password=False)).dispose()
    with engines.read(web) as conn:
        for table in metadata.sorted_tables:
            conn.execute(select(table).limit(1)).all()
    request_id = str(uuid4())
    asked = {"request_id": request_id, "incident_id": str(uuid4()), "action": "snooze", "asked_at": NOON}

    def ask(conn: Connection) -> None:
        incidents.ask(conn, asked)

    engines.write(web, ask)
    for name, table in metadata.tables.items():
        column = next(iter(table.c)).name
        assert refused(web, f"DELETE FROM {name}"), name  # noqa: S608 - our own tables
        assert refused(web, f"UPDATE {name} SET {column} = {column}"), name  # noqa: S608
        if name != "alert_requests":
            assert refused(web, f"INSERT INTO {name} ({column}) VALUES ({column})"), name  # noqa: S608
    engines.write(application, lambda conn: incidents.done(conn, [request_id], NOON))


def test_jobs_wrapper_watcher_and_operators_do_their_work(users: Users, application: Engine, tmp_path: Path) -> None:
    (tmp_path / "jobs.toml").write_text(JOBS)
    world = World(seed=1, park_count=3)
    with serve(world) as simulator:
        given = {
            "HOS_DATABASE_URL": users.url("HOS_DATABASE_URL"),
            "HOS_STATE_DIR": str(tmp_path / "state"),
            "HOS_QUEUE_TIMES_REQUESTS_PER_SECOND": "0",
            "HOS_KEEP_READINGS_HOURS": "0",
            "HOS_JOBS_FILE": str(tmp_path / "jobs.toml"),
        }

        def does(line: str, expected: int = 0, **more: str) -> str:
            done = call(tmp_path, tuple(line.split()), given | more)
            assert (done.returncode, "denied" in done.stderr) == (expected, False), done.stdout + done.stderr
            return done.stdout

        for moment in ("2026-05-01T12:00:00Z", "2026-05-01T20:00:00Z"):
            feed = f"{simulator}/at/{moment}"
            does(f"hos-cron collect --sync -- hos-collect --at {moment}", HOS_QUEUE_TIMES_URL=feed)
        does("hos-cron hourly --sync -- hos-aggregate-hourly --at 2026-05-01T20:05:00Z")
        does("hos-cron daily --sync -- hos-aggregate-daily --at 2026-05-05T00:35:00Z")
        does("hos backfill --from 2026-05-01 --to 2026-05-01")
        does("hos-cron failing --sync -- false", expected=1)
        does("hos watch")
        does("hos ack failing")
        does("hos flush")
        assert len(does("hos runs --json").split('"run_id"')) == 1 + 5
    with engines.read(application) as conn:
        assert conn.execute(select(park_days)).all()
        assert conn.execute(select(readings)).all() == []
        assert {row.state for row in conn.execute(select(job_runs))} == {"succeeded", "failed"}
        assert conn.execute(select(stored_incidents)).all()


JOBS = """
[jobs.failing]
command = ["false"]
schedule = "* * * * *"
impact = "None."
runbook = "r"
"""
