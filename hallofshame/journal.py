"""The journal: what the wrapper knows of its runs before, and whether or not, a database does.

One file a run, `journal/<run_id>.jsonl` below the state directory: a line at the start and a line at the end, each
written at once and fsynced. So a file has one writer at a time, a torn line harms no other run, and what has been
brought to the database is removed by removing a file. Run ids are UUIDv7: names sort by time. Standard library only,
and of that only what is cheap: the wrapper imports it while a job runs.
"""

# ruff: noqa: PTH103, PTH108, PTH118, PTH119, PTH120, PTH123, PTH208 - pathlib costs the wrapper too much

import json
import os

# Of a job's output its first and last bytes are kept; output that is not longer stands whole in `output_tail`.
HEAD_BYTES = 16 << 10
TAIL_BYTES = 64 << 10

TYPE_CHECKING = False  # typing, too
if TYPE_CHECKING:
    from typing import Any

    from hallofshame.model import Run


class Entry:
    """One run as its file has it: the lines merged, later ones over earlier ones.

    `ended` says whether the end is known, `torn` that some line could not be read and was skipped.
    `record` is empty when no line could be read. Not a dataclass: that module costs the wrapper more than the rest.
    """

    __slots__ = ("ended", "path", "record", "run_id", "torn")

    def __init__(self, path: str, record: "dict[str, Any]", *, torn: bool) -> None:
        self.path = path
        self.run_id = os.path.basename(path).removesuffix(".jsonl")
        self.record = record
        self.ended = record.get("finished_at") is not None
        self.torn = torn


class Journal:
    """The journal in one state directory. Every method raises OSError where the disk does."""

    def __init__(self, state_directory: str | os.PathLike[str]) -> None:
        self.directory = os.path.join(state_directory, "journal")

    def append(self, record: "dict[str, Any]") -> None:
        """Put the record on disk, for good. Moments and states are strings in it already."""
        for directory in (os.path.dirname(self.directory), self.directory):
            os.makedirs(directory, 0o700, exist_ok=True)
        file = os.open(self._path(record["run_id"]), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size_bytes = os.fstat(file).st_size
            _write_line(file, record, size_bytes)
            os.fsync(file)
        finally:
            os.close(file)
        self._fsync_directory()

    def entries(self) -> list[Entry]:
        """Every run in the journal, oldest first."""
        try:
            names = sorted(name for name in os.listdir(self.directory) if name.endswith(".jsonl"))
        except (FileNotFoundError, NotADirectoryError):
            return []
        entries = (_read(os.path.join(self.directory, name)) for name in names)
        return [entry for entry in entries if entry is not None]

    def read(self, run_id: str) -> Entry | None:
        """One run as it stands now; None when it was removed."""
        return _read(self._path(run_id))

    def forget(self, run_id: str) -> None:
        """Remove a run that is in the database. Another process may have been faster."""
        try:
            os.unlink(self._path(run_id))
        except FileNotFoundError:
            return

    def _path(self, run_id: str) -> str:
        return os.path.join(self.directory, run_id + ".jsonl")

    def _fsync_directory(self) -> None:
        directory = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def run_from_record(record: "dict[str, Any]") -> "Run":
    """Build a Run from a record. Fields that Run does not have are left out.

    Raises ValueError when the record is not one of a run.
    """
    # Here, so that the wrapper does not pay for dataclasses and datetime.
    from dataclasses import fields  # noqa: PLC0415

    from hallofshame.clock import parse_utc  # noqa: PLC0415
    from hallofshame.model import AttemptEnd, Run, RunState  # noqa: PLC0415

    known = {field.name for field in fields(Run)}
    values = {name: value for name, value in record.items() if name in known}
    try:
        values["state"] = RunState(values["state"])
        values["argv"] = tuple(values["argv"])
        values["attempt_ends"] = tuple(AttemptEnd(**each) for each in values.get("attempt_ends", ()))
        for name in ("scheduled_at", "started_at", "finished_at"):
            if values.get(name) is not None:
                values[name] = parse_utc(values[name])
        return Run(**values)
    except (KeyError, TypeError) as error:
        raise ValueError(f"journal record {record.get('run_id')!r} is not a run: {error}") from error


def _write_line(file: int, record: "dict[str, Any]", size_bytes: int) -> None:
    line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
    if size_bytes and os.pread(file, 1, size_bytes - 1) != b"\n":
        line = b"\n" + line  # a power cut tore the line before: this one must not be torn with it
    written = 0
    try:
        written = os.write(file, line)
    finally:
        if written < len(line):
            # Half a line would swallow the next one. Shrinking a file works on a full disk, too.
            os.ftruncate(file, size_bytes)
    if written < len(line):
        raise OSError(f"only {written} of {len(line)} bytes could be written to the journal")


def _read(path: str) -> Entry | None:
    """Read one run's file. None when it was removed in the meantime."""
    try:
        with open(path, "rb") as file:
            lines = file.read().splitlines(keepends=True)
    except FileNotFoundError:
        return None
    record: dict[str, Any] = {}
    torn = False
    for line in lines:
        part = _parse(line)
        if part is None:
            torn = True
        else:
            record |= part
    return Entry(path, record, torn=torn)


def _parse(line: bytes) -> "dict[str, Any] | None":
    try:
        part = json.loads(line)
    except ValueError:
        return None
    # Without its newline even a well-formed line may lack its end: `{"a":1}` torn from `{"a":1}{…`.
    return part if isinstance(part, dict) and line.endswith(b"\n") else None
