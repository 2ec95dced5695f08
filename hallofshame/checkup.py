"""Whether this host is able to do its work: the checks of `hos doctor`."""

import ctypes
import fcntl
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hallofshame import checks, jobs_file
from hallofshame.alerts import state_file
from hallofshame.alerts.outbox import UNDELIVERABLE_AFTER
from hallofshame.checks import Answers, Check, Finding, Host, Level
from hallofshame.clock import to_iso
from hallofshame.jobs_file import Job
from hallofshame.journal import Journal
from hallofshame.model import Run, RunState
from hallofshame.store import database, engine, runs
from hallofshame.store.schema import REVISION

LONGEST_SECONDS = 10.0
BACKLOG_AGE = timedelta(minutes=15)  # a job that runs every ten minutes has flushed since
RECENT = timedelta(days=1)
OVERDUE = timedelta(hours=1)  # anything finer is the watcher's business
CLOCK_TOLERANCE = timedelta(minutes=1)  # between two hosts that share a database

_TIME_ERROR = 5  # sys/timex.h: the clock is not synchronised
_GOOD_ENDS = {RunState.RUNNING, RunState.SUCCEEDED, RunState.SKIPPED}


def examine(host: Host) -> list[Finding]:
    """Make every check. What has not answered within `LONGEST_SECONDS` has failed."""
    return checks.examine(CHECKS, host, LONGEST_SECONDS)


def _state_directory(host: Host) -> Answers:
    folder = _made(host.settings.state_dir)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"x")
        os.fsync(file.fileno())
    if folder.stat().st_mode & 0o077:
        yield Level.WARN, f"{folder} is open to other users: chmod 700 {folder}"
    else:
        yield Level.OK, f"{folder} can be written to"


def _disk(host: Host) -> Answers:
    return checks.disk_has_room(host.settings.state_dir)


def _locks(host: Host) -> Answers:
    folder = _made(_made(host.settings.state_dir) / "locks")
    with tempfile.TemporaryFile(dir=folder) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    yield Level.OK, f"locks can be taken in {folder}"


def _journal(host: Host) -> Answers:
    entries = Journal(host.settings.state_dir).entries()
    for entry in entries:
        if entry.torn:
            yield Level.WARN, f"{entry.path}: a line is torn and was skipped"
        if not entry.record:
            yield Level.WARN, f"{entry.path} holds no run: nobody can enter it, remove it"
    old = [entry for entry in entries if entry.ended and _age(host, Path(entry.path)) > BACKLOG_AGE]
    waiting = f"{len(entries)} runs wait or run, {len(old)} ended more than {BACKLOG_AGE.seconds // 60} minutes ago"
    yield (Level.WARN, f"{waiting}: hos flush says what they wait for") if old else (Level.OK, waiting)


def _database(host: Host) -> Answers:
    opened = database.open_as_it_is(host.settings.database_url.get_secret_value())
    revision = database.current_revision(opened)
    if database.is_enough(revision):
        with engine.read(opened) as conn:
            runs.record(conn, _probe(host.now))  # and never committed
        yield Level.OK, f"answers, takes rows, and its schema is {revision}"
    elif opened.dialect.name == "sqlite":
        yield Level.OK, f"its schema is {revision or 'empty'} and goes to {REVISION} on first use"
    else:
        yield Level.FAIL, database.refusal(revision)


def _mail(host: Host) -> Answers:
    ways = {
        "SENDGRID_API_KEY": host.settings.sendgrid_api_key,
        "HOS_SMTP_URL": host.settings.smtp_url,
        "HOS_SENDMAIL": host.settings.sendmail,
    }
    if not host.settings.alert_to:
        yield Level.WARN, "nobody is told of failures: set HOS_ALERT_TO"
    if not any(ways.values()):
        yield Level.WARN, f"no mail leaves this host: set {' or '.join(ways)}"
    if host.settings.alert_to and any(ways.values()):
        yield Level.OK, f"to {', '.join(host.settings.alert_to)} by {', then '.join(n for n, v in ways.items() if v)}"


