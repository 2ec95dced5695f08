"""The polls file (domain page, section 7): a park's polls as they were served, one JSON line each, plain or gzip.

The form and nothing else: what a payload says is read by `feed`, what it means is judged in `rules/`.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, cast

from hallofshame.clock import parse_utc, to_iso
from hallofshame.errors import Permanent
from hallofshame.rules import calendar
from hallofshame.rules.constants import WEIGHT_OF_TIER

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_LEVEL = 6  # 9 takes three times as long for a file 1 % smaller


@dataclass(frozen=True, slots=True)
class Header:
    """The first line. Only the time zone and the weights (ride id to 1, 2 or 3; None: 2 for all) are checked."""

    park_id: int | None
    name: str | None
    timezone: str
    country: str | None
    source: str | None = None
    weights: Mapping[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RecordedPoll:
    """One poll. `payload` is the decoded body of queue_times.json; `place` is `FILE, line N`, for messages."""

    park_id: int | None
    polled_at: datetime
    payload: dict[str, Any]
    place: str = ""


@contextmanager
def reading(path: Path) -> Iterator[tuple[Header, Iterator[RecordedPoll]]]:
    """Open a polls file: its header, and its polls as they stand, read as they are asked for.

    Raises Permanent, naming file and line, for a file that cannot be read or a line of another form.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise Permanent(f"{path}: cannot be opened: {error.strerror}") from error
    with file:
        yield read(file, f"{path}")


def read(file: BufferedReader, name: str) -> tuple[Header, Iterator[RecordedPoll]]:
    """The header and the polls of an open file, called `name` in messages. Raises Permanent as `reading` does."""
    lines = _lines(file, name)
    return _header(*next(lines, (f"{name}, line 1", {}))), (_poll(*line) for line in lines)


def write(path: Path, header: Header, polls: Iterable[RecordedPoll]) -> None:
    """Write a polls file, compressed when its name ends in `.gz`. The same polls give the same bytes."""
    with path.open("wb") as file:
        if path.suffix != ".gz":
            file.writelines(_written(header, polls))
            return
        pack(file, header, polls)


def pack(file: IO[bytes], header: Header, polls: Iterable[RecordedPoll]) -> None:
    """Write a polls file, compressed, into an open file."""
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=file, mtime=0) as packed:
        packed.writelines(_written(header, polls))


def _lines(file: BufferedReader, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's place and object; empty lines are passed over."""
    is_packed = file.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC)
    source = cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if is_packed else file
    number = 0
    try:
        for number, line in enumerate(source, start=1):
            if line.strip():
                yield f"{name}, line {number}", _object(f"{name}, line {number}", line)
    except (EOFError, OSError, zlib.error) as error:  # a packed file that is damaged raises all three
        raise Permanent(f"{name}: cannot be read after line {number}: {error}") from error


def _object(place: str, line: bytes) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except ValueError as error:
        raise Permanent(f"{place}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise Permanent(f"{place}: expected an object, got {type(content).__name__}")
    return content


def _header(place: str, line: dict[str, Any]) -> Header:
    park = line.get("park")
    if not isinstance(park, dict) or not isinstance(park.get("timezone"), str):
        raise Permanent(f'{place}: expected {{"park": {{"id", "name", "timezone", "country"}}, …}} first')
    try:
        calendar.zone(park["timezone"])
    except Permanent as error:
        raise Permanent(f"{place}: {error}") from error
    weights = _weights(place, line.get("weights"))
    return Header(park.get("id"), park.get("name"), park["timezone"], park.get("country"), line.get("source"), weights)


def _weights(place: str, weights: object) -> dict[int, int] | None:
    if weights is None:
        return None
    try:
        return parse_weights(weights)
    except Permanent as error:
        raise Permanent(f"{place}: {error}") from error


def parse_weights(weights: object) -> dict[int, int]:
    """Read decoded JSON weights: an object of ride id to 1, 2 or 3. Raises Permanent."""
    if not isinstance(weights, dict):
        raise Permanent(f"weights: expected an object of ride id to 1, 2 or 3, got {type(weights).__name__}")
    for ride_id, weight in weights.items():
        if not str(ride_id).isdecimal() or type(weight) is not int or weight not in WEIGHT_OF_TIER.values():
            raise Permanent(f"weights: expected ride ids with 1, 2 or 3, got {ride_id!r}: {weight!r}")
    return {int(ride_id): weight for ride_id, weight in weights.items()}


def _poll(place: str, line: dict[str, Any]) -> RecordedPoll:
    polled_at, payload = line.get("polled_at"), line.get("payload")
    if not isinstance(polled_at, str) or not isinstance(payload, dict):
        raise Permanent(f'{place}: expected {{"park_id", "polled_at": "…Z", "payload": {{…}}}}')
    try:
        return RecordedPoll(line.get("park_id"), parse_utc(polled_at), payload, place)
    except ValueError as error:
        raise Permanent(f"{place}: polled_at: {error}") from error


def _written(header: Header, polls: Iterable[RecordedPoll]) -> Iterator[bytes]:
    park = {"id": header.park_id, "name": header.name, "timezone": header.timezone, "country": header.country}
    weights = None if header.weights is None else {str(ride_id): weight for ride_id, weight in header.weights.items()}
    yield _line({"park": park, "source": header.source, "weights": weights})
    for poll in polls:
        yield _line({"park_id": poll.park_id, "polled_at": to_iso(poll.polled_at), "payload": poll.payload})


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
