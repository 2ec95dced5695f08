"""`hos backfill`."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from functools import partial
from multiprocessing import get_context

import click

from hallofshame import leaderboards, settings, tier_file
from hallofshame.aggregation import Outcome
from hallofshame.archive import Archive
from hallofshame.backfilling import backfill as judge_again
from hallofshame.clock import SystemClock
from hallofshame.commands.parameters import Day
from hallofshame.errors import Permanent
from hallofshame.store import database, engine, parks, polls

WORKERS = 2  # judging is Python's work: a process for each core of a small host


@click.command()
@click.option("--from", "first", type=Day(), required=True, help="First operating day.")
@click.option("--to", "last", type=Day(), required=True, help="Last operating day.")
@click.option("--park", "park_id", type=int, help="Only this park; else every park that is listed or has polls.")
def backfill(first: date, last: date, park_id: int | None) -> None:
    """Judge operating days once more: from their readings, or from the archive where those are purged.

    The days after them whose history they are, and the leaderboards of finished periods, follow.
    """
    if last < first:
        raise Permanent(f"--from {first} comes after --to {last}")
    now = SystemClock().now()
    opened = database.open_ready(settings.load().database_url.get_secret_value())
    with engine.read(opened) as conn:
        active = parks.active(conn)
        every = sorted({park.park_id for park in active} | polls.first_slots(conn).keys())
    asked = every if park_id is None else [park_id]
    for each, became in zip(asked, _judged(asked, partial(_judge_park, first=first, last=last, now=now)), strict=True):
        click.echo(f"park {each}: {_told(became)}")
    engine.write(opened, partial(leaderboards.refresh, active=active, asked=leaderboards.FINISHED, now=now))


def _judged(asked: list[int], judge: Callable[[int], Counter[Outcome]]) -> Iterator[Counter[Outcome]]:
    """Judge parks, several at once where there are several, and yield what became of each as soon as it is known."""
    if len(asked) == 1:
        yield judge(asked[0])
        return
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        yield from pool.map(judge, asked)


def _judge_park(park_id: int, first: date, last: date, now: datetime) -> Counter[Outcome]:
    loaded = settings.load()
    opened = database.open_ready(loaded.database_url.get_secret_value())
    try:
        return judge_again(opened, Archive(loaded.archive_url), park_id, first, last, now, tier_file.load())
    finally:
        opened.dispose()


def _told(became: Counter[Outcome]) -> str:
    return "; ".join(f"{count} {'day' if count == 1 else 'days'}: {outcome.value}" for outcome, count in became.items())
