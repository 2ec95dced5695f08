"""What a watcher keeps from one tick to the next: `watch.json` in the state directory, replaced whole."""

import fcntl
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hallofshame.jobs_file import Job, Problem
from hallofshame.whole_files import write_whole

FILE_NAME = "watch.json"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Expected:
    """Since when a job is expected on these terms: with others, it is expected anew."""

    terms: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it. What was told: of `overdue` runs their ids, of each blindness its end.

    `published_at`: until when runs have been sent to CloudWatch.
    """

    expected: Mapping[str, Expected] = field(default_factory=dict)
    overdue: frozenset[str] = frozenset()
    blind: frozenset[datetime] = frozenset()
    published_at: datetime | None = None

    def expecting(self, jobs: Mapping[str, Job], problems: list[Problem], now: datetime) -> "Memory":
        """Know each job's terms; what the file has no more is forgotten, but not what cannot be read in it."""
        unread = {name: known for name, known in self.expected.items() if _is_unread(name, problems)}
        read = {name: self._expected(name, _terms(job), now) for name, job in jobs.items()}
        return replace(self, expected=unread | read)

    def _expected(self, name: str, terms: str, now: datetime) -> Expected:
        known = self.expected.get(name)
        return known if known and known.terms == terms else Expected(terms, now)


_FORM = TypeAdapter(Memory)


def load(state_directory: Path) -> Memory:
    """Read it. Without one, or with one that is damaged, all is new, which is said."""
    path = state_directory / FILE_NAME
    try:
        return _FORM.validate_json(path.read_bytes())
    except FileNotFoundError:
        log.warning("there is no %s: every job is expected from now on", path)
    except (ValidationError, OSError):
        log.warning("%s cannot be read: every job is expected from now on", path)
    return Memory()


def save(state_directory: Path, memory: Memory) -> None:
    """Put it on the disk, for good. Raises OSError."""
    write_whole(state_directory / FILE_NAME, _FORM.dump_json(memory))


@contextmanager
def alone(state_directory: Path) -> Iterator[bool]:
    """One tick at a time on this host. Yields False when another is under way; where no lock can be made, True."""
    try:
        folder = state_directory / "locks"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / "watch", os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as error:
        log.warning("ticking without a lock: %s", error)
        yield True
        return
    try:
        yield _locked(lock)
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _terms(job: Job) -> str:
    return f"{job.schedule} {job.timezone}, {job.start_grace}"


def _is_unread(name: str, problems: list[Problem]) -> bool:
    return any(not problem.place or f"{problem.place}.".startswith(f"jobs.{name}.") for problem in problems)
