"""`hos judge`."""

import json
from datetime import datetime
from pathlib import Path

import click

from hallofshame.commands.parameters import Moment
from hallofshame.errors import Permanent
from hallofshame.judging import judge_file
from hallofshame.polls_file import parse_weights


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--weights", metavar="JSON|FILE", help='In place of the file\'s: {"ride id": 1, 2 or 3}, or a file of it.'
)
@click.option("--segments", is_flag=True, help="Add each ride's stretches: start, credited seconds, bucket.")
@click.option("--now", type=Moment(), help="Judge the file as it stood then, its last day unfinished.")
def judge(file: Path, weights: str | None, now: datetime | None, *, segments: bool) -> None:
    """Judge the park-days of a polls FILE, without a database, and print them as JSON."""
    chosen = None if weights is None else _weights(weights)
    click.echo(json.dumps(judge_file(file, weights=chosen, now=now, segments=segments), ensure_ascii=False))


def _weights(given: str) -> dict[int, int]:
    """What does not begin as a JSON object names a file that holds one."""
    try:
        return parse_weights(json.loads(given if given.lstrip().startswith("{") else Path(given).read_bytes()))
    except (OSError, ValueError, Permanent) as error:
        raise Permanent(f"--weights: {error}") from error
