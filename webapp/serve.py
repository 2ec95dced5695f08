"""`hos-serve`: the site on this machine, for whoever works on it. Gunicorn serves everybody else."""

import click
from werkzeug.serving import run_simple


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=5001, show_default=True)
@click.option("--reload", is_flag=True, help="Start anew whenever a source file changes.")
def main(host: str, port: int, *, reload: bool) -> None:
    """Serve the site with the settings that stand here, for development alone."""
    from .wsgi import application  # noqa: PLC0415 - made at import, which --help need not do

    run_simple(host, port, application, use_reloader=reload, threaded=True)
