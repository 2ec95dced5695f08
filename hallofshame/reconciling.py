"""Runs whose wrapper is gone without having written their end: that is written here, and what they left is ended.

The wrapper's last line in the journal is the end of its run. Where it is missing and the process is gone, the wrapper
was killed, or its host was restarted. A state directory belongs to one host: what it tells of processes holds here.
"""

import logging
import signal
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hallofshame import processes
from hallofshame.clock import Clock, to_iso
from hallofshame.journal import Entry, Journal
from hallofshame.model import Run, RunState

TERM_SECONDS, KILL_SECONDS = 10.0, 1.0  # what is left of a lost run has that long to end by itself, and to be gone
GLANCE_SECONDS = 0.02
UNREADABLE_KEPT = timedelta(hours=1)  # a file without one whole line: its wrapper may be just about to write it

_OPENING = ("run_id", "job", "host", "boot_id", "pid", "pid_start_ticks", "argv", "release", "lateness_seconds")

log = logging.getLogger(__name__)


def end_lost(state_directory: Path, clock: Clock) -> None:
    """Write the end of each journalled run that is lost, and end its processes. Raises OSError where the disk does."""
    journal = Journal(state_directory)
    for entry in journal.entries():
        if not entry.record:
            _drop_unreadable(journal, entry, clock.now())
        elif not entry.ended and not _is_alive(entry):
            _end(journal, entry, clock)
            (state_directory / "reports" / f"{entry.run_id}.json").unlink(missing_ok=True)


def journal_lost_rows(state_directory: Path, unfinished: Iterable[Run], now: datetime) -> None:
    """Put runs of this host that are only in the database, and lost, into the journal: the next flush tells of them."""
    journal = Journal(state_directory)
    journalled = {entry.run_id for entry in journal.entries()}
    for run in unfinished:
        ticks = run.pid_start_ticks or 0
        if run.run_id not in journalled and not processes.is_alive(run.boot_id, run.pid, ticks):
            moments = {"scheduled_at": to_iso(run.scheduled_at), "started_at": to_iso(run.started_at)}
            begun = {name: getattr(run, name) for name in _OPENING} | moments
            journal.append(begun | _closing(run.run_id, now, _why(run.boot_id, run.pid)))


def _end(journal: Journal, entry: Entry, clock: Clock) -> None:
    newest = journal.read(entry.run_id)
    if newest is None or newest.ended:
        return  # its end was written between our two looks
    reason = _why(entry.record.get("boot_id"), entry.record.get("pid"))
    if stopped := _stop_processes(entry.run_id, clock):
        reason += f"; {stopped} of its processes were still running, and were stopped"
    journal.append(_closing(entry.run_id, clock.now(), reason))


def _closing(run_id: str, now: datetime, reason: str) -> dict[str, Any]:
    return {"run_id": run_id, "state": RunState.LOST.value, "finished_at": to_iso(now), "reason": reason}


def _why(boot_id: str | None, pid: int | None) -> str:
    return f"its wrapper (pid {pid}) was killed" if boot_id == processes.boot_id() else "the host was restarted"


def _is_alive(entry: Entry) -> bool:
    record = entry.record
    return processes.is_alive(record.get("boot_id", ""), record.get("pid", 0), record.get("pid_start_ticks", 0))


def _stop_processes(run_id: str, clock: Clock) -> int:
    """End every process that carries the run's id: nobody bounds it any more. Returns how many there were."""
    found = processes.of_run(run_id)
    for number, patience_seconds in ((signal.SIGTERM, TERM_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        processes.signal_all(processes.of_run(run_id), number)
        processes.signal_all(processes.of_run(run_id), signal.SIGCONT)  # a stopped one would not hear it
        gives_up_at = clock.monotonic() + patience_seconds
        while processes.of_run(run_id) and clock.monotonic() < gives_up_at:
            clock.sleep(GLANCE_SECONDS)
    return len(found)


def _drop_unreadable(journal: Journal, entry: Entry, now: datetime) -> None:
    """Take away a file that a power cut left without one whole line: nothing is known of its run but its id."""
    try:
        is_old = now.timestamp() - Path(entry.path).stat().st_mtime > UNREADABLE_KEPT.total_seconds()
    except FileNotFoundError:
        return
    if is_old:
        log.warning("%s holds no whole line: its run is unknown, and the file is removed", entry.path)
        journal.forget(entry.run_id)
