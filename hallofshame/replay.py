"""From the wrapper's journal to where it belongs: every run to the database, what went wrong to its recipients.

Idempotent: whoever comes next goes on where it broke. What is told is decided once, under a lock, and saved with its
mails before anything leaves (`alerts`); a run leaves the journal once it has been judged and entered.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from hallofshame import jobs_file, reconciling
from hallofshame.alerts import composing, deciding, fact_finding, recording, state_file
from hallofshame.alerts.fact_finding import Surroundings
from hallofshame.alerts.outbox import Outbox
from hallofshame.alerts.state_file import AlertState, QueuedMail
from hallofshame.clock import Clock, SystemClock
from hallofshame.errors import HallOfShameError, Permanent, Transient
from hallofshame.journal import Journal, run_from_record
from hallofshame.mail import Mail, mailers
from hallofshame.model import Run, RunState
from hallofshame.rules.alerting import Telling
from hallofshame.rules.incidents import Event
from hallofshame.settings import Settings
from hallofshame.store import database, engine, incidents, runs
from hallofshame.store.engine import Engine

log = logging.getLogger(__name__)

Record = Mapping[str, Any]


def flush(
    settings: Settings,
    clock: Clock | None = None,
    events: Sequence[Event] = (),
    handed_over: Iterable[Record] = (),
    *,
    all_now: bool = False,
) -> int:
    """Judge, tell and enter what waits. Returns how many runs were entered.

    `events` are what a watcher saw besides, `handed_over` are runs that the journal could not take. `all_now`: mails
    are tried though their next try is not due. Raises Transient with every reason when something has to wait; what
    could be done was done.
    """
    journal, records = Journal(settings.state_dir), list(handed_over)
    if not (events or records or journal.entries() or _has_more_to_do(settings)):
        return 0
    with state_file.alone(settings.state_dir):
        return _Flush(settings, clock or SystemClock(), journal, Outbox(settings.state_dir, settings.alert_from)).run(
            events, records, all_now=all_now
        )


def _has_more_to_do(settings: Settings) -> bool:
    state = state_file.load(settings.state_dir)
    alerts = state.alerts
    is_open = alerts.storm or alerts.overflow or any(job.incident for job in alerts.jobs.values())
    return bool(state.outbox or state.unrecorded or is_open)


@dataclass(frozen=True, slots=True)
class _World:
    """The database, or why it is away."""

    database: Engine | None
    problem: str | None


@dataclass(slots=True)
class _Flush:
    """One flush, alone on its host."""

    settings: Settings
    clock: Clock
    journal: Journal
    outbox: Outbox
    is_saved: bool = True

    def run(self, events: Sequence[Event], records: Sequence[Record], *, all_now: bool) -> int:
        self._end_lost()
        waiting = [*self._journalled(), *(run_from_record(dict(record)) for record in records)]
        world = self._open()
        try:
            self._bring_over(waiting, events, world, all_now=all_now)
        finally:
            if world.database:
                world.database.dispose()
        return len(waiting)

    def _bring_over(self, waiting: Sequence[Run], events: Sequence[Event], world: _World, *, all_now: bool) -> None:
        opened = world.database
        state = self._what_was_asked(state_file.load(self.settings.state_dir), opened)
        state = self._judge(state, waiting, events, world)
        state = self.outbox.drain(state, mailers(self.settings), self.clock, self._save, all_now=all_now)
        not_entered = self._enter(opened, waiting) if opened else {run.run_id: world.problem or "" for run in waiting}
        if opened:
            self._record(opened, state)
        self._forget(run for run in waiting if run.state is not RunState.RUNNING and run.run_id not in not_entered)
        self._say_what_waits(state, not_entered)

    def _end_lost(self) -> None:
        try:
            reconciling.end_lost(self.settings.state_dir, self.clock)
        except OSError as error:
            log.warning("lost runs stay as they are: %s", error)

    def _journalled(self) -> Iterator[Run]:
        for entry in self.journal.entries():
            if entry.torn:
                log.warning("%s: a line is torn and was skipped", entry.path)
            try:
                yield run_from_record(entry.record)
            except ValueError as error:
                log.warning("%s is left where it is: %s", entry.path, error)

    def _open(self) -> _World:
        try:
            return _World(database.open_ready(self.settings.database_url.get_secret_value()), None)
        except HallOfShameError as error:
            return _World(None, str(error))

    def _save(self, state: AlertState) -> None:
        """Save it. On a full disk go on all the same: what is told twice is better than what is not told."""
        try:
            state_file.save(self.settings.state_dir, state)
        except OSError as error:
            self.is_saved = False
            log.warning("what is told cannot be saved and may be told again: %s", error)

    def _what_was_asked(self, state: AlertState, opened: Engine | None) -> AlertState:
        """Do what was asked through the links of mails; what cannot be read or noted now is done next time."""
        if opened is None:
            return state
        try:
            with engine.read(opened) as conn:
                asked = [request for request in incidents.asked(conn) if request["host"] == os.uname().nodename]
            for request in asked:
                state = deciding.obey(state, request, self.clock.now())
            if asked:
                self._save(state)
                done = [request["request_id"] for request in asked]
                engine.write(opened, partial(incidents.done, request_ids=done, now=self.clock.now()))
        except HallOfShameError as error:
            log.warning("what was asked through links waits: %s", error)
        return state

    def _judge(self, state: AlertState, waiting: Sequence[Run], events: Sequence[Event], world: _World) -> AlertState:
        """Decide what is told, and save that together with the mails."""
        jobs, _ = jobs_file.read(self.settings.jobs_file)
        decided, tellings = deciding.decide(state, waiting, events, jobs, self.clock.now())
        known = Surroundings(
            settings=self.settings,
            jobs=jobs,
            alerts=decided.alerts,
            now=self.clock.now(),
            database=world.database,
            database_problem=world.problem,
            fresh_runs={run.run_id: run for run in waiting},
            waiting_mails=len(state.waiting),
        )
        queued = [mail for telling in tellings if (mail := self._queue(telling, known)) is not None]
        decided = replace(decided, outbox=(*state.outbox, *queued))
        self._save(decided)
        return decided

    def _queue(self, telling: Telling, known: Surroundings) -> QueuedMail | None:
        job = known.jobs.get(telling.job or "")
        recipients = (job.recipients if job else ()) or self.settings.alert_to
        if not recipients:
            log.warning("%s: nobody to tell: set HOS_ALERT_TO", telling.job or telling.thread_id)
            return None
        mail = _composed(telling, known, self.settings.alert_from, recipients)
        return self.outbox.put(mail, telling.thread_id, telling.job, known.now)

    def _enter(self, opened: Engine, waiting: Sequence[Run]) -> dict[str, str]:
        """Write each run to the database, and see which of those there are lost. Returns why not, by run id."""
        not_entered: dict[str, str] = {}
        for number, run in enumerate(waiting):
            try:
                engine.write(opened, partial(runs.record, run=run))
            except Permanent as error:  # this one run cannot be entered; it must not hold up the others
                not_entered[run.run_id] = str(error)
            except Transient as error:
                return not_entered | {later.run_id: str(error) for later in waiting[number:]}
        with engine.read(opened) as conn:
            unfinished = runs.unfinished(conn, os.uname().nodename)
        try:
            reconciling.journal_lost_rows(self.settings.state_dir, unfinished, self.clock.now())
        except OSError as error:
            log.warning("runs that are lost stay as they are in the database: %s", error)
        return not_entered

    def _record(self, opened: Engine, state: AlertState) -> None:
        """Bring decisions and mails to the database; what is there and has left needs no file any more."""
        if not state.unrecorded and not state.outbox:
            return
        engine.write(opened, partial(recording.enter, state=state, host=os.uname().nodename))
        delivered = [mail for mail in state.outbox if mail.accepted_at is not None]
        self._save(replace(state, unrecorded=(), outbox=state.waiting))
        if self.is_saved:
            self.outbox.drop(delivered)
            self.outbox.drop_strangers(state)

    def _forget(self, done: Iterable[Run]) -> None:
        """Take out of the journal what was judged, for good, and entered."""
        if not self.is_saved:
            return
        try:
            for run in done:
                self.journal.forget(run.run_id)
        except OSError as error:
            log.warning("runs that were entered stay in the journal: %s", error)

    def _say_what_waits(self, state: AlertState, not_entered: Mapping[str, str]) -> None:
        reasons = [*not_entered.values(), *(mail.tries[-1] for mail in state.waiting if mail.tries)]
        if reasons:
            raise Transient("\n".join(dict.fromkeys(reasons)))


def _composed(telling: Telling, known: Surroundings, sender: str, recipients: tuple[str, ...]) -> Mail:
    """The mail; a mistake of ours in how it is written must not keep the alert from leaving."""
    try:
        return composing.compose(telling, fact_finding.gather(telling, known), sender, recipients, known.now)
    except Exception:
        log.exception("the mail about %s goes without its facts", telling.job or telling.thread_id)
        return composing.bare(telling, sender, recipients, known.now)
