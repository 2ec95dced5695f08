"""`hos log`."""

import click

from hallofshame import settings
from hallofshame.commands.runs import newest
from hallofshame.errors import Permanent
from hallofshame.journal import TAIL_BYTES
from hallofshame.model import Run


@click.command()
@click.argument("run")
def log(run: str) -> None:
    """Show what a run printed; RUN is its id or the start of it."""
    found = [each for each in newest(settings.load(), None, limit=10_000) if each.run_id.startswith(run)]
    if len(found) != 1:
        ids = ", ".join(each.run_id for each in found[:5]) or "no run has such an id: see hos runs"
        raise Permanent(f"{run!r} names {len(found)} runs ({ids})")
    click.echo(_text(found[0]))


def _text(run: Run) -> str:
    """The tail holds everything that is not longer than it; else the head comes first."""
    if run.output_bytes <= TAIL_BYTES:
        return run.output_tail.rstrip("\n")
    cut = run.output_bytes - len(run.output_head.encode()) - len(run.output_tail.encode())
    gap = f"\n[{cut} bytes cut]\n" if cut > 0 else ""
    return f"{run.output_head}{gap}{run.output_tail}".rstrip("\n")
