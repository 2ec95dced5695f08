"""What the classifier said of each ride, with its reasons. The caller owns the transaction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from hallofshame.store.schema import ride_classifications, rides
from hallofshame.store.upsert import upsert

# Kinds as the classifier writes them; a test holds them equal to its own.
RIDE, SINGLE_RIDER = "ride", "single_rider"


@dataclass(frozen=True, slots=True)
class Classified:
    """A ride's tier (1 to 3) and kind, each with the reason."""

    tier: int
    tier_reason: str
    kind: str
    kind_reason: str


_VERDICT = tuple(Classified.__dataclass_fields__)


def of_park(conn: Connection, park_id: int) -> dict[int, tuple[str, Classified | None]]:
    """The name of each of a park's rides and what was said of it, None where nothing was yet; by ride id."""
    verdict = (ride_classifications.c[name] for name in _VERDICT)
    query = (
        select(rides.c.ride_id, rides.c.name, *verdict)
        .outerjoin_from(rides, ride_classifications)
        .where(rides.c.park_id == park_id)
    )
    return {
        ride_id: (name, None if verdict[0] is None else Classified(*verdict))
        for ride_id, name, *verdict in conn.execute(query)
    }


def is_no_second_queue() -> ColumnElement[bool]:
    """Whether a row of rides, outer-joined with its verdict, is no single-rider line.

    Until the classifier has seen a ride its name tells, as `rules.status.is_single_rider` reads it.
    """
    kind, name = ride_classifications.c.kind, func.lower(rides.c.name)
    named = or_(name.like("%single_rider%"), name.like("%singlerider%"))
    return or_(kind != SINGLE_RIDER, and_(kind.is_(None), ~named))


def record(conn: Connection, classified: Mapping[int, Classified]) -> None:
    """Enter what is said of rides now, by ride id."""
    rows = [{"ride_id": ride_id, **asdict(verdict)} for ride_id, verdict in classified.items()]
    upsert(conn, ride_classifications, rows, update=_VERDICT)
