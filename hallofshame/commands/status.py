"""`hos status`."""

import json
from datetime import datetime

import click

from hallofshame import jobs_file, settings
from hallofshame.clock import SystemClock, to_iso
from hallofshame.commands.runs import newest
from hallofshame.jobs_file import Job
from hallofshame.journal import Journal
from hallofshame.model import Run


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_json: bool) -> None:
    """Show each job of jobs.toml: its last run, and when it is due next."""
    loaded, now = settings.load(), SystemClock().now()
    rows = [
        _row(name, job, next(iter(newest(loaded, name, limit=1)), None), now)
        for name, job in jobs_file.load(loaded.jobs_file).items()
    ]
    waiting = len(Journal(loaded.state_dir).entries())
    if as_json:
        click.echo(json.dumps({"jobs": rows, "waiting_in_journal": waiting}, indent=2))
        return
    for row in rows:
        last = f"{row['state'] or 'never ran':<11} {row['started_at'] or '':<27}"
        click.echo(f"{row['job']:<24} {last}  next {row['next_due_at']}")
    click.echo(f"{waiting} runs wait in the journal")


def _row(name: str, job: Job, last: Run | None, now: datetime) -> dict[str, str | None]:
    return {
        "job": name,
        "state": last.state.value if last else None,
        "started_at": to_iso(last.started_at) if last else None,
        "run_id": last.run_id if last else None,
        "next_due_at": to_iso(job.next_due(now)),
    }
