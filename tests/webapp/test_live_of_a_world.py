"""From a simulated feed through the real collector and MariaDB to the live answer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hallofshame import settings
from hallofshame.rules.status import is_single_rider
from hallofshame.runtime import Runtime
from hallofshame.settings import RunContext
from hallofshame.store import database
from hallofshame.store.engine import Engine
from jobs import collect
from scripts.simulation.server import serve
from scripts.simulation.world import World
from tests.clocks import ImpatientClock
from webapp.app import create_app

pytestmark = pytest.mark.integration

AT = datetime(2026, 7, 4, 18, 0, tzinfo=UTC)  # a summer Saturday, with parks open in America and in Europe
BEFORE = AT - timedelta(minutes=30)
WORLD = World(seed=1, park_count=20)


@pytest.fixture
def collected(mariadb_url: str, tmp_path: Path) -> Iterator[Engine]:
    engine = database.open_as_it_is(mariadb_url)
    database.migrate(engine)
    with serve(WORLD) as url:
        for moment in (BEFORE, AT):
            given = {"HOS_STATE_DIR": str(tmp_path), "HOS_QUEUE_TIMES_REQUESTS_PER_SECOND": "0"}
            given["HOS_QUEUE_TIMES_URL"] = f"{url}/at/{moment:%Y-%m-%dT%H:%M:%SZ}"
            loaded = settings.load(given, tmp_path / "no-env-file")
            collect.run(Runtime(loaded, RunContext(), ImpatientClock(moment), engine, moment))
    yield engine
    engine.dispose()


def rides_open(park_id: int, moment: datetime) -> dict[int, bool]:
    payload = WORLD.payload(park_id, moment)
    rides = [ride for land in payload["lands"] for ride in land["rides"]] + payload["rides"]
    return {ride["id"]: ride["is_open"] for ride in rides if not is_single_rider(ride["name"])}


def test_the_live_answer_is_what_the_feed_served(collected: Engine) -> None:
    client = create_app(settings.load({}, Path("no-env-file")), ImpatientClock(AT), collected).test_client()
    parks = client.get("/api/v1/live").get_json()["data"]
    assert len(parks) > 10
    assert any(park["down"] for park in parks)
    for park in parks:
        before, now = rides_open(park["park_id"], BEFORE), rides_open(park["park_id"], AT)
        closed_since = {ride_id for ride_id, is_open in now.items() if before[ride_id] and not is_open}
        assert {ride["ride_id"] for ride in park["down"]} == closed_since
        assert park["rides_open"] == sum(now.values())
        assert park["rides_closed"] == len(now) - park["rides_open"] - len(closed_since)
