"""Bring runs from the wrapper's journal to where they belong: to the database, and a failure to its recipients.

Idempotent: whoever comes next goes on where it broke. A run leaves the journal once both are done.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hallofshame import alert_mail, reconciling
from hallofshame.clock import Clock, SystemClock, to_iso
from hallofshame.errors import HallOfShameError, Permanent, Transient
from hallofshame.journal import Entry, Journal, run_from_record
from hallofshame.mail import Mailer, SendGrid, Smtp, deliver
from hallofshame.model import Run
from hallofshame.settings import Settings
from hallofshame.store import database, engine, runs

log = logging.getLogger(__name__)

MAIL_SECONDS = 20.0  # a provider that hangs must leave time for the database
TOLD_AT = "told_at"  # what a journal entry carries once its failure was accepted by a mailer


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One run in the journal."""

    entry: Entry
    run: Run

    @property
    def is_to_be_told(self) -> bool:
        return self.entry.ended and TOLD_AT not in self.entry.record and alert_mail.is_due(self.run)


def flush(settings: Settings, clock: Clock | None = None) -> int:
    """Tell of every failure in the journal and enter every run, oldest first. Returns how many runs it entered.

    Raises Transient or Permanent with every reason when something has to wait; what could be done was done.
    """
    journal, clock = Journal(settings.state_dir), clock or SystemClock()
    if not journal.entries():
        return 0
    with _alone(Path(journal.directory)):
        reconciling.end_lost(settings.state_dir, clock)
        waiting = list(_read(journal))
        not_told = _tell_all(settings, journal, waiting, clock)
        not_entered = _enter_all(settings, waiting, clock)
        for each in waiting:
            if each.entry.ended and each.entry.run_id not in not_told | not_entered:
                journal.forget(each.entry.run_id)
    reasons = {**not_told, **not_entered}.values()
    if reasons:
        raise Transient("\n".join(dict.fromkeys(reasons)))
    return len(waiting)


def _read(journal: Journal) -> Iterator[_Waiting]:
    for entry in journal.entries():
        if entry.torn:
            log.warning("%s: a line is torn and was skipped", entry.path)
        try:
            yield _Waiting(entry, run_from_record(entry.record))
        except ValueError as error:
            log.warning("%s is left where it is: %s", entry.path, error)


def _tell_all(settings: Settings, journal: Journal, waiting: list[_Waiting], clock: Clock) -> dict[str, str]:
    """Mail each failure that nobody was told of. Returns why not, by run id."""
    due = [each.run for each in waiting if each.is_to_be_told]
    if due and not settings.alert_to:
        log.warning("%d failed runs and nobody to tell: set HOS_ALERT_TO", len(due))
        return {}
    mailers, not_told = _mailers(settings), {}
    give_up_at = clock.monotonic() + MAIL_SECONDS
    for run in due:
        if clock.monotonic() > give_up_at:
            not_told[run.run_id] = "mail: no time left, the rest waits for the next flush"
            continue
        try:
            deliver(mailers, alert_mail.compose(run, settings.alert_from, settings.alert_to, clock.now()))
        except Transient as error:
            not_told[run.run_id] = str(error)
        else:
            journal.append({"run_id": run.run_id, TOLD_AT: to_iso(clock.now())})
    return not_told


def _mailers(settings: Settings) -> list[Mailer]:
    mailers: list[Mailer] = []
    if settings.sendgrid_api_key:
        mailers.append(SendGrid(settings.sendgrid_api_key.get_secret_value(), settings.sendgrid_url))
    if settings.smtp_url:
        mailers.append(Smtp(settings.smtp_url.get_secret_value()))
    return mailers


def _enter_all(settings: Settings, waiting: list[_Waiting], clock: Clock) -> dict[str, str]:
    """Write each run to the database, and see which of those there are lost. Returns why not, by run id."""
    not_entered: dict[str, str] = {}
    try:
        opened = database.open_ready(settings.database_url.get_secret_value())
    except HallOfShameError as error:
        return {each.run.run_id: str(error) for each in waiting}
    for number, each in enumerate(waiting):
        try:
            engine.write(opened, partial(runs.record, run=each.run))
        except Permanent as error:  # this one run cannot be entered; it must not hold up the others
            not_entered[each.run.run_id] = str(error)
        except Transient as error:
            return not_entered | {later.run.run_id: str(error) for later in waiting[number:]}
    with engine.read(opened) as conn:
        unfinished = runs.unfinished(conn, os.uname().nodename)
    reconciling.journal_lost_rows(settings.state_dir, unfinished, clock.now())
    return not_entered


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One flush at a time: two would send the same mail."""
    with (folder / "flush.lock").open("w", encoding="utf8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
