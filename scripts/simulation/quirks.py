"""What the feed gets wrong, each on request: `stale:5` for park 5, `stale` for every park, `parks_html` for parks.json.

The names, and what becomes of a payload. Quirks of an answer as a whole (HTML, 429, silence) are the server's part.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Any

from .parks import IDS_A_PARK, Park
from .rides import COASTER
from .world import stamp

Payload = dict[str, Any]

_WEEK_SECONDS = 7 * 86_400


class Quirk(StrEnum):
    """The names to ask by."""

    # The answer as a whole.
    HTML = "html"
    EMPTY = "empty"
    HALF_BODY = "half_body"
    SLOW_DRIP = "slow_drip"
    HANG = "hang"
    ERROR_500 = "error500"
    TOO_MANY_REQUESTS = "429"
    TOO_MANY_REQUESTS_ONCE = "429_once"
    # The data in it.
    STALE = "stale"
    FROZEN = "frozen"
    SINGLE_RIDERS = "single_riders"
    TOP_LEVEL = "top_level"
    LOOSE_RIDE = "loose_ride"
    DUPLICATES = "duplicates"
    OUTLIER = "outlier"
    NULL_WAIT = "null_wait"
    CLOSED_WITH_WAIT = "closed_with_wait"
    CLOCK_SKEW = "clock_skew"
    RENAMED = "renamed"
    VANISHED = "vanished"
    NO_RIDES = "no_rides"
    # parks.json.
    PARKS_HTML = "parks_html"
    PARKS_EMPTY = "parks_empty"
    PARKS_500 = "parks_500"
    PARKS_HANG = "parks_hang"

    @property
    def concerns_parks_json(self) -> bool:
        return self.value.startswith("parks_")


@dataclass(frozen=True)
class PlacedQuirk:
    """A quirk and the park it is for; None means every park."""

    quirk: Quirk
    park_id: int | None = None


def read_quirks(text: str) -> frozenset[PlacedQuirk]:
    """Read `html:6,429:8,parks_500`; ValueError for a name or a number that is none."""
    return frozenset(_read_quirk(part) for part in text.split(","))


def _read_quirk(text: str) -> PlacedQuirk:
    name, colon, park_id = text.partition(":")
    return PlacedQuirk(Quirk(name), int(park_id) if colon else None)


def quirks_of(placed: frozenset[PlacedQuirk], park_id: int | None) -> list[Quirk]:
    """The quirks of one park, or of parks.json for None, in the order in which `Quirk` lists them."""
    wanted = {each.quirk for each in placed if each.park_id in {None, park_id}}
    return [quirk for quirk in Quirk if quirk in wanted and quirk.concerns_parks_json == (park_id is None)]


def distort(payload: Payload, quirks: list[Quirk], park: Park, moment: datetime) -> Payload:
    """Change the payload, in place, by those of the quirks that concern data."""
    for quirk in quirks:
        if quirk in _DISTORTIONS:
            _DISTORTIONS[quirk](payload, park, moment)
    return payload


def _rows(payload: Payload) -> list[dict[str, Any]]:
    return [row for group in (*payload["lands"], payload) for row in group["rides"]]


def _stale(payload: Payload, _park: Park, moment: datetime) -> None:
    """Every fourth ride stands still for a week at a time, open and with a queue, also by night."""
    for row in _rows(payload)[::4]:
        row.update(_stuck(moment))


def _stuck(moment: datetime) -> dict[str, Any]:
    hour_ago = int(moment.timestamp()) - 3_600  # so that it is never fresh
    return {"is_open": True, "wait_time": 70, "last_updated": stamp(hour_ago // _WEEK_SECONDS * _WEEK_SECONDS)}


def _frozen(payload: Payload, park: Park, moment: datetime) -> None:
    """The first ride is open without a wait since just after local midnight, whatever the park does."""
    midnight = datetime.combine(moment.astimezone(park.zone), time(second=18), park.zone)
    _rows(payload)[0] |= {"is_open": True, "wait_time": 0, "last_updated": stamp(int(midnight.timestamp()))}


def _single_riders(payload: Payload, park: Park, moment: datetime) -> None:
    """Three coasters have a line for single riders, outside any land; only the first of them is kept up to date."""
    rows = {row["id"]: row for row in _rows(payload)}
    coasters = [rows[ride.ride_id] for ride in park.rides if ride.kind is COASTER][:3]
    for number, coaster in enumerate(coasters):
        line = coaster | {
            "id": (park.park_id + 1) * IDS_A_PARK - 1 - number,
            "name": f"{coaster['name']} Single Rider",
            "wait_time": coaster["wait_time"] // 15 * 5,
        }
        payload["rides"].append(line | _stuck(moment) if number else line)


def _top_level(payload: Payload, _park: Park, _moment: datetime) -> None:
    payload |= {"lands": [], "rides": _rows(payload)}


def _loose_ride(payload: Payload, _park: Park, _moment: datetime) -> None:
    """One ride is outside the lands that hold all others."""
    if payload["lands"]:
        payload["rides"].append(payload["lands"][0]["rides"].pop(0))


def _duplicates(payload: Payload, _park: Park, moment: datetime) -> None:
    """The first ride stands at the top level once more, ten minutes old and saying the opposite."""
    row = _rows(payload)[0]
    older = {"is_open": not row["is_open"], "wait_time": 0, "last_updated": stamp(int(moment.timestamp()) - 600)}
    payload["rides"].append(row | older)


def _outlier(payload: Payload, _park: Park, _moment: datetime) -> None:
    _rows(payload)[0] |= {"is_open": True, "wait_time": 995}


def _null_wait(payload: Payload, _park: Park, _moment: datetime) -> None:
    _rows(payload)[0]["wait_time"] = None


def _closed_with_wait(payload: Payload, _park: Park, _moment: datetime) -> None:
    _rows(payload)[0] |= {"is_open": False, "wait_time": 15}


def _clock_skew(payload: Payload, _park: Park, moment: datetime) -> None:
    """Every row was updated 54 seconds from now."""
    for row in _rows(payload):
        row["last_updated"] = stamp(int(moment.timestamp()) + 54)


def _renamed(payload: Payload, _park: Park, moment: datetime) -> None:
    """The first ride carries a trade mark sign from the 15th of each month on (UTC)."""
    if moment.astimezone(UTC).day >= 15:
        _rows(payload)[0]["name"] += "™"


def _vanished(payload: Payload, _park: Park, moment: datetime) -> None:
    """The last ride stands frozen from the 1st of each month on and is gone from the 8th (UTC)."""
    rows = payload["rides"] or payload["lands"][-1]["rides"]
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0)
    rows[-1]["last_updated"] = stamp(int(first.timestamp()))
    if moment.astimezone(UTC).day >= 8:
        rows.pop()


def _no_rides(payload: Payload, _park: Park, _moment: datetime) -> None:
    payload |= {"lands": [], "rides": []}


_DISTORTIONS: dict[Quirk, Callable[[Payload, Park, datetime], None]] = {
    Quirk.STALE: _stale,
    Quirk.FROZEN: _frozen,
    Quirk.SINGLE_RIDERS: _single_riders,
    Quirk.TOP_LEVEL: _top_level,
    Quirk.LOOSE_RIDE: _loose_ride,
    Quirk.DUPLICATES: _duplicates,
    Quirk.OUTLIER: _outlier,
    Quirk.NULL_WAIT: _null_wait,
    Quirk.CLOSED_WITH_WAIT: _closed_with_wait,
    Quirk.CLOCK_SKEW: _clock_skew,
    Quirk.RENAMED: _renamed,
    Quirk.VANISHED: _vanished,
    Quirk.NO_RIDES: _no_rides,
}
