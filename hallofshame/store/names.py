"""Every park and ride by name, for whoever searches them. Reads only."""

from sqlalchemy import Connection, select

from hallofshame.store.schema import rides


def of_rides(conn: Connection) -> list[tuple[int, int, str]]:
    """Id, park id and name of every ride (about 5,000)."""
    return [(row[0], row[1], row[2]) for row in conn.execute(select(rides.c.ride_id, rides.c.park_id, rides.c.name))]
