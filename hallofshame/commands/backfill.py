"""`hos backfill`."""

from collections import Counter
from datetime import date
from functools import partial

import click

from hallofshame import leaderboards, settings
from hallofshame.aggregation import Outcome
from hallofshame.backfilling import backfill_parks
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
    now = SystemClock().now()
    loaded = settings.load()
    url = loaded.database_url.get_secret_value()
    opened = database.open_ready(url)
    with engine.read(opened) as conn:
        active = parks.active(conn)
        every = sorted({park.park_id for park in active} | polls.first_slots(conn).keys())
    asked = every if park_id is None else [park_id]
    judged = backfill_parks(url, loaded.archive_url, asked, first, last, now)
    for each, became in zip(asked, judged, strict=True):
        click.echo(f"park {each}: {_told(became)}")
    engine.write(opened, partial(leaderboards.refresh, active=active, asked=leaderboards.FINISHED, now=now))


def _told(became: Counter[Outcome]) -> str:
    return "; ".join(f"{count} {'day' if count == 1 else 'days'}: {outcome.value}" for outcome, count in became.items())
