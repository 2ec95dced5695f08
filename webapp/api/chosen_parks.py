"""The parks that a reader's filter chooses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from werkzeug.exceptions import BadRequest

from hallofshame.model import Park
from hallofshame.rules import park_filter
from hallofshame.store import parks
from hallofshame.store.engine import Connection


@dataclass(frozen=True, slots=True)
class ChosenParks:
    """Every park by its id, and the ids that were chosen; None: all."""

    by_id: Mapping[int, Park]
    ids: Collection[int] | None


def choose(conn: Connection, asked: str) -> ChosenParks:
    """Raises BadRequest for a filter that is none, with all there are."""
    listed = parks.every(conn)
    by_id = {park.park_id: park for park in listed}
    if asked == park_filter.ALL:
        return ChosenParks(by_id, None)
    found = park_filter.choose(listed, asked)
    if found is None:
        raise BadRequest(f"filter: nothing is called {asked!r} (allowed: {', '.join(park_filter.allowed(listed))})")
    return ChosenParks(by_id, [park.park_id for park in found])
