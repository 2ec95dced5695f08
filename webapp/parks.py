"""The parks that Queue-Times lists, with how many rides we hear of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hallofshame.model import Park
from hallofshame.rules.status import is_single_rider
from hallofshame.store import engine, live, parks
from hallofshame.store.engine import Engine


@dataclass(frozen=True, slots=True)
class ListedPark:
    """A park. `rides_tracked`: rides of its latest poll, single-rider rows left out; both None before its first."""

    park: Park
    polled_at: datetime | None
    rides_tracked: int | None


def read(database: Engine) -> Sequence[ListedPark]:
    """Every park, by name. Raises Transient where the database does not answer."""
    with engine.read(database) as conn:
        listed, polled_at = parks.active(conn), live.latest_polls(conn)
        rides = live.rides_of(conn, polled_at)
    tracked = Counter(ride.park_id for ride in rides if ride.is_listed and not is_single_rider(ride.name))
    return [
        ListedPark(park, polled_at.get(park.park_id), tracked[park.park_id] if park.park_id in polled_at else None)
        for park in sorted(listed, key=lambda park: (park.name.casefold(), park.park_id))
    ]
