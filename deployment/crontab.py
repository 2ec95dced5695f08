"""`hos crontab`: the crontab that `jobs.toml` means, each line wrapped in `hos-cron`: printed, compared, installed."""

import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from cronsim import CronSim

from hallofshame import clock_changes, jobs_file, linting, release, settings
from hallofshame.clock import SystemClock
from hallofshame.clock_changes import ClockChange
from hallofshame.errors import Permanent
from hallofshame.jobs_file import Job
from hallofshame.linting import Place

from . import installed_crontab, installed_timers
from .installed_crontab import Difference, Installed
from .installed_timers import Folder

# For a longer one Debian's cron refuses the whole crontab.
LONGEST_COMMAND = 998
_SOME_DAY = datetime(2026, 1, 1)  # noqa: DTZ001 - a wall clock's
# Flags of hos-cron's line in its usage's order: each is the job's field of that name, told where it is no default.
_FLAGS = (
    "timeout",
    "kill_after",
    "overlap",
    "retries",
    "retry_delay",
    "splay",
    "quiet",
    "nice",
    "memory_max",
    "env_file",
    "require_env",
    "fail_if",
    "require",
)

_file = click.option(
    "--file",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="This file in place of the user's crontab; /etc/cron.d/NAME needs --user.",
)
_user = click.option("--user", metavar="NAME", help="Lines name the user to run as, as those in /etc/cron.d do.")


@click.group()
def crontab() -> None:
    """Print, check or install the host's crontab."""


@crontab.command()
@_user
def render(user: str | None) -> None:
    """Print the crontab for jobs.toml; `hos crontab install` installs it."""
    for line in _wanted(user)[1]:
        click.echo(line)


@crontab.command()
@_file
@_user
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of the differences.")
def check(path: Path | None, user: str | None, *, as_json: bool) -> None:
    """Compare what is installed with jobs.toml; exit 1 where they differ."""
    installed = Installed(path, user)
    jobs, block = _wanted(user)
    differences = installed_crontab.differences(installed.read(), block, jobs, has_user=user is not None)
    differences += _in_timers()
    if as_json:
        click.echo(json.dumps([asdict(each) for each in differences], indent=2))
    else:
        _tell(differences, installed)
    sys.exit(bool(differences))


@crontab.command()
@_file
@_user
def install(path: Path | None, user: str | None) -> None:
    """Install the crontab for jobs.toml: its block alone is replaced, and nothing is written that is there already."""
    installed = Installed(path, user)
    jobs, block = _wanted(user)
    if doubled := _in_timers():
        raise Permanent("\n".join(f"{installed}: {each}" for each in doubled))
    before = installed.read()
    after = installed_crontab.with_block(before, block)
    if after == before:
        click.echo(f"{installed}: is as jobs.toml has it")
    else:
        installed.write(after)
        click.echo(f"{installed}: {len(jobs)} jobs installed")
    remaining = installed_crontab.differences(after, block, jobs, has_user=user is not None)
    if remaining:
        raise Permanent("\n".join(f"{installed}: {each}" for each in remaining))


def _wanted(user: str | None) -> tuple[dict[str, Job], list[str]]:
    jobs, place = declared()
    return jobs, list(lines(jobs, place, SystemClock().now(), user))


def declared() -> tuple[dict[str, Job], Place]:
    """The jobs of jobs.toml, and where they run. Raises Permanent for each that cannot be meant."""
    loaded = settings.load()
    place = Place(Path(release.programs()), loaded.state_dir, loaded.jobs_file.absolute())
    return jobs_file.load(loaded.jobs_file), place


def _in_timers() -> list[Difference]:
    """The jobs that systemd's timers start as well."""
    advice = "choose one: remove the timer, or the crontab's line"
    timed = Folder(installed_timers.SYSTEM).jobs()
    return [Difference("in_timers", job, None, "a timer of systemd starts it, too", advice) for job in timed]


