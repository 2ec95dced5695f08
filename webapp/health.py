"""Whether the site can answer and whether its data come in: for whoever watches it."""

import logging
from datetime import datetime

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel

from hallofshame.errors import HallOfShameError
from hallofshame.rules.live import Freshness, freshness
from hallofshame.store import engine, incidents, live

from .source import ATTRIBUTION
from .world import world

log = logging.getLogger(__name__)

routes = Blueprint("health", __name__, url_prefix="/api/health")


class Check(BaseModel):
    """How one part stands: ok, warn, fail or unknown."""

    status: str


class Collection(Check):
    """The newest answer of any park."""

    polled_at: datetime | None = None
    age_seconds: int | None = None


class Alerts(Check):
    """What operators have not been told of, or have not settled."""

    open_incidents: int | None = None
    undelivered_mails: int | None = None


class Checks(BaseModel):
    """Every part."""

    database: Check
    collection: Collection
    alerts: Alerts


class Health(BaseModel):
    """How the whole stands: as the worse of database and collection."""

    status: str
    checks: Checks
    attribution: dict[str, str]


class Alive(BaseModel):
    """It answers."""

    status: str
    attribution: dict[str, str]


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
        unknown = "unknown"
        away = Checks(
            database=Check(status="fail"), collection=Collection(status=unknown), alerts=Alerts(status=unknown)
        )
        return _answer(Freshness.FAIL, away)
    now = world().clock.now()
    state = freshness(polled_at, now)
    return _answer(state, _checks(state, polled_at, now, *alerts))


@routes.get("/live")
def get_alive() -> Response:
    """Tell that the process answers; nothing else is asked."""
    return jsonify(Alive(status="ok", attribution=ATTRIBUTION).model_dump())


def _checks(
    state: Freshness, polled_at: datetime | None, now: datetime, open_incidents: int, undelivered: int
) -> Checks:
    age_seconds = None if polled_at is None else int((now - polled_at).total_seconds())
    return Checks(
        database=Check(status="ok"),
        collection=Collection(status=state.value, polled_at=polled_at, age_seconds=age_seconds),
        alerts=Alerts(
            status="warn" if undelivered else "ok", open_incidents=open_incidents, undelivered_mails=undelivered
        ),
    )


def _answer(overall: Freshness, checks: Checks) -> Response:
    told = Health(status=overall.value, checks=checks, attribution=ATTRIBUTION)
    response = jsonify(told.model_dump(mode="json", exclude_unset=True))
    response.status_code = 503 if overall is Freshness.FAIL else 200
    response.cache_control.no_store = True
    return response
