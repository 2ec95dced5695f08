"""The hall of shame right now: running parks by their live score, and rides that are down, the longest first."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

from werkzeug.exceptions import BadRequest

from hallofshame.rules import score
from hallofshame.store.engine import Connection
from hallofshame.store.live import RideNow

from .. import live
from ..live import ParkNow
from ..world import live_now
from .chosen_parks import ChosenParks
from .envelope import Answer
from .figures import ParkFigures, RideFigures, Trended
from .questions import LIVE, RankingQuestion, RideRankingQuestion, next_offset
from .ranked import RankedPark, RankedRide
from .subjects import park_ref, ride_ref

Keys = dict[str, Callable[[Any], Any]]
T = TypeVar("T")

_NO_DAYS: dict[str, Any] = {"from_day": None, "to_day": None}
_NOT_SCORED: dict[str, Any] = {
    "rank": None,
    "standing": "no_score",
    "reason": "no ride that counts is open or down",
    **_NO_DAYS,
}
_NO_PARK_FIGURES: dict[str, Any] = dict.fromkeys((*ParkFigures.model_fields, *Trended.model_fields))
_NO_RIDE_FIGURES: dict[str, Any] = dict.fromkeys((*RideFigures.model_fields, *Trended.model_fields))


def parks(conn: Connection, asked: RankingQuestion, chosen: ChosenParks, now: datetime) -> Answer[list[RankedPark]]:
    """Running parks by the weighted share of their rides that are down; `downtime` sorts by how many are."""
    seen = live_now(conn, now)
    running = [park for park in seen.running_parks if chosen.ids is None or park.park.park_id in chosen.ids]
    running.sort(key=lambda park: (park.shame is None, -(park.shame or 0), park.park.name.casefold()))
    places = _places([park.shame for park in running])
    rows = [_park(park, place) for park, place in zip(running, places, strict=True)]
    keys: Keys = {"score": lambda row: row.shame, "downtime": lambda row: row.rides_down, "name": _name}
    return _answer(asked, _sorted(rows, asked, keys), live.coverage(seen))


def rides(
    conn: Connection, asked: RideRankingQuestion, chosen: ChosenParks, park_ids: Collection[int] | None, now: datetime
) -> Answer[list[RankedRide]]:
    """Rides that are down now, the longest first; score and downtime are the same here."""
    seen = live_now(conn, now)
    down = [
        (ride, park)
        for park in seen.running_parks
        if park_ids is None or park.park.park_id in park_ids
        for ride in park.down
        if asked.tier is None or ride.tier == asked.tier
    ]
    down.sort(key=lambda each: (each[0].closed_since_at, each[0].name.casefold()))
    places = _places([ride.closed_since_at for ride, _ in down])
    rows = [_ride(ride, park, place) for (ride, park), place in zip(down, places, strict=True)]
    keys: Keys = dict.fromkeys(("score", "downtime"), lambda row: -row.down_since_at.timestamp()) | {"name": _name}
    return _answer(asked, _sorted(rows, asked, keys), live.coverage(seen))


def _places(in_order: Sequence[object]) -> list[dict[str, Any]]:
    """1, 2, 2, 4 for what is in order; what has no score is not ranked."""
    places: list[dict[str, Any]] = []
    for number, score_now in enumerate(in_order):
        if score_now is None:
            places.append(_NOT_SCORED)
            continue
        is_tied = number > 0 and in_order[number - 1] == score_now
        rank = places[-1]["rank"] if is_tied else number + 1
        places.append({"rank": rank, "standing": "ranked", "reason": None, **_NO_DAYS})
    return places


def _park(now: ParkNow, place: dict[str, Any]) -> RankedPark:
    scored: dict[str, Any] = {} if now.shame is None else {"shame": now.shame, "band": score.band(now.shame).value}
    return RankedPark(
        **park_ref(now.park),
        **place,
        **(_NO_PARK_FIGURES | scored),
        badges=[],
        rides_down=now.rides_down,
        rides_open=now.rides_open,
    )


def _ride(now: RideNow, park: ParkNow, place: dict[str, Any]) -> RankedRide:
    return RankedRide(
        **ride_ref(now.ride_id, now.name, park.park),
        **place,
        **_NO_RIDE_FIGURES,
        land=now.land,
        tier=now.tier,
        down_since_at=now.closed_since_at,
    )


def _name(row: Any) -> str:
    return str(row.name.casefold())


def _sorted(rows: list[T], asked: RankingQuestion, keys: Keys) -> list[T]:
    """Equals stay as they are ranked; what has no key stays below. Raises BadRequest for what is not known now."""
    if asked.sort not in keys:
        raise BadRequest(f"sort: {asked.sort} is not known right now (allowed with period=live: {', '.join(keys)})")
    key = keys[asked.sort]
    known = [row for row in rows if key(row) is not None]
    is_descending = asked.order == "desc" if asked.order else asked.sort != "name"
    known.sort(key=key, reverse=is_descending)
    return known + [row for row in rows if key(row) is None]


def _answer(asked: RankingQuestion, rows: list[T], coverage: float | None) -> Answer[list[T]]:
    page = rows[asked.offset : asked.offset + asked.limit]
    following = next_offset(asked, len(rows))
    return Answer(page, period=LIVE, coverage=coverage, total=len(rows), next_offset=following)
