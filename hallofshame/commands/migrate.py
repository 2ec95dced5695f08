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
    done = "is at" if before == REVISION else f"went from {before or 'empty'} to"
    click.echo(f"the schema {done} {REVISION}")
