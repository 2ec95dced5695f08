"""What a row is about: a park, or a ride in its park."""

from typing import Any

from pydantic import BaseModel, Field

from hallofshame.model import Park

from ..source import park_page, ride_page


class ParkRef(BaseModel):
    """A park."""

    park_id: int
    name: str
    operator: str
    country: str
    timezone: str = Field(description="IANA; its operating days begin at 04:00 there")
    queue_times_url: str


class RideRef(BaseModel):
    """A ride."""

    ride_id: int
    name: str
    park_id: int
    park_name: str
    queue_times_url: str


def park_ref(park: Park) -> dict[str, Any]:
    """The fields of a ParkRef."""
    return {
        "park_id": park.park_id,
        "name": park.name,
        "operator": park.operator,
        "country": park.country,
        "timezone": park.timezone,
        "queue_times_url": park_page(park.park_id),
    }


def ride_ref(ride_id: int, name: str, park: Park) -> dict[str, Any]:
    """The fields of a RideRef."""
    return {
        "ride_id": ride_id,
        "name": name,
        "park_id": park.park_id,
        "park_name": park.name,
        "queue_times_url": ride_page(park.park_id, ride_id),
    }
