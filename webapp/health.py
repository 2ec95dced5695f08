"""Whether the site can answer and whether its data come in: for whoever watches it."""

import logging
from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, Response, jsonify

from hallofshame.errors import HallOfShameError
from hallofshame.rules.live import Freshness, freshness
from hallofshame.store import engine, incidents, live

from .envelope import iso
from .source import ATTRIBUTION
from .world import world

log = logging.getLogger(__name__)

routes = Blueprint("health", __name__, url_prefix="/api/health")


@routes.get("")
def get_health() -> Response:
    """Database, collection and alerts; 503 when one of the first two fails.

    A database that never had a poll is unknown, not ill.
    """
    try:
        with engine.read(world().engine) as conn:
            polled_at = max(live.latest_polls(conn).values(), default=None)
            alerts = incidents.open_and_undelivered(conn)
    except HallOfShameError as error:
        log.warning("unhealthy: %s", error)
        unknown = {"status": "unknown"}
        return _answer(Freshness.FAIL, database={"status": "fail"}, collection=unknown, alerts=unknown)
    return _healthy(polled_at, *alerts, now=world().clock.now())


@routes.get("/live")
def get_alive() -> Response:
    """Tell that the process answers; nothing else is asked."""
    return jsonify(status="ok", attribution=ATTRIBUTION)


def _healthy(polled_at: datetime | None, open_incidents: int, undelivered: int, now: datetime) -> Response:
    state = freshness(polled_at, now)
    age_seconds = None if polled_at is None else int((now - polled_at).total_seconds())
    return _answer(
        state,
        database={"status": "ok"},
        collection={"status": state.value, "polled_at": iso(polled_at), "age_seconds": age_seconds},
        alerts={
            "status": "warn" if undelivered else "ok",
            "open_incidents": open_incidents,
            "undelivered_mails": undelivered,
        },
    )


def _answer(overall: Freshness, **checks: Mapping[str, object]) -> Response:
    response = jsonify(status=overall.value, checks=checks, attribution=ATTRIBUTION)
    response.status_code = 503 if overall is Freshness.FAIL else 200
    response.cache_control.no_store = True
    return response
