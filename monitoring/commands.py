"""`hos watch`."""

import json
import signal
import sys
from dataclasses import asdict
from typing import Any

import click

from hallofshame import settings
from hallofshame.clock import SystemClock, to_iso
from hallofshame.model import IncidentKind

from . import watch as watching
from .watch import Report

LONGEST_SECONDS = 50  # the next tick comes after 60


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def watch(*, as_json: bool) -> None:
    """Look after the jobs once: call it each minute from a timer. Exits with 1 when a duty failed."""
    signal.alarm(LONGEST_SECONDS)  # its default action ends this process even inside a hanging connect
    loaded, problems = settings.load_or_default()
    report = watching.tick(loaded, SystemClock(), problems)
    click.echo(json.dumps(_plain(report), indent=2) if as_json else _line(report))
    for problem in report.problems:
        for line in problem.splitlines():
            click.echo(f"hos watch: {line}", err=True)
    sys.exit(bool(report.problems))


def _line(report: Report) -> str:
    if not report.ticked:
        return "another tick is under way on this host"
    seen = {**_counts(report), "unknown": report.unknown, "runs entered": report.entered}
    told = ", ".join(f"{count} {what}" for what, count in seen.items())
    return told if report.judged else f"{told}; what was due was not judged here"


def _counts(report: Report) -> dict[str, int]:
    kinds = (IncidentKind.MISSED, IncidentKind.LATE, IncidentKind.OVERDUE)
    return {kind.value: sum(event.kind is kind for event in report.events) for kind in kinds}


def _plain(report: Report) -> dict[str, Any]:
    events = [
        {"job": event.job, "kind": event.kind.value if event.kind else None, "at": to_iso(event.at)}
        | {"run_id": event.run_id, "detail": event.detail}
        for event in report.events
    ]
    return asdict(report) | _counts(report) | {"events": events}
