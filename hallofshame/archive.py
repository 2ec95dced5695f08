"""The archive: one polls file per park and operating day, in a folder or on S3. Not what may leave for it, or when.

A day's polls are held as readings by poll time and ride id, cleaned as on arrival; lands are not kept.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from hallofshame import polls_file
from hallofshame.clock import parse_utc, to_iso
from hallofshame.errors import HallOfShameError, Permanent, Transient
from hallofshame.model import Reading
from hallofshame.polls_file import Header, RecordedPoll
from hallofshame.whole_files import sync_folder, write_whole

S3_CONNECT_SECONDS, S3_READ_SECONDS, S3_ATTEMPTS = 5, 30, 3  # a bucket that is away holds a job two minutes, once

Polls = Mapping[datetime, Mapping[int, Reading]]  # by poll time, to the second, and ride id; a poll may hold no rides


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
        name = _name(park_id, op_day)
        content = self._place.get(name)
        if content is None:
            return None
        try:
            return _unpacked(content)
        except Permanent as error:
            raise Permanent(f"archive {self.url}/{name} is damaged: {error}: move it away") from error

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
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "polls.jsonl.gz")
        polls_file.write(path, header, _recorded(header.park_id, polls))
        return path.read_bytes()


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
    with _opened(content) as polls:
        rides = [len(poll.payload["rides"]) for poll in polls]
    return len(rides), sum(rides)


def _unpacked(content: bytes) -> Polls:
    with _opened(content) as polls:
        return {poll.polled_at: _readings(poll) for poll in polls}


@contextmanager
def _opened(content: bytes) -> Iterator[Iterator[RecordedPoll]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "polls.jsonl.gz")
        path.write_bytes(content)
        with polls_file.reading(path) as (_, polls):
            yield polls


def _readings(poll: RecordedPoll) -> Mapping[int, Reading]:
    """The rides as they were written here: each once, and clean."""
    try:
        return {
            ride["id"]: Reading(
                ride["id"], ride["name"], ride["is_open"], ride["wait_time"], _moment(ride["last_updated"])
            )
            for ride in poll.payload["rides"]
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Permanent(f"{poll.place}: not as the archive writes its rides: {error!r}") from error


@lru_cache(maxsize=4_096)
def _moment(text: str | None) -> datetime | None:
    return parse_utc(text) if text else None
