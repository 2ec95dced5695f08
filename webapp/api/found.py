"""What the id of a request names, or 404."""

from werkzeug.exceptions import NotFound

from hallofshame.model import Park
from hallofshame.store import parks, rides
from hallofshame.store.engine import Connection


def park(conn: Connection, park_id: int) -> Park:
    """The park of an id. Raises NotFound."""
    found = parks.one(conn, park_id)
    if found is None:
        raise NotFound(f"There is no park {park_id}.")
    return found


def park_of_ride(conn: Connection, ride_id: int) -> Park:
    """The park that the ride of an id stands in. Raises NotFound."""
    facts = rides.facts(conn, ride_id)
    if facts is None:
        raise NotFound(f"There is no ride {ride_id}.")
    return park(conn, facts.park_id)
