"""`hos backfill`."""

from collections import Counter
from datetime import date
from functools import partial

import click

from hallofshame import leaderboards, settings, tier_file
from hallofshame.aggregation import Outcome
from hallofshame.archive import Archive
from hallofshame.backfilling import backfill as judge_again
from hallofshame.clock import SystemClock
from hallofshame.commands.parameters import Day
from hallofshame.errors import Permanent
from hallofshame.store import database, engine, parks, polls


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
    loaded, now, tiers = settings.load(), SystemClock().now(), tier_file.load()
    opened, archive = database.open_ready(loaded.database_url.get_secret_value()), Archive(loaded.archive_url)
    with engine.read(opened) as conn:
        active = parks.active(conn)
        every = sorted({park.park_id for park in active} | polls.first_slots(conn).keys())
    for each in every if park_id is None else [park_id]:
        became = judge_again(opened, archive, each, first, last, now, tiers)
        click.echo(f"park {each}: {_told(became)}")
    engine.write(opened, partial(leaderboards.refresh, active=active, asked=leaderboards.FINISHED, now=now))


def _told(became: Counter[Outcome]) -> str:
    return "; ".join(f"{count} {'day' if count == 1 else 'days'}: {outcome.value}" for outcome, count in became.items())
