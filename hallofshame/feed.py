"""What Queue-Times serves, read defensively: unknown keys are ignored, one bad line never costs the others.

Shapes only (domain page, 1.2): what a value means is decided in `rules/`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from hallofshame.errors import Permanent
from hallofshame.model import Issue, Park, Payload, Reading


def _moment_or_none(value: object) -> datetime | None:
    """Read `last_updated`; what is no moment counts as missing, and a missing one counts as fresh."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _degrees_or_none(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _existing_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no IANA time zone") from None
    return name


class _Ride(BaseModel):
    id: Annotated[int, Field(gt=0)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    is_open: bool
    wait_time: int | None = None
    last_updated: Annotated[datetime | None, BeforeValidator(_moment_or_none)] = None


class _Land(BaseModel):
    name: str = ""
    rides: list[Any] = []


class _QueueTimes(BaseModel):
    lands: list[_Land] = []
    rides: list[Any] = []


class _Park(BaseModel):
    id: Annotated[int, Field(gt=0)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    country: str = ""
    continent: str = ""
    latitude: Annotated[float | None, BeforeValidator(_degrees_or_none)] = None
    longitude: Annotated[float | None, BeforeValidator(_degrees_or_none)] = None
    timezone: Annotated[str, AfterValidator(_existing_zone)]


class _Group(BaseModel):
    id: int
    name: str
    parks: list[Any] = []


_GROUPS = TypeAdapter(list[_Group])


def parse_queue_times(body: object) -> Payload:
    """Read a park's queue_times.json, decoded. Raises Permanent where it is not an object of that shape."""
    if not isinstance(body, dict):
        raise Permanent(f"expected an object with lands and rides, got {_what(body)}")
    try:
        page = _QueueTimes.model_validate({key: value for key, value in body.items() if value is not None})
    except ValidationError as error:
        raise Permanent(f"not the shape of queue_times.json: {_first(error)}") from None
    lines = [(line, land.name or None) for land in page.lands for line in land.rides]
    lines += [(line, None) for line in page.rides]
    return _collect(lines)


def parse_parks(body: object) -> tuple[list[Park], list[Issue]]:
    """Read parks.json, decoded: every park that can be read, and an issue for each that cannot.

    Raises Permanent where it is no list of groups, or holds no park.
    """
    try:
        groups = _GROUPS.validate_python(body)
    except ValidationError as error:
        raise Permanent(f"not the shape of parks.json: {_first(error)}") from None
    parks, issues = [], []
    for group in groups:
        for line in group.parks:
            try:
                parks.append(_park(_Park.model_validate(line), group))
            except ValidationError as error:
                issues.append(Issue("bad_park", _subject("park", line), f"left out: {_first(error)}"))
    if not parks:
        raise Permanent("parks.json lists no park")
    return parks, issues


def _collect(lines: Iterable[tuple[object, str | None]]) -> Payload:
    readings, issues = [], []
    for line, land in lines:
        try:
            readings.append(_reading(_Ride.model_validate(line), land))
        except ValidationError as error:
            issues.append(Issue("bad_ride", _subject("ride", line), f"left out: {_first(error)}"))
    return Payload(tuple(readings), tuple(issues))


def _reading(ride: _Ride, land: str | None) -> Reading:
    return Reading(ride.id, ride.name, ride.is_open, ride.wait_time, ride.last_updated, land)


def _park(park: _Park, group: _Group) -> Park:
    facts = park.model_dump(exclude={"id"})
    return Park(park_id=park.id, operator_id=group.id, operator=group.name, **facts)


def _subject(kind: str, line: object) -> str:
    identity = line.get("id") if isinstance(line, dict) else None
    return f"{kind}:{identity}"[:40]


def _what(body: object) -> str:
    return "nothing" if body is None else f"a {type(body).__name__}"


def _first(error: ValidationError) -> str:
    detail = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in detail["loc"])
    return f"{where}: {detail['msg']}" if where else detail["msg"]
