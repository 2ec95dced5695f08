"""The journal: one file a run, two lines at most, nothing lost but what was never written whole."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hallofshame.journal import Entry, Journal, run_from_record
from hallofshame.model import AttemptEnd, Run, RunState

pytestmark = pytest.mark.unit

START: dict[str, Any] = {
    "run_id": "01900000-0000-7000-8000-000000000001",
    "job": "collect",
    "state": "running",
    "host": "web-1",
    "boot_id": "b",
    "pid": 7,
    "argv": ["hos-collect", "--at", "é\x00\n"],
    "scheduled_at": "2026-05-01T12:00:00Z",
    "started_at": "2026-05-01T12:00:00.250000Z",
}
END = START | {"state": "failed", "finished_at": "2026-05-01T12:00:09Z", "duration_seconds": 8.75, "exit_code": 3}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "state")


def only(journal: Journal) -> Entry:
    [entry] = journal.entries()
    return entry


def test_a_journal_that_was_never_written_is_empty(journal: Journal) -> None:
    assert journal.entries() == []


def test_a_run_that_has_started_is_an_entry_without_an_end(journal: Journal) -> None:
    journal.append(START)
    entry = only(journal)
    assert (entry.run_id, entry.record, entry.ended, entry.torn) == (START["run_id"], START, False, False)


def test_the_end_is_merged_over_the_start(journal: Journal) -> None:
    journal.append(START)
    journal.append(END)
    entry = only(journal)
    assert (entry.record, entry.ended, entry.torn) == (END, True, False)
    assert len(Path(entry.path).read_text(encoding="ascii").splitlines()) == 2


def test_entries_come_in_the_order_of_their_start(journal: Journal) -> None:
    ids = [f"01900000-0000-7000-8000-{number:012}" for number in (3, 1, 2)]
    for run_id in ids:
        journal.append(START | {"run_id": run_id})
    assert [entry.run_id for entry in journal.entries()] == sorted(ids)


def test_all_of_it_is_private(journal: Journal) -> None:
    journal.append(START)
    path = Path(only(journal).path)
    assert [oct(each.stat().st_mode & 0o777) for each in (path, path.parent, path.parent.parent)] == [
        "0o600",
        "0o700",
        "0o700",
    ]


@pytest.mark.parametrize("length", [0, 1, 20, -1])
def test_a_torn_end_is_skipped_and_told(journal: Journal, length: int) -> None:
    journal.append(START)
    path = Path(only(journal).path)
    start = path.read_bytes()
    journal.append(END)
    end = path.read_bytes().removeprefix(start)
    path.write_bytes(start + end[:length])
    entry = only(journal)
    assert (entry.record, entry.ended, entry.torn) == (START, False, length != 0)


def test_a_torn_start_is_an_entry_without_a_record(journal: Journal) -> None:
    journal.append(START)
    path = Path(only(journal).path)
    path.write_bytes(path.read_bytes()[:30])
    entry = only(journal)
    assert (entry.run_id, entry.record, entry.torn) == (START["run_id"], {}, True)


@pytest.mark.parametrize("garbage", [b"\x00\xff\n", b"[1]\n", b"\n", b"null\n"])
def test_garbage_between_the_lines_harms_neither(journal: Journal, garbage: bytes) -> None:
    journal.append(START)
    path = Path(only(journal).path)
    path.write_bytes(path.read_bytes() + garbage)
    journal.append(END)
    entry = only(journal)
    assert (entry.record, entry.torn) == (END, True)


def test_a_full_disk_leaves_no_half_line_before_the_next_one(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.append(START)
    whole = os.write
    monkeypatch.setattr(os, "write", lambda file, data: whole(file, data[:10]))
    with pytest.raises(OSError, match="only 10 of"):
        journal.append(END)
    monkeypatch.undo()
    assert (only(journal).record, only(journal).torn) == (START, False)
    journal.append(END)
    assert (only(journal).record, only(journal).torn) == (END, False)


def test_every_line_is_on_disk_before_append_returns(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(str(Path(f"/proc/self/fd/{file}").readlink())))
    journal.append(START)
    journal.append(END)
    path = only(journal).path
    assert synced == [path, journal.directory] * 2


def test_a_run_is_forgotten_once_and_again(journal: Journal) -> None:
    journal.append(START)
    entry = only(journal)
    journal.forget(entry.run_id)
    journal.forget(entry.run_id)
    assert journal.entries() == []


def test_other_files_in_the_folder_are_left_alone(journal: Journal) -> None:
    journal.append(START)
    (Path(journal.directory) / "flush.lock").touch()
    assert len(journal.entries()) == 1


def test_a_record_becomes_a_run() -> None:
    attempt_ends = [{"exit_code": 3, "signal": None, "duration_seconds": 8.75}]
    run = run_from_record(END | {"report": {"rows": 1}, "attempt_ends": attempt_ends, "a_field_of_tomorrow": 1})
    assert isinstance(run, Run)
    assert run.state is RunState.FAILED
    assert (run.argv, run.report, run.exit_code) == (tuple(START["argv"]), {"rows": 1}, 3)
    assert run.attempt_ends == (AttemptEnd(3, None, 8.75),)
    assert run.started_at == datetime(2026, 5, 1, 12, 0, 0, 250_000, UTC)
    assert run.finished_at == datetime(2026, 5, 1, 12, 0, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"run_id": "x"},
        START | {"state": "dancing"},
        START | {"argv": 3},
        START | {"started_at": "now"},
        START | {"started_at": 3},
        START | {"attempt_ends": [3]},
        START | {"attempt_ends": [{"exit_code": 3}]},
    ],
)
def test_a_record_that_is_no_run_is_a_value_error(record: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        run_from_record(record)
