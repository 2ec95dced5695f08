"""Requests to each route of the API, as varied as readers make them, each once: what was served before is never hit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func, select

from hallofshame.rules.park_filter import ALL, DISNEY_UNIVERSAL
from hallofshame.rules.periods import Period
from hallofshame.store.engine import Connection
from hallofshame.store.schema import park_days, parks, rides
from webapp.api.route import Route

PREFIX = "/api/v1"

_LIVE = "live"
_SEARCHED = ("a", "rh", "wheel", "the", "Geyser", "Disney", "gooseberry teacups", "é", "zzz", "II", "park", "Corkscrew")
_SORTS = ("score", "downtime", "uptime", "outages", "name")
_LIVE_SORTS = ("score", "downtime", "name")
_MOST_DAYS = {"hour": 31, "day": 731, "week": 3_653, "month": 3_653}

Asked = dict[str, Any]  # parameters; None: left out


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to ask for."""

    park_ids: Sequence[int]
    ride_ids: Sequence[int]
    filters: Sequence[str]
    first: date
    last: date


def known(conn: Connection) -> Known:
    """Read what there is to ask for."""
    named = [name for column in (parks.c.operator, parks.c.country) for name in conn.execute(select(column)).scalars()]
    first, last = conn.execute(select(func.min(park_days.c.op_day), func.max(park_days.c.op_day))).one()
    return Known(
        conn.execute(select(parks.c.park_id)).scalars().all(),
        conn.execute(select(rides.c.ride_id)).scalars().all(),
        [ALL, ALL, DISNEY_UNIVERSAL, *sorted(set(named))],
        first,
        last,
    )


def ask(route: Route, there: Known, number: int) -> list[str]:
    """So many addresses of a route, the same in each run. Raises KeyError for a route that nobody can ask yet."""
    draws = Random(route.path)  # noqa: S311 - to be repeatable, not secret
    return list(islice(_different(route, there, draws), number))


def _different(route: Route, there: Known, draws: Random) -> Iterator[str]:
    """Where its parameters are used up, the same question written otherwise: the cache knows it as it was written."""
    asked: set[str] = set()
    while True:
        path = route.path.replace("<int:park_id>", str(draws.choice(there.park_ids)))
        path = path.replace("<int:ride_id>", str(draws.choice(there.ride_ids)))
        given = {name: value for name, value in _PARAMETERS[route.path](there, draws).items() if value is not None}
        url = f"{PREFIX}{path}?{urlencode(given)}"
        while url in asked:
            url += "&"
        asked.add(url)
        yield url


def _nothing(_there: Known, _draws: Random) -> Asked:
    return {}


def _list(_there: Known, draws: Random) -> Asked:
    return {"format": draws.choice((None, "csv"))}


def _filtered(there: Known, draws: Random) -> Asked:
    return _list(there, draws) | {"filter": draws.choice(there.filters)}


def _page(draws: Random) -> Asked:
    return {"limit": draws.choice((None, 10, 100)), "offset": draws.choice((None, None, 20, 300))}


def _ranking(there: Known, draws: Random) -> Asked:
    period = draws.choice((_LIVE, *Period))
    sort = draws.choice(_LIVE_SORTS if period == _LIVE else _SORTS)
    order = draws.choice((None, "asc", "desc"))
    return _filtered(there, draws) | _page(draws) | {"period": period, "sort": sort, "order": order}


def _ride_ranking(there: Known, draws: Random) -> Asked:
    chosen = {"park": draws.choice((None, None, *there.park_ids[:2])), "tier": draws.choice((None, 1, 2, 3))}
    return _ranking(there, draws) | chosen


def _history(there: Known, draws: Random) -> Asked:
    grain = draws.choice(tuple(_MOST_DAYS))
    return {"grain": grain} | _list(there, draws) | _span(there, draws, _MOST_DAYS[grain])


def _outages(there: Known, draws: Random) -> Asked:
    return _list(there, draws) | _page(draws) | _span(there, draws, 731)


def _heatmap(there: Known, draws: Random) -> Asked:
    kind, ids = draws.choice((("park", there.park_ids), ("ride", there.ride_ids)))
    cells = {"kind": kind, "id": draws.choice(ids), "measure": draws.choice((None, "wait"))}
    return cells | _list(there, draws) | _span(there, draws, 31)


def _span(there: Known, draws: Random, most_days: int) -> Asked:
    """Nothing; the newest days, as many as may be; or any stretch of all there is."""
    how = draws.randrange(3)
    if how == 0:
        return {}
    days = most_days if how == 1 else draws.randint(1, most_days)
    last = there.last if how == 1 else there.first + draws.random() * (there.last - there.first)
    return {"from": max(there.first, last - timedelta(days=days - 1)), "to": last}


def _waits(there: Known, draws: Random) -> Asked:
    period = draws.choice((_LIVE, Period.LAST_7_DAYS.value, "peak"))
    return _filtered(there, draws) | _page(draws) | {"period": period}


def _trends(there: Known, draws: Random) -> Asked:
    period = draws.choice([each for each in Period if each is not Period.TODAY])
    kind = {"kind": draws.choice(("park", "ride")), "limit": draws.choice((None, 50))}
    return _filtered(there, draws) | kind | {"period": period}


def _awards(there: Known, draws: Random) -> Asked:
    return _list(there, draws) | {"period": draws.choice(tuple(Period))}


def _search(there: Known, draws: Random) -> Asked:
    return _list(there, draws) | {"q": draws.choice(_SEARCHED)}


_PARAMETERS: Mapping[str, Callable[[Known, Random], Asked]] = {
    "/live": _list,
    "/parks": _list,
    "/parks/rankings": _ranking,
    "/parks/<int:park_id>": _nothing,
    "/parks/<int:park_id>/history": _history,
    "/rides/rankings": _ride_ranking,
    "/rides/<int:ride_id>": _nothing,
    "/rides/<int:ride_id>/history": _history,
    "/rides/<int:ride_id>/outages": _outages,
    "/heatmap": _heatmap,
    "/waits": _waits,
    "/trends": _trends,
    "/awards": _awards,
    "/search": _search,
    "/methodology": _nothing,
}
