"""`hos timers`: the jobs of jobs.toml as timers of systemd, in place of the crontab: printed, compared, installed.

A timer starts the very command that a line of the crontab holds, at the very minutes; `hos-cron --when` decides in
zones other than UTC, whose clock changes systemd treats otherwise than Debian's cron does.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import click
from cronsim import CronSim

from hallofshame.clock import SystemClock
from hallofshame.errors import Permanent
from hallofshame.jobs_file import Job
from hallofshame.linting import Place
from hallofshame.quantities import seconds

from . import crontab, installed_timers
from .installed_timers import Folder

ENDING_SECONDS = 20  # what the wrapper takes after its job was killed: to record it and to tell of it
_ANY_TIME = datetime(2026, 1, 1)  # noqa: DTZ001 - a wall clock's
_WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_PLAIN = re.compile(r"[\w.,:/=+@-]+", re.ASCII)

_folder = click.option(
    "--folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    default=installed_timers.SYSTEM,
    show_default=True,
    help="Where unit files lie. Of another one systemd is told nothing.",
)
_user = click.option("--user", metavar="NAME", default="hallofshame", show_default=True, help="Whom the jobs run as.")


@click.group()
def timers() -> None:
    """Print, check or install the jobs as systemd's timers, in place of the crontab."""


@timers.command()
@_user
def render(user: str) -> None:
    """Print the unit files for jobs.toml; `hos timers install` installs them."""
    for name, text in _wanted(user)[1].items():
        click.echo(f"# {name}\n{text}")


@timers.command()
@_folder
@_user
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of the differences.")
def check(folder: Path, user: str, *, as_json: bool) -> None:
    """Compare what is installed with jobs.toml; exit 1 where they differ, or cron starts the jobs as well."""
    jobs, wanted = _wanted(user)
    installed = Folder(folder)
    differences = [*installed.differences(wanted), *installed_timers.in_cron(jobs, user)]
    if as_json:
        click.echo(json.dumps([asdict(each) for each in differences], indent=2))
    else:
        for line in differences or ("is as jobs.toml has it",):
            click.echo(f"{installed}: {line}")
    sys.exit(bool(differences))


@timers.command()
@_folder
@_user
def install(folder: Path, user: str) -> None:
    """Install and start the timers for jobs.toml, and stop those of jobs that it has no more."""
    jobs, wanted = _wanted(user)
    if doubled := installed_timers.in_cron(jobs, user):
        raise Permanent("\n".join(map(str, doubled)))
    installed = Folder(folder)
    changed = installed.install(wanted)
    click.echo(f"{installed}: {f'{len(jobs)} jobs installed' if changed else 'is as jobs.toml has it'}")


def _wanted(user: str) -> tuple[dict[str, Job], dict[str, str]]:
    jobs, place = crontab.declared()
    return jobs, units(jobs, place, SystemClock().now(), user)


def units(jobs: dict[str, Job], place: Place, now: datetime, user: str) -> dict[str, str]:
    """The text of each unit file, by its name."""
    texts: dict[str, str] = {}
    for name, job in jobs.items():
        if job.overlap == "allow":
            problem = "systemd runs a unit once at a time: choose another overlap, or let cron start the jobs"
            raise Permanent(f"jobs.{name}.overlap: {problem}")
        texts[installed_timers.unit(name, "timer")] = _timer(name, job, now)
        texts[installed_timers.unit(name, "service")] = _service(name, job, place, user)
    return texts


def calendars(schedule: str) -> Iterator[str]:
    """A cron schedule in UTC as systemd writes it. Where cron means one day or the other, these are two."""
    cron = CronSim(schedule, _ANY_TIME)
    time = f"{_listed(cron.hours, 24)}:{_listed(cron.minutes, 60)}:00 UTC"
    months, days = _listed(cron.months, 12), _listed(cron.days, 31)
    # A pair would be the second Friday or so, which is no schedule of cron's.
    numbers = sorted({number % 7 for number in cron.weekdays if isinstance(number, int)})
    weekdays = "" if len(numbers) == len(_WEEKDAYS) else ",".join(_WEEKDAYS[number] for number in numbers) + " "
    if cron.day_and:
        yield f"{weekdays}*-{months}-{days} {time}"
    else:
        yield f"*-{months}-{days} {time}"
        yield f"{weekdays}*-{months}-* {time}"


def _listed(numbers: set[int], most: int) -> str:
    return "*" if len(numbers) == most else ",".join(f"{number:02}" for number in sorted(numbers))


def _timer(name: str, job: Job, now: datetime) -> str:
    due = "".join(f"OnCalendar={each}\n" for schedule in crontab.in_utc(job, now) for each in calendars(schedule))
    return f"""\
{installed_timers.MARK}
[Unit]
Description=Theme Park Hall of Shame: when {name} is due ({job.schedule}, {job.timezone})

[Timer]
{due}\
# By default a timer may be a minute late, and hos-cron takes the minute it starts in for the one that was due.
AccuracySec=1s
# What was due while the host was down is told by the watcher; made up for, it would be one of another minute, and
# all jobs would start at once.
Persistent=false

[Install]
WantedBy=timers.target
"""


def _service(name: str, job: Job, place: Place, user: str) -> str:
    program, *arguments = crontab.argv(name, job)
    command = " ".join(map(_quoted, (str(place.programs / program), *arguments)))
    environment = "\n".join(
        f"Environment={_quoted(f'{variable}={value}', is_command=False)}"
        for variable, value in crontab.variables(place).items()
    )
    stop_after = timedelta(seconds=seconds(job.kill_after) + ENDING_SECONDS).total_seconds()
    return f"""\
{installed_timers.MARK}
[Unit]
Description=Theme Park Hall of Shame: job {name}
After=network-online.target mariadb.service hos-credentials.service

[Service]
# Its failures hos-cron tells, and what never started the watcher: no OnFailure.
Type=oneshot
User={user}
WorkingDirectory={_escaped(str(place.state_dir))}
{environment}
ExecStart={command}
Slice=hos-jobs.slice
# hos-cron limits the time, and ends its job itself when it is told to: TERM for it alone, KILL for what is left.
TimeoutStartSec=infinity
TimeoutStopSec={stop_after:g}
KillMode=mixed

# Looser than the site: hos-cron looks at its children in /proc and sets their limits, a job may be any program, and
# what brings mails out (HOS_SENDMAIL) may be set-group-id. So no NoNewPrivileges, no filter of system calls, no user
# namespace, and /var and /tmp as they are.
ProtectSystem=full
ProtectHome=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
UMask=0027
"""


def _quoted(word: str, *, is_command: bool = True) -> str:
    """One word as systemd reads it back. In a command $ begins a variable, too."""
    escaped = _escaped(word).replace("\\", r"\\").replace('"', r"\"")
    escaped = escaped.replace("$", "$$") if is_command else escaped
    return escaped if _PLAIN.fullmatch(word) else f'"{escaped}"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
