"""`hos flush`."""

import click

from hallofshame import replay, settings


@click.command()
def flush() -> None:
    """Bring what waits in the journal to the database."""
    entered = replay.flush(settings.load())
    click.echo(f"{entered} runs entered")
