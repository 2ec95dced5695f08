"""The API keeps to its document: schemathesis asks the site as it is served whatever the document allows, and more."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from hallofshame import leaderboards
from hallofshame.rules.periods import Period
from hallofshame.store import database
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from tests.factories import park
from tests.judged_days import enter_parks, store_day
from tests.webapp.polled import closed, opened, polled
from tests.webapp.served import gunicorn

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DOCUMENT = Path(__file__).resolve().parents[3] / "webapp" / "api" / "openapi.json"
EXAMPLES_A_ROUTE = 60

schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text(encoding="utf8")))
schema.config.checks.negative_data_rejection.expected_statuses.append("414")  # what is far too long


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with two parks of twenty days, as it is deployed, without limits."""
    folder = tmp_path_factory.mktemp("site")
    url = f"sqlite:///{folder}/site.sqlite3"
    opened_engine = database.open_ready(url)
    _fill(opened_engine)
    opened_engine.dispose()
    given = {"HOS_DATABASE_URL": url, "HOS_REQUESTS_PER_MINUTE": "0", "HOS_REQUESTS_PER_DAY": "0"}
    with gunicorn(folder, **given) as served:
        yield served.url


def _fill(engine: Engine) -> None:
    now = datetime.now(UTC)
    parks = [park(1, name="Alpha"), park(2, name="Beta", country="Japan")]
    with engines.begin(engine) as conn:
        enter_parks(conn, *parks)
        for back in range(20):
            for number in (1, 2):
                day = now.date() - timedelta(days=back)
                store_day(conn, number, day, {100 * number + i: 60 * i * back for i in (1, 2, 3)}, is_final=back > 0)
        leaderboards.refresh(conn, parks, tuple(Period), now)
    polled(engine, now - timedelta(minutes=10), opened(101), opened(102), opened(103), of=parks[0])
    polled(engine, now, closed(101), opened(102), opened(103), of=parks[0])


@schema.parametrize()
@settings(max_examples=EXAMPLES_A_ROUTE, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented(case: "Case[Any]", site: str) -> None:
    # What a document cannot say is refused as well: a filter that nobody is called by, a range that is too long.
    case.call_and_validate(base_url=site, excluded_checks=[positive_data_acceptance])
