"""Mails on their way out: their texts, each in a file of the state directory, and who accepted them.

Only an accepting server is delivery. Until then a mail stays and is tried again, for as long as it takes; it carries
the same Message-ID each time, so that one that was accepted just before a crash can be told from a new one.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hallofshame.alerts.state_file import AlertState, QueuedMail
from hallofshame.clock import Clock, to_iso
from hallofshame.errors import Transient
from hallofshame.mail import Mail, Mailer, deliver, spool_copy
from hallofshame.whole_files import write_whole

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
UNDELIVERABLE_AFTER = timedelta(hours=24)
DELIVERY_SECONDS = 20.0  # a provider that hangs must leave time for the rest
TRIES_KEPT = 20

log = logging.getLogger(__name__)

_FORM = TypeAdapter(Mail)


class Outbox:
    """The outbox of one host. Mails that are put in stay in memory as well: a full disk holds up no alert."""

    def __init__(self, state_directory: Path, sender: str) -> None:
        self._sender = sender
        self._folder = state_directory / "outbox"
        self._spool = state_directory / "spool"
        self._fresh: dict[str, Mail] = {}

    def put(self, mail: Mail, thread_id: str, job: str | None, now: datetime) -> QueuedMail:
        """Write a mail's text. It is nobody's until the returned line is saved with the state."""
        self._fresh[mail.message_id] = mail
        try:
            write_whole(self._path(mail.message_id), _FORM.dump_json(mail))
        except OSError as error:
            log.warning("the text of %s cannot be kept: %s", mail.message_id, error)
        return QueuedMail(
            mail.message_id, thread_id, job, mail.subject, mail.recipients, queued_at=now, next_try_at=now
        )

    def drain(
        self,
        state: AlertState,
        ways: Sequence[Mailer],
        clock: Clock,
        save: Callable[[AlertState], None],
        *,
        all_now: bool,
    ) -> AlertState:
        """Try to deliver what is due, oldest first, and save after each. Once one was accepted all others are tried."""
        gives_up_at = clock.monotonic() + DELIVERY_SECONDS
        for queued in sorted(state.waiting, key=lambda mail: mail.queued_at):
            if clock.monotonic() >= gives_up_at:
                break
            if not all_now and clock.now() < queued.next_try_at:
                continue
            tried = self._try(queued, ways, clock.now())
            all_now = all_now or tried.accepted_at is not None
            state = replace(state, outbox=tuple(tried if each is queued else each for each in state.outbox))
            save(state)
        return state

    def drop(self, delivered: Sequence[QueuedMail]) -> None:
        """Remove the texts of mails that were accepted and recorded."""
        for queued in delivered:
            self._path(queued.message_id).unlink(missing_ok=True)

    def drop_strangers(self, state: AlertState) -> None:
        """Remove texts that the saved state does not name: their writer broke off before it had decided."""
        known = {self._path(queued.message_id) for queued in state.outbox}
        for path in self._folder.glob("*.json"):
            if path not in known:
                path.unlink(missing_ok=True)

    def _try(self, queued: QueuedMail, ways: Sequence[Mailer], now: datetime) -> QueuedMail:
        mail = self._fresh.get(queued.message_id) or self._read(queued)
        try:
            delivery = deliver(ways, mail)
        except Transient as error:
            if not queued.tries:
                self._leave_a_trace(mail, error)
            wait = min(FIRST_WAIT * 2 ** len(queued.tries), LONGEST_WAIT)
            return _with_try(replace(queued, next_try_at=now + wait), now, [str(error)])
        accepted = replace(queued, accepted_at=now, accepted_by=delivery.accepted_by)
        return _with_try(accepted, now, [*delivery.refused, f"{delivery.accepted_by} accepted it"])

    def _read(self, queued: QueuedMail) -> Mail:
        """The text of a mail; where the disk lost it, what is known of it is told."""
        try:
            return _FORM.validate_json(self._path(queued.message_id).read_bytes())
        except (OSError, ValidationError) as error:
            log.warning("the text of %s is lost, its subject is sent alone: %s", queued.message_id, error)
        text = f"{queued.subject}\n\nThe rest of this mail was lost on a full or broken disk: see hos incidents.\n"
        sent_at = queued.queued_at
        return Mail(
            self._sender, queued.recipients, queued.subject, text, message_id=queued.message_id, sent_at=sent_at
        )

    def _leave_a_trace(self, mail: Mail, error: Transient) -> None:
        """Where no way leads out, a copy stays on this host, and cron mails what stands on stderr to its MAILTO."""
        print(f"hos: alert not delivered, it waits in the outbox: {mail.subject}: {error}", file=sys.stderr)  # noqa: T201
        try:
            spool_copy(self._spool, mail)
        except OSError as problem:
            log.warning("no copy of %s in the local spool: %s", mail.message_id, problem)

    def _path(self, message_id: str) -> Path:
        return self._folder / f"{message_id}.json"


def _with_try(queued: QueuedMail, now: datetime, said: Sequence[str]) -> QueuedMail:
    lines = (*queued.tries, f"{to_iso(now)} {'; '.join(said)}")
    return replace(queued, tries=lines[-TRIES_KEPT:])
