"""Fixtures for every test: both databases, a world that stands still."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import delete, text

from hallofshame import host_file
from hallofshame.store import database
from hallofshame.store.engine import Engine
from hallofshame.store.schema import metadata
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
    """Neither a developer's own settings nor the host's reach a test, or a process that it starts."""
    for name in list(os.environ):
        if name.startswith("HOS_") or name == "SENDGRID_API_KEY":
            monkeypatch.delenv(name)
    monkeypatch.setattr(host_file, "PATH", os.devnull)
    monkeypatch.setenv(host_file.VARIABLE, os.devnull)


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, prepared: "Prepared", tmp_path: Path) -> Iterator[Engine]:
    """A database with this release's schema and nothing in it: of each kind, through each driver."""
    with prepared.engine(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def mariadb_url() -> Iterator[str]:
    """A database without a schema, through the driver that is deployed."""
    with _new_database("mysqldb") as url:
        yield url


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Prepared"]:
    """What is migrated once, because that takes longer than most tests."""
    with ExitStack() as kept:
        yield Prepared(tmp_path_factory.mktemp("prepared"), kept)


class Prepared:
    """An SQLite file to copy, and a MariaDB database that each test leaves empty; made when first asked for."""

    def __init__(self, folder: Path, kept: ExitStack) -> None:
        self._folder = folder
        self._kept = kept

    @contextmanager
    def engine(self, driver: str, tmp_path: Path) -> Iterator[Engine]:
        """An empty database of this release's schema, for one test."""
        opened = database.open_as_it_is(self.url(driver, tmp_path))
        yield opened
        if opened.dialect.name != "sqlite":
            _empty(opened)
        opened.dispose()

    def url(self, driver: str, tmp_path: Path) -> str:
        if driver == "sqlite":
            shutil.copy(self._sqlite, tmp_path / "test.sqlite3")
            return f"sqlite:///{tmp_path}/test.sqlite3"
        return self._mariadb.replace("mysqldb", driver)

    @cached_property
    def _sqlite(self) -> Path:
        file = self._folder / "test.sqlite3"
        _migrate(f"sqlite:///{file}")
        return file

    @cached_property
    def _mariadb(self) -> str:
        url = self._kept.enter_context(_new_database("mysqldb"))
        _migrate(url)
        return url


def _migrate(url: str) -> None:
    opened = database.open_as_it_is(url)
    database.migrate(opened)
    opened.dispose()


def _empty(opened: Engine) -> None:
    with opened.begin() as conn:
        conn.execute(text("SET foreign_key_checks = 0"))
        for table in metadata.sorted_tables:
            conn.execute(delete(table))
        conn.execute(text("SET foreign_key_checks = 1"))


@contextmanager
def _new_database(driver: str) -> Iterator[str]:
    socket = os.environ.get(mariadb.SOCKET_VARIABLE)
    if socket is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("mariadbd is not installed: scripts/test installs it")
    name = f"test_{uuid.uuid4().hex}"
    mariadb.execute(Path(socket), f"CREATE DATABASE {name}")
    yield mariadb.url(Path(socket), name, driver)
    mariadb.execute(Path(socket), f"DROP DATABASE {name}")
