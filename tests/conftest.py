"""Fixtures for every test: both databases, a world that stands still."""

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest

from hallofshame.store import database
from hallofshame.store.engine import Engine
from tests import mariadb

DATABASES = ("sqlite", "mysqldb", "pymysql")

_session = ExitStack()

# The same examples in each run: what a property test finds today it finds tomorrow.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """Start the database once, in the process that the workers inherit their environment from."""
    is_worker = hasattr(config, "workerinput")
    if is_worker or config.option.collectonly or mariadb.SOCKET_VARIABLE in os.environ or not mariadb.available():
        return
    os.environ[mariadb.SOCKET_VARIABLE] = str(_session.enter_context(mariadb.server()))


def pytest_unconfigure() -> None:
    _session.close()


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own settings never reach a test."""
    for name in list(os.environ):
        if name.startswith("HOS_") or name == "SENDGRID_API_KEY":
            monkeypatch.delenv(name)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, through each driver."""
    yield from _database(request.param, tmp_path)


@pytest.fixture
def mariadb_url(tmp_path: Path) -> Iterator[str]:
    """An empty MariaDB database, through the driver that is deployed."""
    yield from _database("mysqldb", tmp_path)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with this release's schema."""
    opened = database.open_as_it_is(database_url)
    database.migrate(opened)
    yield opened
    opened.dispose()


def _database(driver: str, tmp_path: Path) -> Iterator[str]:
    if driver == "sqlite":
        yield f"sqlite:///{tmp_path}/test.sqlite3"
        return
    socket = os.environ.get(mariadb.SOCKET_VARIABLE)
    if socket is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("mariadbd is not installed: scripts/test installs it")
    name = f"test_{uuid.uuid4().hex}"
    mariadb.execute(Path(socket), f"CREATE DATABASE {name}")
    yield mariadb.url(Path(socket), name, driver)
    mariadb.execute(Path(socket), f"DROP DATABASE {name}")
