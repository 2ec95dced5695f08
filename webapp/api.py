"""The JSON API, version 1. Moments are ISO 8601 UTC, units stand in names, and what is not known is null."""

from typing import Any

from flask import Blueprint, Response

from hallofshame.model import Park
from hallofshame.store.live import RideNow

from . import live, parks
from .envelope import envelope, iso
from .live import ParkNow
from .parks import ListedPark
from .source import park_page, ride_page
from .world import world

routes = Blueprint("api", __name__, url_prefix="/api/v1")


@routes.get("/live")
def get_live() -> Response:
    """Every park that is open now: how many rides are open, which are reported closed and since when."""
    now = world().clock.now()
    seen = live.read(world().engine, now)
    coverage = {"parks_listed": len(seen.parks), "parks_answering": len(seen.parks) - len(seen.silent_parks)}
    return envelope([_park_now(park) for park in seen.open_parks], seen.as_of, now, period="live", coverage=coverage)


@routes.get("/parks")
def get_parks() -> Response:
    """Every park that Queue-Times lists, by name."""
    listed = parks.read(world().engine)
    as_of = max((park.polled_at for park in listed if park.polled_at), default=None)
    return envelope([_listed_park(park) for park in listed], as_of, world().clock.now())


def _listed_park(listed: ListedPark) -> dict[str, Any]:
    park = listed.park
    return {
        **_park(park),
        "continent": park.continent,
        "latitude": park.latitude,
        "longitude": park.longitude,
        "rides_tracked": listed.rides_tracked,
        "polled_at": iso(listed.polled_at),
    }


def _park_now(now: ParkNow) -> dict[str, Any]:
    closed = [_ride(ride) | {"closed_since_at": iso(ride.closed_since_at)} for ride in now.reported_closed]
    return {
        **_park(now.park),
        "polled_at": iso(now.polled_at),
        "rides_open": now.rides_open,
        "rides_reported_closed": len(closed),
        "rides_not_opened_today": now.rides_not_opened_today,
        "rides_unknown": now.rides_unknown,
        "reported_closed": closed,
        "longest_waits": [_ride(ride) | {"wait_minutes": ride.wait_minutes} for ride in now.longest_waits],
    }


def _park(park: Park) -> dict[str, Any]:
    return {
        "park_id": park.park_id,
        "name": park.name,
        "operator": park.operator,
        "country": park.country,
        "timezone": park.timezone,
        "queue_times_url": park_page(park.park_id),
    }


def _ride(ride: RideNow) -> dict[str, Any]:
    return {
        "ride_id": ride.ride_id,
        "name": ride.name,
        "land": ride.land,
        "queue_times_url": ride_page(ride.park_id, ride.ride_id),
    }
