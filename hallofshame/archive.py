"""The archive: one polls file per park and operating day, in a folder or on S3. Not what may leave for it, or when.

A day's polls are held as readings by poll time and ride id, cleaned as on arrival; lands are not kept.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hallofshame import polls_file
from hallofshame.clock import parse_utc, to_iso
from hallofshame.errors import HallOfShameError, Permanent, Transient
from hallofshame.model import Reading
from hallofshame.polls_file import Header, RecordedPoll
from hallofshame.rules import status
from hallofshame.rules.snapshot import Snapshot, StateAndWait
from hallofshame.whole_files import sync_folder, write_whole

S3_CONNECT_SECONDS, S3_READ_SECONDS, S3_ATTEMPTS = 5, 30, 3  # a bucket that is away holds a job two minutes, once

Polls = Mapping[datetime, Mapping[int, Reading]]  # by poll time, to the second, and ride id; a poll may hold no rides

T = TypeVar("T")


class _Place(Protocol):
    def get(self, name: str) -> bytes | None: ...
    def put(self, name: str, content: bytes) -> None: ...


class Archive:
    """The archive at one place. Raises Transient where that does not answer, Permanent where that will not change."""

    def __init__(self, url: str) -> None:
        """`url`: file:///folder or s3://bucket/prefix (needs s3:GetObject, s3:PutObject and s3:ListBucket)."""
        self.url = url
        self._place: _Place = _Bucket(url) if url.startswith("s3://") else _Folder(Path(url.removeprefix("file://")))

    def read(self, park_id: int, op_day: date) -> Polls | None:
        """The archived polls of a park's operating day, None where it has no file. Permanent for a damaged file."""
        return self._read(_name(park_id, op_day), _polls)

    def snapshots(self, park_id: int, op_day: date) -> list[Snapshot] | None:
        """The same as the rules take it: what `snapshot.take` makes of each poll, in a third of the time."""
        return self._read(_name(park_id, op_day), _snapshots)

    def write(self, op_day: date, header: Header, polls: Polls) -> None:
        """Write a park's operating day, whole or not at all. What was there before is replaced.

        Raises Permanent when it does not read back as it was written, or does not hold what it should.
        """
        name, content = _name(header.park_id, op_day), _packed(header, polls)
        self._place.put(name, content)
        if self._place.get(name) != content:
            raise Permanent(f"archive {self.url}/{name}: does not read back as it was written")
        held, asked = _count(content), (len(polls), sum(map(len, polls.values())))
        if held != asked:
            raise Permanent(f"archive {self.url}/{name}: holds {held} polls and readings, and not {asked}")

    def _read(self, name: str, taken: Callable[[Iterator[RecordedPoll]], T]) -> T | None:
        content = self._place.get(name)
        if content is None:
            return None
        try:
            return taken(_unpacked(content))
        except Permanent as error:
            raise Permanent(f"archive {self.url}/{name} is damaged: {error}: move it away") from error


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, name: str) -> bytes | None:
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Transient(f"archive {self._root / name}: cannot be read: {error.strerror}") from error

    def put(self, name: str, content: bytes) -> None:
        path = self._root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
            for folder in path.parents[1 : name.count("/") + 1]:  # each may be new
                sync_folder(folder)
        except OSError as error:
            raise Transient(f"archive {path}: cannot be written: {error.strerror}") from error


class _Bucket:
    def __init__(self, url: str) -> None:
        try:
            import boto3  # noqa: PLC0415 - an extra, and half a second: only where the archive is on S3
            from botocore.config import Config  # noqa: PLC0415
            from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        except ImportError as error:
            raise Permanent(f"HOS_ARCHIVE_URL is {url}, which needs boto3: install hallofshame[aws]") from error
        self._bucket, _, prefix = url.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        limits = {"connect_timeout": S3_CONNECT_SECONDS, "read_timeout": S3_READ_SECONDS}
        retries = {"total_max_attempts": S3_ATTEMPTS, "mode": "standard"}
        self._errors = (BotoCoreError, ClientError)
        self._client = boto3.client("s3", config=Config(retries=retries, **limits))

    def get(self, name: str) -> bytes | None:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            content: bytes = answer["Body"].read()
        except self._errors as error:
            if _status(error) == 404:
                return None
            raise self._translated(name, error) from error
        return content

    def put(self, name: str, content: bytes) -> None:
        try:
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content)
        except self._errors as error:
            raise self._translated(name, error) from error

    def _translated(self, name: str, error: Exception) -> HallOfShameError:
        kind = Permanent if _status(error) in range(400, 500) else Transient
        return kind(f"archive s3://{self._bucket}/{self._prefix}{name}: {error}")


