"""The parks and rides of the ten years: those of the simulated world, the first ones twice, and how they stand now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select, update

from hallofshame import tier_file
from hallofshame.model import Park, RideState
from hallofshame.rules.tiers import Classification, Tiers
from hallofshame.store import classifications, data_version, parks
from hallofshame.store.classifications import Classified
from hallofshame.store.engine import Connection
from hallofshame.store.schema import polls, ride_names, rides
from scripts.simulation.parks import Park as SimulatedPark
from scripts.simulation.world import World

SECOND_LIFE = 1_000_000  # the world has 120 parks: more live under ids of their own
_CLOSED_SHARE, _WITHOUT_WAIT_SHARE, _LONGEST_WAIT_MINUTES = 0.08, 0.2, 90
_OPEN_BEFORE = timedelta(hours=1)  # the newest open reading of a ride that is closed now


@dataclass(frozen=True, slots=True)
class PlacedRide:
    """A ride as the years need it."""

    ride_id: int
    name: str
    land: str | None
    verdict: Classification


@dataclass(frozen=True, slots=True)
class PlacedPark:
    """A park with its rides."""

    park: Park
    rides: Sequence[PlacedRide]


def place(count: int) -> list[PlacedPark]:
    """So many parks, the same in each run."""
    world, tiers = World(seed=1).parks, tier_file.load()
    lives = [(world[park_id], offset) for offset in (0, SECOND_LIFE) for park_id in sorted(world)]
    return [_placed(park, offset, tiers) for park, offset in lives[:count]]


def enter(conn: Connection, placed: Sequence[PlacedPark], now: datetime) -> None:
    """Enter the parks, their rides and what is said of these."""
    parks.record(conn, [each.park for each in placed], now)
    rows = [_row(each.park.park_id, ride, now) for each in placed for ride in each.rides]
    conn.execute(insert(rides), rows)
    conn.execute(insert(ride_names), [{"ride_id": r["ride_id"], "since_at": now, "name": r["name"]} for r in rows])
    classifications.record(conn, {ride.ride_id: _classified(ride) for each in placed for ride in each.rides})


def poll(conn: Connection, now: datetime) -> None:
    """Let every park answer now, with what its rides said before: what is live goes stale within minutes."""
    park_ids = conn.execute(select(rides.c.park_id).distinct()).scalars()
    answer = {"slot": now, "polled_at": now, "outcome": "ok", "duration_milliseconds": 200}
    conn.execute(insert(polls), [{"park_id": park_id} | answer for park_id in park_ids])
    conn.execute(update(rides).values(last_seen_at=now))
    is_open = rides.c.state == RideState.OPEN.value
    conn.execute(update(rides).where(is_open).values(last_open_at=now))
    conn.execute(update(rides).where(~is_open).values(last_open_at=now - _OPEN_BEFORE))
    data_version.step(conn, now)


def _placed(park: SimulatedPark, offset: int, tiers: Tiers) -> PlacedPark:
    listing, second = park.listing, " II" if offset else ""
    return PlacedPark(
        Park(
            park_id=offset + park.park_id,
            name=listing.name + second,
            operator_id=listing.company_id,
            operator=listing.company,
            country=listing.country,
            continent=listing.continent,
            latitude=float(listing.latitude),
            longitude=float(listing.longitude),
            timezone=park.zone.key,
        ),
        [
            PlacedRide(
                ride_id=offset + ride.ride_id,
                name=ride.name + second,
                land=None if ride.land is None else park.lands[ride.land],
                verdict=tiers.classify(offset + ride.ride_id, ride.name),
            )
            for ride in park.rides
        ],
    )


def _row(park_id: int, ride: PlacedRide, now: datetime) -> dict[str, Any]:
    """Open with a wait; some without one, and some closed since they were open."""
    draw = Random(ride.ride_id)  # noqa: S311 - to be repeatable, not secret
    is_open, has_wait = draw.random() > _CLOSED_SHARE, draw.random() > _WITHOUT_WAIT_SHARE
    return {
        "ride_id": ride.ride_id,
        "park_id": park_id,
        "name": ride.name,
        "land": ride.land,
        "first_seen_at": now,
        "last_seen_at": now,
        "state": (RideState.OPEN if is_open else RideState.CLOSED).value,
        "wait_minutes": draw.randrange(5, _LONGEST_WAIT_MINUTES, 5) if is_open and has_wait else None,
        "last_open_at": now if is_open else now - _OPEN_BEFORE,
        "closed_since_at": None if is_open else now - draw.random() * _OPEN_BEFORE,
    }


def _classified(ride: PlacedRide) -> Classified:
    said = ride.verdict
    return Classified(said.tier, said.tier_reason, said.kind.value, said.kind_reason)
