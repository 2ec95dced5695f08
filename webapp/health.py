"""Whether the site can answer and whether its data come in: for whoever watches it."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field

from hallofshame.errors import HallOfShameError
from hallofshame.rules import calendar, freshness
from hallofshame.rules.freshness import Freshness
from hallofshame.store import days, engine, incidents, live, parks, watch_ticks
from hallofshame.store.engine import Connection

from .source import ATTRIBUTION
from .world import world

log = logging.getLogger(__name__)

routes = Blueprint("health", __name__, url_prefix="/api/health")

_LOOKS_BACK = timedelta(days=3)  # what lies further back is no matter of hours
_CLOSED_WITHIN = timedelta(hours=2)  # the daily job runs each hour; one run may be lost


class Check(BaseModel):
    """How one part stands: ok, warn, fail or unknown."""

    status: str


class Recency(Check):
    """How old the newest one is."""

    newest_at: datetime | None = None
    age_seconds: int | None = None


class Closing(Check):
    """Whether the days that are over are closed."""

    parks_behind: int | None = Field(
        default=None, description="parks whose last finished day is not final two hours later"
    )


class Alerts(Check):
    """What operators have not settled, and what they could not be told."""

    open_incidents: int | None = None
    undelivered_mails: int | None = None


class Checks(BaseModel):
    """Every part."""

    database: Check
    collection: Recency = Field(description="newest answer of any park")
    hourly: Recency = Field(description="newest judgement of an unfinished day")
    daily: Closing
    watcher: Recency = Field(description="newest look of the watcher")
    alerts: Alerts


class Health(BaseModel):
    """How the whole stands. Of a part that fails, database and collection make it fail, and any other a warning."""

    status: str
    checks: Checks
    attribution: dict[str, str]


class Alive(BaseModel):
    """It answers."""

    status: str
    attribution: dict[str, str]


@routes.get("")
def get_health() -> Response:
    """Every part; 503 when the database or the collection fails. One that never had a poll is unknown, not ill."""
    now = world().clock.now()
    try:
        with engine.read(world().engine) as conn:
            checks = _look(conn, now)
    except HallOfShameError as error:
        log.warning("unhealthy: %s", error)
        checks = _nothing_known()
    overall = _overall(checks)
    told = Health(status=overall.value, checks=checks, attribution=ATTRIBUTION)
    response = jsonify(told.model_dump(mode="json", exclude_unset=True))
    response.status_code = 503 if overall is Freshness.FAIL else 200
    response.cache_control.no_store = True
    return response


@routes.get("/live")
def get_alive() -> Response:
    """Tell that the process answers; nothing else is asked."""
    return jsonify(Alive(status="ok", attribution=ATTRIBUTION).model_dump())


def _look(conn: Connection, now: datetime) -> Checks:
    polled_at = live.latest_polls(conn)
    since = (now - _LOOKS_BACK).date()
    newest_poll = max(polled_at.values(), default=None)
    computed_at, ticked_at = days.newest_judgement(conn, since), watch_ticks.newest(conn)
    open_incidents, undelivered = incidents.open_and_undelivered(conn)
    return Checks(
        database=Check(status="ok"),
        collection=_recency(freshness.of_poll(newest_poll, now), newest_poll, now),
        hourly=_recency(freshness.of_judgement(computed_at, now), computed_at, now),
        daily=_closing(conn, polled_at, now),
        watcher=_recency(freshness.of_tick(ticked_at, now), ticked_at, now),
        alerts=Alerts(
            status="warn" if undelivered else "ok", open_incidents=open_incidents, undelivered_mails=undelivered
        ),
    )


def _closing(conn: Connection, polled_at: Mapping[int, datetime], now: datetime) -> Closing:
    """Of the parks that have answered since the day that should be closed by now began."""
    due = {
        park.park_id: calendar.last_final_day(now - _CLOSED_WITHIN, park.timezone)
        for park in parks.active(conn)
        if park.park_id in polled_at and now - polled_at[park.park_id] < _LOOKS_BACK
    }
    final = days.newest_final(conn, (now - 2 * _LOOKS_BACK).date())
    known = {park_id: op_day for park_id, op_day in due.items() if park_id in final}
    behind = sum(final[park_id] < op_day for park_id, op_day in known.items())
    return Closing(status=freshness.of_closing(behind, len(known)).value, parks_behind=behind)


def _recency(state: Freshness, newest_at: datetime | None, now: datetime) -> Recency:
    age_seconds = None if newest_at is None else int((now - newest_at).total_seconds())
    return Recency(status=state.value, newest_at=newest_at, age_seconds=age_seconds)


def _nothing_known() -> Checks:
    recency = Recency(status="unknown")
    return Checks(
        database=Check(status="fail"),
        collection=recency,
        hourly=recency,
        daily=Closing(status="unknown"),
        watcher=recency,
        alerts=Alerts(status="unknown"),
    )


def _overall(checks: Checks) -> Freshness:
    if checks.database.status == "fail":
        return Freshness.FAIL
    collection = Freshness(checks.collection.status)
    others = {checks.hourly.status, checks.daily.status, checks.watcher.status, checks.alerts.status}
    is_worth_a_look = collection is Freshness.OK and not others.isdisjoint({"warn", "fail"})
    return Freshness.WARN if is_worth_a_look else collection
