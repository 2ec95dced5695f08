"""`hos lint`."""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click

from hallofshame import jobs_file, linting, release, settings
from hallofshame.clock import SystemClock
from hallofshame.linting import Finding, Place, Severity
from hallofshame.redaction import Redactor


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of the findings.")
def lint(*, as_json: bool) -> None:
    """Explain what is wrong in jobs.toml, and with how its jobs would run here; exit 1 for an error."""
    loaded = settings.load()
    place = Place(Path(release.programs()), loaded.state_dir, loaded.jobs_file.absolute())
    jobs, problems = jobs_file.read(place.jobs_file)
    findings = [
        *linting.of_host(is_on_utc=time.timezone == 0 and not time.daylight),
        *linting.of_problems(problems),
        *linting.lint(jobs, place, SystemClock().now(), Redactor({}).redact_command),
    ]
    if as_json:
        click.echo(json.dumps([asdict(each) | {"severity": each.severity.value} for each in findings], indent=2))
    else:
        for each in findings:
            click.echo(_line(place.jobs_file, each))
    sys.exit(any(each.severity is Severity.ERROR for each in findings))


def _line(path: Path, finding: Finding) -> str:
    where = f"{path}: {finding.place}" if finding.place else str(path)
    return f"{finding.severity.value}: {where}: {finding.problem}; {finding.advice}"
