"""The archive, in a folder and on S3: what was written is read back, whole or not at all, and judged the same."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from hallofshame import archive as module
from hallofshame import archiving, feed, polls_file
from hallofshame.archive import Archive, Polls
from hallofshame.errors import Permanent, Transient
from hallofshame.judging import judge_file
from hallofshame.polls_file import Header, RecordedPoll
from hallofshame.rules.readings import clean
from tests.factories import NOON, reading
from tests.http_server import send, serve
from tests.shared_data import shared

pytestmark = pytest.mark.integration

DAY = date(2026, 5, 1)
HEADER = Header(6, "Magic Kingdom", "America/New_York", "United States", "a test")
HOSTILE = '"; DROP TABLE rides; --\n\t\\\u2028</script>\x00 Ö™🎢\r'
POLLS: Polls = {
    NOON: {1: reading(1, name=HOSTILE), 2: reading(2, is_open=False, wait_minutes=None, last_updated=None)},
    NOON + timedelta(minutes=10): {},
}


class Bucket:
    """S3 as the client meets it: objects by key, and whatever else it may answer."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.fails_with: tuple[int, str] | None = None
        self.requests = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests += 1
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        if self.fails_with:
            self._refuse(handler, *self.fails_with)
        elif handler.command == "PUT":
            self.objects[handler.path] = body
            send(handler, b"", ETag='"1"')
        elif handler.path in self.objects:
            send(handler, self.objects[handler.path])
        else:
            self._refuse(handler, 404, "NoSuchKey")

    def _refuse(self, handler: BaseHTTPRequestHandler, status: int, code: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>as the test wants it</Message></Error>"
        send(handler, body.encode(), status, Content_Type="application/xml")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    made = Bucket()
    monkeypatch.setattr(BaseHTTPRequestHandler, "do_PUT", lambda handler: made.answer(handler), raising=False)  # noqa: PLW0108 - a function becomes a method, a bound one does not
    with serve(made.answer) as url:
        for name, value in {
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture(params=["folder", "s3"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    if request.param == "folder":
        return Archive(f"file://{tmp_path}/archive")
    request.getfixturevalue("bucket")
    return Archive("s3://backups/hall/of/shame")


def test_what_was_written_is_read_back(archive: Archive) -> None:
    assert archive.read(6, DAY) is None
    archive.write(DAY, HEADER, POLLS)
    assert archive.read(6, DAY) == POLLS
    assert archive.read(7, DAY) is None
    assert archive.read(6, DAY + timedelta(days=1)) is None


def test_a_day_has_one_file_by_year_month_and_day(tmp_path: Path, bucket: Bucket) -> None:
    for url in (f"file://{tmp_path}/archive", "s3://backups/hall/of/shame"):
        Archive(url).write(DAY, HEADER, POLLS)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        "archive/2026/05/01/park-6.jsonl.gz"
    ]
    assert list(bucket.objects) == ["/backups/hall/of/shame/2026/05/01/park-6.jsonl.gz"]


def test_an_archived_file_is_a_polls_file_as_queue_times_serves_it(tmp_path: Path) -> None:
    Archive(f"file://{tmp_path}").write(DAY, HEADER, POLLS)
    with gzip.open(tmp_path / "2026/05/01/park-6.jsonl.gz", "rt", encoding="utf8") as file:
        first, *polls = (json.loads(line) for line in file)
    assert first["park"] == {
        "id": 6,
        "name": "Magic Kingdom",
        "timezone": "America/New_York",
        "country": "United States",
    }
    assert polls[1] == {"park_id": 6, "polled_at": "2026-05-01T12:10:00Z", "payload": {"lands": [], "rides": []}}
    assert polls[0]["payload"]["rides"] == [
        {"id": 1, "name": HOSTILE, "is_open": True, "wait_time": 20, "last_updated": "2026-05-01T11:56:00Z"},
        {"id": 2, "name": "Ride 2", "is_open": False, "wait_time": None, "last_updated": None},
    ]


def _recorded(name: str) -> tuple[Header, list[RecordedPoll]]:
    with polls_file.reading(shared("data/polls", name)) as (header, polls):
        return header, list(polls)


def _renamed(poll: RecordedPoll) -> RecordedPoll:
    return RecordedPoll(poll.park_id, poll.polled_at, _with_hostile_name(poll.payload))


def _with_hostile_name(payload: Any) -> Any:
    if isinstance(payload, dict):
        return {
            key: HOSTILE if (key, value) == ("name", "#LikeMe Coaster") else _with_hostile_name(value)
            for key, value in payload.items()
        }
    return [_with_hostile_name(each) for each in payload] if isinstance(payload, list) else payload


def test_an_archived_recording_is_judged_as_the_recording(tmp_path: Path) -> None:
    header, lines = _recorded("plopsaland_2022-12-06_10.jsonl.gz")
    lines = [_renamed(line) for line in lines if line.polled_at.day == 10]
    polls_file.write(tmp_path / "served.jsonl", header, lines)
    archive = Archive(f"file://{tmp_path}")
    cleaned = {line.polled_at: clean(feed.parse_queue_times(line.payload)).readings for line in lines}
    polls = {moment: {each.ride_id: each for each in readings} for moment, readings in cleaned.items()}
    archive.write(date(2022, 12, 10), header, polls)
    judged = judge_file(tmp_path / "2022/12/10/park-54.jsonl.gz", segments=True)
    assert judged == judge_file(tmp_path / "served.jsonl", segments=True)
    assert HOSTILE in {ride["name"] for ride in judged["days"][0]["rides"].values()}


@pytest.mark.parametrize("plural", ["readings", "snapshots"])
@pytest.mark.parametrize(
    "ride",
    [
        {"id": 1, "name": "Ride", "is_open": True, "wait_time": 5},
        {"id": 1, "name": "Ride", "is_open": True, "wait_time": 5, "last_updated": "yesterday"},
        {"id": [1], "name": "Ride", "is_open": True, "wait_time": 5, "last_updated": None},
        "Ride",
    ],
)
def test_a_ride_of_another_form_is_refused_with_its_line(plural: str, ride: object, tmp_path: Path) -> None:
    archive = Archive(f"file://{tmp_path}")
    path = tmp_path / "2026/05/01/park-6.jsonl.gz"
    path.parent.mkdir(parents=True)
    polls_file.write(path, HEADER, [RecordedPoll(6, NOON, {"lands": [], "rides": [ride]})])
    read = archive.read if plural == "readings" else archive.snapshots
    with pytest.raises(Permanent, match=r"park-6\.jsonl\.gz is damaged: its polls, line 2: not as the archive writes"):
        read(6, DAY)


def test_the_snapshots_are_those_of_the_readings(tmp_path: Path) -> None:
    archive = Archive(f"file://{tmp_path}")
    assert archive.snapshots(6, DAY) is None
    said = [
        reading(1),
        reading(2, is_open=False, wait_minutes=10),
        reading(3, is_open=False, wait_minutes=0),
        reading(4, is_open=False, wait_minutes=None, last_updated=None),
        reading(5, last_updated=NOON - timedelta(hours=9)),
        reading(6, last_updated=NOON + timedelta(hours=9)),
        reading(7, name="Ride 1 Single Rider"),
    ]
    polls: Polls = {NOON + timedelta(minutes=10 * n): {each.ride_id: each for each in said} for n in range(60)}
    archive.write(DAY, HEADER, {**POLLS, **polls})
    assert archive.snapshots(6, DAY) == archiving.snapshots(archive.read(6, DAY) or {})
    header, lines = _recorded("plopsaland_2022-12-06_10.jsonl.gz")
    cleaned = {line.polled_at: clean(feed.parse_queue_times(line.payload)).readings for line in lines}
    archive.write(DAY, header, {at: {each.ride_id: each for each in readings} for at, readings in cleaned.items()})
    assert archive.snapshots(54, DAY) == archiving.snapshots(archive.read(54, DAY) or {})


def test_a_break_while_writing_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(f"file://{tmp_path}/archive")
    archive.write(DAY, HEADER, POLLS)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Transient, match=r"park-6\.jsonl\.gz: cannot be written: No space left on device"):
        archive.write(DAY, HEADER, {NOON: {}})
    assert archive.read(6, DAY) == POLLS
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_file_and_folders_are_on_the_disk_before_writing_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().relative_to(tmp_path).as_posix())

    monkeypatch.setattr(os, "fsync", note)
    Archive(f"file://{tmp_path}/archive").write(DAY, HEADER, POLLS)
    assert synced[0].startswith("archive/2026/05/01/.park-6.jsonl.gz.")
    assert synced[1:] == ["archive/2026/05/01", "archive/2026/05", "archive/2026", "archive"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file, where a folder should be", encoding="utf8")
    with pytest.raises(Transient, match="cannot be written"):
        Archive(f"file://{tmp_path}/archive").write(DAY, HEADER, POLLS)


def test_a_damaged_file_is_told_with_its_place(tmp_path: Path) -> None:
    archive = Archive(f"file://{tmp_path}")
    archive.write(DAY, HEADER, POLLS)
    path = tmp_path / "2026/05/01/park-6.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Permanent, match=r"2026/05/01/park-6\.jsonl\.gz is damaged: .*: move it away"):
        archive.read(6, DAY)


@pytest.mark.parametrize(
    ("status", "code", "kind", "requests"),
    [(503, "SlowDown", Transient, module.S3_ATTEMPTS), (403, "AccessDenied", Permanent, 1)],
)
def test_what_s3_refuses_is_told_and_tried_again_only_where_that_may_help(
    status: int, code: str, kind: type[Exception], requests: int, bucket: Bucket
) -> None:
    archive = Archive("s3://backups/hall")
    bucket.fails_with = (status, code)
    for work in (partial(archive.read, 6, DAY), partial(archive.write, DAY, HEADER, POLLS)):
        before = bucket.requests
        with pytest.raises(kind, match=rf"archive s3://backups/hall/2026/05/01/park-6\.jsonl\.gz: .*{code}"):
            work()
        assert bucket.requests - before == requests


def test_s3_that_does_not_answer_is_given_up(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    with pytest.raises(Transient, match="Could not connect"):
        Archive("s3://backups/hall").read(6, DAY)


def test_a_folder_needs_no_boto3() -> None:
    code = (
        "import sys; sys.modules['boto3'] = None\nfrom hallofshame.archive import Archive\nArchive('file:///nowhere')\n"
    )
    code += "try: Archive('s3://bucket')\nexcept Exception as error: print(error)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "HOS_ARCHIVE_URL is s3://bucket, which needs boto3: install hallofshame[aws]\n"
