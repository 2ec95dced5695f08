"""The polls file: read as it was written, plain or packed, and refused with file and line."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hallofshame import polls_file
from hallofshame.errors import Permanent
from hallofshame.polls_file import Header, RecordedPoll

pytestmark = pytest.mark.unit

HEADER = Header(12, "Gardaland", "Europe/Rome", "Italy", "recorded readings", {7: 3})
POLLS = [
    RecordedPoll(12, datetime(2025, 9, 21, 16, 52, 31, tzinfo=UTC), {"lands": [], "rides": [{"id": 7, "name": "Ö™"}]}),
    RecordedPoll(12, datetime(2025, 9, 21, 17, 2, 31, 500_000, tzinfo=UTC), {}),
]
FIRST_LINE = json.dumps({"park": {"timezone": "Europe/Rome"}})


def read(path: Path) -> tuple[Header, list[RecordedPoll]]:
    with polls_file.reading(path) as (header, polls):
        return header, list(polls)


def lines(path: Path, *content: Any) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in content), encoding="utf8")
    return path


@pytest.mark.parametrize("name", ["polls.jsonl", "polls.jsonl.gz"])
def test_what_was_written_is_read_back(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    polls_file.write(path, HEADER, POLLS)
    header, polls = read(path)
    assert header == HEADER
    assert [(poll.park_id, poll.polled_at, poll.payload) for poll in polls] == [
        (poll.park_id, poll.polled_at, poll.payload) for poll in POLLS
    ]
    assert [poll.place for poll in polls] == [f"{path}, line 2", f"{path}, line 3"]


def test_the_same_polls_give_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("one.jsonl.gz", "other.jsonl.gz"):
        polls_file.write(tmp_path / name, HEADER, POLLS)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert written[0][4:8] == bytes(4)  # gzip's own time stamp


def test_a_packed_file_is_known_by_its_content_not_its_name(tmp_path: Path) -> None:
    polls_file.write(tmp_path / "packed.jsonl.gz", HEADER, POLLS)
    packed = (tmp_path / "packed.jsonl.gz").rename(tmp_path / "packed.jsonl")
    assert len(read(packed)[1]) == len(POLLS)


def test_polls_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = lines(tmp_path / "polls.jsonl", FIRST_LINE, {"polled_at": "2025-09-21T16:52:31Z", "payload": {}}, "torn {")
    with polls_file.reading(path) as (_, polls):
        assert next(polls).payload == {}
        with pytest.raises(Permanent, match="line 3: not JSON"):
            next(polls)


def test_the_header_needs_no_more_than_a_time_zone_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    header, polls = read(lines(tmp_path / "polls.jsonl", FIRST_LINE, "", ""))
    assert header == Header(None, None, "Europe/Rome", None)
    assert polls == []


@pytest.mark.parametrize(
    ("first_line", "message"),
    [
        ("", "line 1: expected"),
        ([1], "line 1: expected an object, got list"),
        ({"park": "Gardaland"}, "line 1: expected"),
        ({"park": {"timezone": None}}, "line 1: expected"),
        ({"park": {"timezone": "Europe/Garda"}}, "line 1: 'Europe/Garda' is no IANA time zone"),
        ({"park": {"timezone": "America"}}, "line 1: 'America' is no IANA time zone"),
        ({"park": {"timezone": "Europe/Rome"}, "weights": [1]}, "line 1: weights: expected an object"),
        ({"park": {"timezone": "Europe/Rome"}, "weights": {"7": 4}}, "line 1: weights: expected .* got '7': 4"),
        ({"park": {"timezone": "Europe/Rome"}, "weights": {"x": 1}}, "line 1: weights: expected .* got 'x': 1"),
        ({"park": {"timezone": "Europe/Rome"}, "weights": {"7": True}}, "line 1: weights: expected .* got '7': True"),
    ],
)
def test_a_first_line_of_another_form_is_refused(first_line: object, message: str, tmp_path: Path) -> None:
    path = lines(tmp_path / "polls.jsonl", first_line)
    with pytest.raises(Permanent, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ([], "line 2: expected an object, got list"),
        ({"payload": {}}, "line 2: expected .*polled_at"),
        ({"polled_at": "2025-09-21T16:52:31Z"}, "line 2: expected .*payload"),
        ({"polled_at": "2025-09-21T16:52:31Z", "payload": None}, "line 2: expected .*payload"),
        ({"polled_at": "2025-09-21T16:52:31", "payload": {}}, "line 2: polled_at: .* is not a moment with an offset"),
        ({"polled_at": "yesterday", "payload": {}}, "line 2: polled_at: 'yesterday' is not a moment"),
    ],
)
def test_a_poll_of_another_form_is_refused(line: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=message):
        read(lines(tmp_path / "polls.jsonl", FIRST_LINE, line))


def test_a_damaged_packed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "polls.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join([FIRST_LINE.encode()] * 3))[:-12])
    with pytest.raises(Permanent, match="cannot be read after line"):
        read(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "polls.jsonl"
    path.write_bytes(FIRST_LINE.encode() + b'\n{"polled_at": "\xff\xfe"}\n')
    with pytest.raises(Permanent, match="line 2: not JSON"):
        read(path)


@pytest.mark.parametrize("name", ["absent.jsonl", "."])
def test_a_file_that_cannot_be_opened_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"cannot be opened: (No such file|Is a directory)"):
        read(tmp_path / name)
