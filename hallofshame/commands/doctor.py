"""`hos doctor`."""

import sys

import click

from hallofshame import checks, checkup, settings
from hallofshame.checks import Host
from hallofshame.clock import SystemClock


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(*, as_json: bool) -> None:
    """Check whether this host is able to do its work. Exits with 1 when something fails."""
    loaded, problems = settings.load_or_default()
    findings = checkup.examine(Host(loaded, tuple(problems), SystemClock().now()))
    click.echo(checks.told(findings, as_json=as_json))
    if checks.has_failed(findings):
        sys.exit(1)
