"""`hos log`."""

import json
import os
import shutil
import sys
from pathlib import Path

import click

from hallofshame import output_logs, settings
from hallofshame.commands.runs import newest, plain
from hallofshame.errors import Permanent
from hallofshame.journal import HEAD_BYTES, TAIL_BYTES
from hallofshame.model import Run
from hallofshame.settings import Settings


@click.command()
@click.argument("run")
@click.option("--full", is_flag=True, help="Show the whole log, which is on the host that the run was on.")
@click.option("--json", "as_json", is_flag=True, help="Print all that is known of the run, and `output`.")
def log(run: str, *, full: bool, as_json: bool) -> None:
    """Show what a run printed; RUN is its id or the start of it.

    Of a long output the record holds the beginning and the end, and the log its first and last 8 MiB.
    """
    loaded = settings.load()
    found = _find(loaded, run)
    path = _path(loaded, found)
    if full and path is None and found.output_bytes > TAIL_BYTES:
        raise Permanent(_missing(found))
    if as_json:
        output = path.read_text("utf8", "backslashreplace") if full and path else _kept(found)
        click.echo(json.dumps(plain(found) | {"log": str(path) if path else None, "output": output}, indent=2))
    elif full and path:
        _show(path)
    else:
        _tell(found)
        click.echo(_visible(_kept(found).rstrip("\n")), color=True)  # else click strips colours
        if path and found.output_bytes > HEAD_BYTES + TAIL_BYTES:
            click.echo(f"hos: more of it is in the log of this host: hos log {found.run_id} --full", err=True)


def _tell(run: Run) -> None:
    """Say beside the output what the output does not say."""
    told = [run.reason, None if run.output_bytes else "it printed nothing"]
    if said := "; ".join(filter(None, told)):
        click.echo(f"hos: {run.job} {run.state.value}: {said}", err=True)


def _find(loaded: Settings, start: str) -> Run:
    found = [each for each in newest(loaded, None, limit=10_000) if each.run_id.startswith(start)]
    if len(found) != 1:
        ids = ", ".join(each.run_id for each in found[:5]) or "no run has such an id: see hos runs"
        raise Permanent(f"{start!r} names {len(found)} runs ({ids})")
    return found[0]


def _path(loaded: Settings, run: Run) -> Path | None:
    path = Path(output_logs.path(loaded.state_dir, run.job, run.run_id))
    return path if path.exists() else None


def _missing(run: Run) -> str:
    here = os.uname().nodename
    where = "it is too old, or could not be kept: see the run's reason" if run.host == here else f"it is on {run.host}"
    return f"no log of {run.run_id} on {here}: {where}; without --full its beginning and its end are shown"


def _kept(run: Run) -> str:
    """The tail holds everything that is not longer than it; else the head comes first."""
    if run.output_bytes <= TAIL_BYTES:
        return run.output_tail
    cut = run.output_bytes - len(run.output_head.encode()) - len(run.output_tail.encode())
    gap = f"\n[{cut} bytes cut]\n" if cut > 0 else ""
    return f"{run.output_head}{gap}{run.output_tail}"


def _show(path: Path) -> None:
    """On a terminal as text, elsewhere byte for byte."""
    with path.open("rb") as file:
        if not sys.stdout.isatty():
            shutil.copyfileobj(file, sys.stdout.buffer)
            return
        for line in file:
            click.echo(_visible(line.decode("utf8", "backslashreplace")), nl=False)


def _visible(text: str) -> str:
    """Nothing in the output may give a terminal commands."""
    if not sys.stdout.isatty():
        return text
    return "".join(c if c.isprintable() or c in "\t\n" else c.encode("unicode_escape").decode() for c in text)