def _tell(differences: list[Difference], installed: Installed) -> None:
    for each in differences:
        click.echo(f"{installed}: {each}")
    if not differences:
        click.echo(f"{installed}: is as jobs.toml has it")


def lines(jobs: dict[str, Job], place: Place, now: datetime, user: str | None = None) -> Iterator[str]:
    """The block, line by line, its marks included. Its times are UTC: the host's clock is."""
    yield installed_crontab.BEGIN
    for name, value in variables(place).items():
        yield f"{name}={value}"
    for name, job in jobs.items():
        for fields in in_utc(job, now):
            yield " ".join(filter(None, (fields, user, _command(name, job))))
    yield installed_crontab.END


def variables(place: Place) -> dict[str, str]:
    """What every job is started with besides its command."""
    return {
        "PATH": linting.search_path(place.programs),
        "HOS_STATE_DIR": str(place.state_dir),
        "HOS_JOBS_FILE": str(place.jobs_file),
    }


def in_utc(job: Job, now: datetime) -> Iterator[str]:
    """Cron fields in UTC. In another zone: every minute and hour that can be meant; `--when` lets the right one run."""
    if job.timezone == "UTC":
        yield job.schedule
        return
    minutes_of: dict[str, list[int]] = {}
    for minute, hours in sorted(_hours_of_minutes(job, now).items()):
        minutes_of.setdefault(",".join(map(str, sorted(hours))), []).append(minute)
    for hours_field, minutes in minutes_of.items():
        yield f"{','.join(map(str, minutes))} {hours_field} * * *"


def _hours_of_minutes(job: Job, now: datetime) -> dict[int, set[int]]:
    """In UTC, by minute: each time of the day by each offset that the zone takes within a year, for whatever days.

    Whoever is due in a skipped hour is due as soon as it is over.
    """
    zone, changes = ZoneInfo(job.timezone), list(clock_changes.within_a_year(ZoneInfo(job.timezone), now))
    offsets = {clock_changes.offset(moment, zone) for moment in (now, *(each.moment for each in changes))}
    times = _times_of_a_day(job)
    starts = [time - offset for time in times for offset in offsets]
    starts += [each.moment for each in changes if any(_is_skipped(time, each) for time in times)]
    hours_of: dict[int, set[int]] = {}
    for start in starts:
        hours_of.setdefault(start.minute, set()).add(start.hour)
    return hours_of


def _times_of_a_day(job: Job) -> list[datetime]:
    """When it is due on some day if it is for all of them, by the wall clock."""
    minute, hour, *_ = job.schedule.split()
    due = CronSim(f"{minute} {hour} * * *", _SOME_DAY - timedelta(minutes=1))
    return list(takewhile(lambda time: time < _SOME_DAY + timedelta(days=1), due))


def _is_skipped(due: datetime, change: ClockChange) -> bool:
    on_that_day = datetime.combine(change.before, due.time())
    return change.before <= on_that_day < change.after


def argv(name: str, job: Job) -> list[str]:
    """The command that runs it, wrapped."""
    when = [] if job.timezone == "UTC" else ["--when", job.schedule, "--tz", job.timezone]
    return ["hos-cron", name, *_flags(job), *when, "--", *job.command]


def _command(name: str, job: Job) -> str:
    # Cron takes % for a newline, and one backslash before % or another backslash away.
    command = shlex.join(argv(name, job)).replace("\\", r"\\").replace("%", r"\%")
    if len(command) > LONGEST_COMMAND:
        raise Permanent(f"jobs.{name}: cron takes {LONGEST_COMMAND} characters a line: put the command into a script")
    return command


def _flags(job: Job) -> Iterator[str]:
    for name in _FLAGS:
        value = getattr(job, name)
        if value == Job.model_fields[name].default:
            continue
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            yield flag
        else:
            for each in value if isinstance(value, tuple) else (value,):
                yield from (flag, str(each))
