"""`hos crontab render`: the crontab that `jobs.toml` means, each line wrapped in `hos-cron`."""

import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from hallofshame import jobs_file, settings
from hallofshame.jobs_file import Job

# A year holds every offset a zone takes.
_YEAR_FROM = datetime(2026, 1, 1, tzinfo=UTC)


@click.group()
def crontab() -> None:
    """Print or check the host's crontab."""


@crontab.command()
def render() -> None:
    """Print the crontab for jobs.toml; install it with `hos crontab render | crontab -`."""
    loaded = settings.load()
    for line in lines(jobs_file.load(loaded.jobs_file), Path(sys.executable).parent, loaded.state_dir):
        click.echo(line)


def lines(jobs: dict[str, Job], programs: Path, state_dir: Path) -> Iterator[str]:
    """The crontab, line by line. Its times are UTC: the host's clock is."""
    yield "# Rendered from jobs.toml by `hos crontab render`: edit that file, not this one."
    yield f"PATH={programs}:/usr/local/bin:/usr/bin:/bin"
    yield f"HOS_STATE_DIR={state_dir}"
    for name, job in jobs.items():
        for fields in _fields(job):
            yield f"{fields} {_command(name, job)}"


def _fields(job: Job) -> Iterator[str]:
    """Cron fields in UTC. In another zone: every minute and hour that can be meant; `--when` lets the right one run."""
    if job.timezone == "UTC":
        yield job.schedule
        return
    due, until = _YEAR_FROM, _YEAR_FROM + timedelta(days=366)
    hours_of: dict[int, set[int]] = {}
    while (due := job.next_due(due)) < until:
        hours_of.setdefault(due.minute, set()).add(due.hour)
    for minute, hours in sorted(hours_of.items()):
        yield f"{minute} {','.join(map(str, sorted(hours)))} * * *"


def _command(name: str, job: Job) -> str:
    when = [] if job.timezone == "UTC" else ["--when", job.schedule, "--tz", job.timezone]
    argv = ["hos-cron", name, "--timeout", job.timeout, *when, "--", *job.command]
    return shlex.join(argv).replace("%", r"\%")  # cron would take it for a newline
