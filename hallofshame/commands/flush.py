"""`hos flush`."""

import click

from hallofshame import replay, settings


@click.command()
def flush() -> None:
    """Bring what waits in the journal to the database, and every mail that waits on its way."""
    entered = replay.flush(settings.load(), all_now=True)
    click.echo(f"{entered} runs entered")
