"""A site over one small database, in which time stands still until a test moves it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hallofshame import settings
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from tests.conftest import Prepared
from webapp.app import create_app


@pytest.fixture(params=["sqlite", pytest.param("mysqldb", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, prepared: Prepared, tmp_path: Path) -> Iterator[Engine]:
    """Both databases, the deployed one where there is time; both drivers are for the tests of the store."""
    with prepared.engine(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def clock() -> StepClock:
    return StepClock()


# How often one client may ask is for the tests of that.
NO_LIMITS = {"HOS_REQUESTS_PER_MINUTE": "0", "HOS_REQUESTS_PER_DAY": "0"}


@pytest.fixture
def client(engine: Engine, clock: StepClock) -> FlaskClient:
    return create_app(settings.load(NO_LIMITS, Path("no-env-file")), clock, engine).test_client()


@pytest.fixture
def client_without_database(clock: StepClock) -> FlaskClient:
    """A site whose database refuses every connection."""
    away = engines.open_engine("mysql+pymysql://root@127.0.0.1:1/away")
    return create_app(settings.load({}, Path("no-env-file")), clock, away).test_client()