def _status(error: Exception) -> int | None:
    """The HTTP status S3 answered with; None where the error is ours, or the network's."""
    answer: dict[str, Any] = getattr(error, "response", {})
    status: int | None = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status


def _name(park_id: int | None, op_day: date) -> str:
    return f"{op_day:%Y/%m/%d}/park-{park_id}.jsonl.gz"


def _packed(header: Header, polls: Polls) -> bytes:
    file = BytesIO()
    polls_file.pack(file, header, _recorded(header.park_id, polls))
    return file.getvalue()


def _recorded(park_id: int | None, polls: Polls) -> Iterator[RecordedPoll]:
    for polled_at in sorted(polls):
        rides = [_ride(reading) for _, reading in sorted(polls[polled_at].items())]
        yield RecordedPoll(park_id, polled_at, {"lands": [], "rides": rides})


def _ride(reading: Reading) -> dict[str, Any]:
    """One ride as queue_times.json serves it."""
    return {
        "id": reading.ride_id,
        "name": reading.name,
        "is_open": reading.is_open,
        "wait_time": reading.wait_minutes,
        "last_updated": _text(reading.last_updated) if reading.last_updated else None,
    }


_text = lru_cache(maxsize=4_096)(to_iso)  # most moments of a poll are the same


def _count(content: bytes) -> tuple[int, int]:
    """How many polls and readings a packed day holds."""
    rides = [len(poll.payload["rides"]) for poll in _unpacked(content)]
    return len(rides), sum(rides)


def _unpacked(content: bytes) -> Iterator[RecordedPoll]:
    _, polls = polls_file.read(BufferedReader(BytesIO(content)), "its polls")
    return polls


def _polls(recorded: Iterator[RecordedPoll]) -> Polls:
    return {poll.polled_at: _as_written(_readings, poll) for poll in recorded}


def _snapshots(recorded: Iterator[RecordedPoll]) -> list[Snapshot]:
    return [_as_written(_snapshot, poll) for poll in recorded]


def _as_written(taken: Callable[[RecordedPoll], T], poll: RecordedPoll) -> T:
    """A poll's rides as they were written here: each once, and clean."""
    try:
        return taken(poll)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Permanent(f"{poll.place}: not as the archive writes its rides: {error!r}") from error


def _readings(poll: RecordedPoll) -> Mapping[int, Reading]:
    return {
        ride["id"]: Reading(ride["id"], ride["name"], ride["is_open"], ride["wait_time"], _moment(ride["last_updated"]))
        for ride in poll.payload["rides"]
    }


def _snapshot(poll: RecordedPoll) -> Snapshot:
    polled_at = poll.polled_at.replace(microsecond=0)
    said = _Said(polled_at)
    return Snapshot(
        int(polled_at.timestamp()),
        {
            ride["id"]: said[ride["is_open"], ride["wait_time"], ride["last_updated"]]
            for ride in poll.payload["rides"]
            if not status.is_single_rider(ride["name"])
        },
    )


class _Said(dict[tuple[bool, int | None, str | None], StateAndWait]):
    """What the rides of one poll say, judged once for all that say the same."""

    def __init__(self, polled_at: datetime) -> None:
        super().__init__()
        self._polled_at = polled_at

    def __missing__(self, served: tuple[bool, int | None, str | None]) -> StateAndWait:
        is_open, wait_minutes, last_updated = served
        state = status.state(_moment(last_updated), self._polled_at, wait_minutes, is_open=is_open)
        said = self[served] = (state, wait_minutes)
        return said


@lru_cache(maxsize=4_096)
def _moment(text: str | None) -> datetime | None:
    return parse_utc(text) if text else None