def _outbox(host: Host) -> Answers:
    waiting = [mail for mail in state_file.load(host.settings.state_dir).waiting if mail.tries]
    if not waiting:
        yield Level.OK, "no alert waits"
        return
    oldest = min(waiting, key=lambda mail: mail.queued_at)
    level = Level.FAIL if host.now - oldest.queued_at > UNDELIVERABLE_AFTER else Level.WARN
    told = f"{len(waiting)} alerts could not leave, the oldest since {to_iso(oldest.queued_at)}: {oldest.tries[-1]}"
    yield level, f"{told}: set that right, then hos flush"


def _jobs(host: Host) -> Answers:
    yield Level.OK, f"{host.settings.jobs_file} declares {len(jobs_file.load(host.settings.jobs_file))} jobs"


def _last_runs(host: Host) -> Answers:
    jobs = jobs_file.load(host.settings.jobs_file)
    opened = database.open_as_it_is(host.settings.database_url.get_secret_value())
    if not database.is_enough(database.current_revision(opened)):
        yield Level.WARN, f"none is known before the database's schema is {REVISION}"
        return
    with engine.read(opened) as conn:
        last = {name: next(iter(runs.latest(conn, name, limit=1)), None) for name in jobs}
    for name, job in jobs.items():
        yield _last_run(host, name, job, last[name])


def _last_run(host: Host, name: str, job: Job, run: Run | None) -> tuple[Level, str]:
    if run is None:
        return Level.WARN, f"{name} has never run: hos crontab render shows the line that would start it"
    told = f"{name} {run.state.value} at {to_iso(run.started_at.replace(microsecond=0))} on {run.host}"
    if run.started_at > host.now + CLOCK_TOLERANCE:
        return Level.FAIL, f"{told}, which is in the future: set the clock of this host or of {run.host}"
    due = job.next_due(run.scheduled_at)
    if due + OVERDUE < host.now:
        return (
            Level.FAIL,
            f"{told} and not since, though it was due at {to_iso(due)}: is cron running, and its line in?",
        )
    if run.state not in _GOOD_ENDS:
        return Level.WARN, f"{told}: hos log {run.run_id}"
    return Level.OK, told


def _recorder(host: Host) -> Answers:
    path = host.settings.state_dir / "recorder.log"
    lines = path.read_text("utf8", "replace").split("\n") if path.exists() else []
    said = [line for line in lines if line.strip()]
    if said and _age(host, path) < RECENT:
        yield Level.WARN, f"said within a day: {said[-1]} (all of it is in {path})"
    else:
        yield Level.OK, "has had nothing to say for a day"


def _clock(host: Host) -> Answers:
    if _age(host, Path(__file__)) < -CLOCK_TOLERANCE:
        yield Level.FAIL, f"it is {to_iso(host.now)} here, before this program was installed: set the clock"
    elif ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(1_024)) == _TIME_ERROR:  # asks, for it sets nothing
        yield Level.WARN, "is not synchronised: install systemd-timesyncd or chrony"
    else:
        yield Level.OK, f"it is {to_iso(host.now.replace(microsecond=0))}"


def _made(folder: Path) -> Path:
    """As the wrapper would make it on the first run."""
    folder.mkdir(0o700, parents=True, exist_ok=True)
    return folder


def _age(host: Host, path: Path) -> timedelta:
    return host.now - datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _probe(now: datetime) -> Run:
    return Run(
        run_id="doctor",
        job="doctor",
        state=RunState.RUNNING,
        host=os.uname().nodename,
        boot_id="",
        pid=os.getpid(),
        argv=(),
        scheduled_at=now,
        started_at=now,
    )


CHECKS: dict[str, Check] = {
    "settings": checks.settings_are_right,
    "state directory": _state_directory,
    "disk": _disk,
    "locks": _locks,
    "journal": _journal,
    "database": _database,
    "mail": _mail,
    "outbox": _outbox,
    "jobs": _jobs,
    "last runs": _last_runs,
    "recorder": _recorder,
    "clock": _clock,
}
