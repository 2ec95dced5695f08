"""What Prometheus reads: figures of the data and the alerts, the same from every worker.

What a single process counts (requests, times) is the proxy's to tell: a scrape meets one worker of several.
"""

from collections.abc import Iterator

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

from hallofshame.errors import HallOfShameError
from hallofshame.store import data_version, engine, incidents, live, parks
from hallofshame.store.engine import Connection

from .world import world

routes = Blueprint("metrics", __name__, url_prefix="/metrics")


@routes.get("")
def get_metrics() -> Response:
    """The figures; all but `database_up` are left out while the database is away."""
    registry = CollectorRegistry()
    up = Gauge("hallofshame_database_up", "1: the database answers", registry=registry)
    try:
        with engine.read(world().engine) as conn:
            for name, means, value in _figures(conn):
                Gauge(f"hallofshame_{name}", means, registry=registry).set(value)
        up.set(1)
    except HallOfShameError:
        up.set(0)
    return Response(
        generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_1_0_0, headers={"Cache-Control": "no-store"}
    )


def _figures(conn: Connection) -> Iterator[tuple[str, str, float]]:
    now = world().clock.now()
    polled_at = live.latest_polls(conn)
    open_incidents, undelivered = incidents.open_and_undelivered(conn)
    version = data_version.current(conn)
    yield "open_incidents", "Incidents that are open", open_incidents
    yield "undelivered_mails", "Alert mails that wait", undelivered
    yield "parks_listed", "Parks that Queue-Times lists", len(parks.active(conn))
    yield "parks_polled", "Parks that have ever answered", len(polled_at)
    yield "data_version", "Steps whenever a job has changed the data", version[0] if version else 0
    if polled_at:
        age = now - max(polled_at.values())
        yield "data_age_seconds", "Since the newest answer of any park", age.total_seconds()
