"""A site over one small database, in which time stands still until a test moves it."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hallofshame import settings
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from webapp.app import create_app


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: that both databases read the same is for the tests of the store."""
    return f"sqlite:///{tmp_path}/test.sqlite3"


@pytest.fixture
def clock() -> StepClock:
    return StepClock()


@pytest.fixture
def client(engine: Engine, clock: StepClock) -> FlaskClient:
    return create_app(settings.load({}, Path("no-env-file")), clock, engine).test_client()


@pytest.fixture
def client_without_database(clock: StepClock) -> FlaskClient:
    """A site whose database refuses every connection."""
    away = engines.open_engine("mysql+pymysql://root@127.0.0.1:1/away")
    return create_app(settings.load({}, Path("no-env-file")), clock, away).test_client()
