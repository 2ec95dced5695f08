"""`hos runs`."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any

import click

from hallofshame import settings
from hallofshame.clock import to_iso
from hallofshame.errors import HallOfShameError
from hallofshame.journal import Journal, run_from_record
from hallofshame.model import Run, RunState
from hallofshame.settings import Settings
from hallofshame.store import database, engine
from hallofshame.store import runs as store


@click.command()
@click.argument("job", required=False)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def runs(job: str | None, limit: int, *, as_json: bool) -> None:
    """List runs, newest first: those in the database, and those that still wait in the journal."""
    found = newest(settings.load(), job, limit)
    if as_json:
        click.echo(json.dumps([plain(run) for run in found], indent=2))
        return
    for run in found:
        click.echo(_line(run))


def newest(loaded: Settings, job: str | None, limit: int) -> list[Run]:
    """The newest runs of one job or of all. Without the database: those in the journal, and a line that says so."""
    by_id = {run.run_id: run for run in _journalled(loaded) if job in {None, run.job}}
    try:
        opened = database.open_ready(loaded.database_url.get_secret_value())
        with engine.read(opened) as conn:
            stored = store.latest(conn, job, limit)
    except HallOfShameError as error:
        click.echo(f"hos: only what waits in the journal is shown: {error}", err=True)
        stored = []
    by_id |= {run.run_id: run for run in stored if run.run_id not in by_id or run.state is not RunState.RUNNING}
    return sorted(by_id.values(), key=lambda run: (run.started_at, run.run_id), reverse=True)[:limit]


def _journalled(loaded: Settings) -> Iterator[Run]:
    for entry in Journal(loaded.state_dir).entries():
        try:
            yield run_from_record(entry.record)
        except ValueError as error:
            click.echo(f"hos: {entry.path} is passed over: {error}", err=True)


def plain(run: Run) -> dict[str, Any]:
    """A run as JSON has it."""
    return {name: _json_value(value) for name, value in asdict(run).items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_iso(value)
    return value.value if isinstance(value, Enum) else value


def _line(run: Run) -> str:
    duration = "" if run.duration_seconds is None else f"{run.duration_seconds:.1f} s"
    code = "" if run.exit_code is None else f"exit {run.exit_code}"
    return f"{to_iso(run.started_at):<27}  {run.job:<24} {run.state.value:<11} {code:<8} {duration:>9}  {run.run_id}"
