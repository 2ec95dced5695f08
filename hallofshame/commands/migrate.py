"""`hos migrate`."""

import click

from hallofshame import settings
from hallofshame.store import database
from hallofshame.store.schema import REVISION


@click.command()
def migrate() -> None:
    """Bring the database to this release's schema; safe to run again after a break."""
    engine = database.open_as_it_is(settings.load().database_url.get_secret_value())
    before = database.current_revision(engine)
    database.migrate(engine)
    now = database.current_revision(engine)
    done = "is at" if before == now else f"went from {before or 'empty'} to"
    of_another = "" if now == REVISION else f", a later release's: this one, of {REVISION}, runs on it"
    click.echo(f"the schema {done} {now}{of_another}")
