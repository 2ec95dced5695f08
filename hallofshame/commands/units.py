"""`hos unit-failed` and `hos unit-works`: a unit of systemd told of like a job, called by units that systemd starts.

A start that failed is entered as a run that failed, with what the unit last said as its output; so it is told once,
reminded of, recorded and over like any other.
"""

import os
import subprocess
from pathlib import Path
from typing import Any

import click

from hallofshame import processes, release, replay, settings
from hallofshame.clock import SystemClock, to_iso
from hallofshame.journal import Journal
from hallofshame.redaction import Redactor
from hallofshame.run_id import new_run_id
from hallofshame.settings import Settings

LAST_LINES = 20
LONGEST_OUTPUT = 16 << 10  # characters: a line may be long
TIMEOUT_SECONDS = 10
WITH_ITS_SERVICE = "'service-start-limit-hit'"  # the result of a socket whose service was given up
FAILED_UNITS = "failed-units"  # in the state directory; `hos-works@.service` looks there before it calls

_unit = click.argument("unit")


@click.command("unit-failed")
@_unit
@click.option("--result", default="", help="What systemd calls the end, such as exit-code or timeout.")
@click.option("--exit-status", default="", help="The exit status, or the name of the signal.")
def unit_failed(unit: str, result: str, exit_status: str) -> None:
    """Tell that systemd has given up UNIT, with the last lines it printed."""
    loaded, _ = settings.load_or_default()  # what is wrong with them may be why it failed
    if _follows_from_another(unit):
        return
    output = _last_lines(unit, loaded)
    _leave_mark(loaded, unit)
    _enter(
        loaded,
        _record(unit)
        | {"state": "failed", "reason": f"systemd gave it up ({result or 'result not known'})"}
        | {"exit_code": int(exit_status) if exit_status.isdecimal() else None}
        | {"signal": None if exit_status.isdecimal() else exit_status or None}
        | {"output_tail": output, "output_bytes": len(output.encode()), "output_lines": output.count("\n")},
    )


@click.command("unit-works")
@_unit
def unit_works(unit: str) -> None:
    """Tell that UNIT, which had failed, works again."""
    loaded, _ = settings.load_or_default()
    _enter(loaded, _record(unit) | {"state": "succeeded", "exit_code": 0})
    _mark(loaded, unit).unlink(missing_ok=True)


def _mark(loaded: Settings, unit: str) -> Path:
    return loaded.state_dir / FAILED_UNITS / Path(unit).name


def _leave_mark(loaded: Settings, unit: str) -> None:
    """Without it the end is not told; a full disk must not keep the failure from being told as well."""
    mark = _mark(loaded, unit)
    try:
        mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark.touch()
    except OSError as error:
        click.echo(f"hos: {mark} cannot be made: {error}", err=True)


def _follows_from_another(unit: str) -> bool:
    """Tell whether a socket failed for its service alone, which is told already."""
    results = [line for line in _journal(f"--unit={unit}").splitlines() if "Failed with result" in line]
    return bool(results) and WITH_ITS_SERVICE in results[-1]


def _record(unit: str) -> dict[str, Any]:
    """What holds for either. When the start began is not known, so that it has no length."""
    moment = SystemClock().now()
    now = to_iso(moment)
    return {
        "run_id": new_run_id(moment.timestamp()),
        "job": unit,
        "host": os.uname().nodename,
        "boot_id": processes.boot_id(),
        "pid": os.getpid(),
        "argv": ["systemctl", "start", unit],
        "scheduled_at": now,
        "started_at": now,
        "finished_at": now,
        "release": release.of_path(__file__),
    }


def _enter(loaded: Settings, record: dict[str, Any]) -> None:
    handed_over = []
    try:
        Journal(loaded.state_dir).append(record)
    except OSError as error:
        click.echo(f"hos: the journal cannot take it: {error}", err=True)
        handed_over.append(record)
    replay.flush(loaded, handed_over=handed_over)


def _last_lines(unit: str, loaded: Settings) -> str:
    """What the unit printed last, else what systemd said of it, without secrets; why not, where it cannot be read."""
    said = _journal(f"_SYSTEMD_UNIT={unit}") or _journal(f"--unit={unit}")
    return _redactor(loaded).redact_text(said)[-LONGEST_OUTPUT:]


def _journal(chosen: str) -> str:
    argv = ["journalctl", chosen, f"--lines={LAST_LINES}", "--output=cat", "--no-pager", "--quiet"]
    try:
        done = subprocess.run(argv, capture_output=True, check=False, timeout=TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"journalctl: {error}\n"
    return (done.stdout or done.stderr).decode("utf8", "surrogateescape")


def _redactor(loaded: Settings) -> Redactor:
    """Knows each secret that is set, wherever it stands."""
    secrets = {
        str(field.alias).encode(): value.get_secret_value().encode()
        for name, field in Settings.model_fields.items()
        if settings.is_secret(field) and (value := getattr(loaded, name))
    }
    return Redactor(secrets)
