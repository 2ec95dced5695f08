"""`hos doctor`."""

import json
import sys

import click

from hallofshame import checkup, settings
from hallofshame.checkup import Finding, Host, Level
from hallofshame.clock import SystemClock


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(*, as_json: bool) -> None:
    """Check whether this host is able to do its work. Exits with 1 when something fails."""
    loaded, problems = settings.load_or_default()
    findings = checkup.examine(Host(loaded, tuple(problems), SystemClock().now()))
    if as_json:
        click.echo(json.dumps([_plain(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{finding.level.value:<5} {finding.check:<16} {finding.message}")
    if any(finding.level is Level.FAIL for finding in findings):
        sys.exit(1)


def _plain(finding: Finding) -> dict[str, str]:
    return {"check": finding.check, "level": finding.level.value, "message": finding.message}
