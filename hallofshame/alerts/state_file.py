"""What this host knows of its alerts: one file in the state directory, replaced whole.

A decision and the mail that it makes are one step: the mail's text is written first, and counts once this file names
it. So nothing is told that was not decided, and nothing that was decided is forgotten, with a database or without.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hallofshame.rules.alerting import Alerts, Change
from hallofshame.whole_files import write_whole

FILE_NAME = "incidents.json"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail that was decided. `tries` are sentences; `accepted_at` is None while it waits."""

    message_id: str
    thread_id: str
    job: str | None
    subject: str
    recipients: tuple[str, ...]
    queued_at: datetime
    next_try_at: datetime
    tries: tuple[str, ...] = ()
    accepted_at: datetime | None = None
    accepted_by: str | None = None


@dataclass(frozen=True, slots=True)
class UnrecordedChange:
    """A decision that the database does not have yet."""

    change_id: str
    change: Change


@dataclass(frozen=True, slots=True)
class AlertState:
    """All of it. `judged`: runs in the journal that decisions have been taken about."""

    alerts: Alerts = field(default_factory=Alerts)
    outbox: tuple[QueuedMail, ...] = ()
    judged: frozenset[str] = frozenset()
    unrecorded: tuple[UnrecordedChange, ...] = ()

    @property
    def waiting(self) -> tuple[QueuedMail, ...]:
        """The mails that nobody has accepted yet."""
        return tuple(mail for mail in self.outbox if mail.accepted_at is None)


_FORM = TypeAdapter(AlertState)


@contextmanager
def alone(state_directory: Path) -> Iterator[None]:
    """One who decides at a time on this host: two would tell the same twice. Without a lock if none can be made."""
    try:
        folder = state_directory / "locks"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / "alerts", os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as error:
        log.warning("deciding without a lock, something may be told twice: %s", error)
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def load(state_directory: Path) -> AlertState:
    """Read it; nothing is known where there is no file. One that is damaged is moved aside, and said."""
    path = state_directory / FILE_NAME
    try:
        return _FORM.validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return AlertState()
    except ValidationError as error:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        log.exception("%s was damaged and is now %s; what was open is told once more", path, aside, exc_info=error)
        return AlertState()


def save(state_directory: Path, state: AlertState) -> None:
    """Put it on the disk, for good. Raises OSError."""
    write_whole(state_directory / FILE_NAME, _FORM.dump_json(state))
