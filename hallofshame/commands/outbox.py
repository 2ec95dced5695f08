"""`hos outbox`."""

import json
from dataclasses import asdict

import click

from hallofshame import settings
from hallofshame.alerts import state_file
from hallofshame.commands.incidents import plain
from hallofshame.errors import HallOfShameError
from hallofshame.settings import Settings
from hallofshame.store import database, engine
from hallofshame.store import incidents as store

Row = dict[str, object]


@click.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def outbox(limit: int, *, as_json: bool) -> None:
    """List alert mails, newest first: those that wait on this host, and those that left. `hos flush` tries them now."""
    found = newest(settings.load(), limit)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for row in found:
        state = f"accepted by {row['accepted_by']}" if row["accepted_at"] else f"waits: {_last_try(row)}"
        click.echo(f"{row['queued_at']:<27}  {row['subject']:<60}  {state}")


def newest(loaded: Settings, limit: int) -> list[Row]:
    """The newest mails. Without the database: those that wait on this host, and a line that says so."""
    waiting = {mail.message_id: plain(asdict(mail)) for mail in state_file.load(loaded.state_dir).outbox}
    try:
        opened = database.open_ready(loaded.database_url.get_secret_value())
        with engine.read(opened) as conn:
            stored = {row["message_id"]: plain(row) for row in store.mails(conn, limit)}
    except HallOfShameError as error:
        click.echo(f"hos: only what waits on this host is shown: {error}", err=True)
        stored = {}
    return sorted((stored | waiting).values(), key=lambda row: row["queued_at"], reverse=True)[:limit]


def _last_try(row: Row) -> object:
    tries = row["tries"]
    return tries[-1] if isinstance(tries, list | tuple) and tries else "not tried yet"
