"""`hos incidents`."""

import json
import os
from datetime import datetime
from typing import Any

import click

from hallofshame import settings
from hallofshame.alerts import recording, state_file
from hallofshame.clock import to_iso
from hallofshame.errors import HallOfShameError
from hallofshame.settings import Settings
from hallofshame.store import database, engine
from hallofshame.store import incidents as store


@click.command()
@click.argument("job", required=False)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def incidents(job: str | None, limit: int, *, as_json: bool) -> None:
    """List what is wrong with jobs, and was: what lasts first, then the newest."""
    found = [plain(row) for row in newest(settings.load(), job, limit)]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for row in found:
        click.echo(_line(row))


def newest(loaded: Settings, job: str | None, limit: int) -> list[dict[str, Any]]:
    """Incidents of one job or of all. Without the database: those of this host that last, and a line that says so."""
    state = state_file.load(loaded.state_dir)
    here = {row["incident_id"]: row for row in recording.of_state(state, os.uname().nodename)}
    try:
        opened = database.open_ready(loaded.database_url.get_secret_value())
        with engine.read(opened) as conn:
            stored = {row["incident_id"]: row for row in store.latest(conn, job, limit)}
    except HallOfShameError as error:
        click.echo(f"hos: only what lasts on this host is shown: {error}", err=True)
        stored = {}
    rows = [row for row in (stored | here).values() if job in {None, row["job"]}]
    return sorted(rows, key=lambda row: (row.get("ended_at") is not None, -row["opened_at"].timestamp()))[:limit]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON has it."""
    return {name: to_iso(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _line(row: dict[str, Any]) -> str:
    ended = f"until {row['ended_at']}" if row.get("ended_at") else "lasts"
    known = ", acknowledged" if row["acknowledged_at"] else ""
    return f"{row['opened_at']:<27}  {row['job']:<24} {row['kind']:<13} {row['failures']:>4} x  {ended}{known}"
