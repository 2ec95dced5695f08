"""Judge many park-days: whatever becomes of one, the others are judged."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

from hallofshame import tier_file
from hallofshame.aggregation import Outcome, aggregate_day
from hallofshame.store.engine import Engine

WORKERS = 2  # one reads or writes while the other judges; more only wait for each other
FAILURES_NAMED = 10

log = logging.getLogger(__name__)

ParkDay = tuple[int, date]


@dataclass(frozen=True, slots=True)
class Judged:
    """Which park-days were judged and which failed, each of those with why. Those without polls are neither."""

    changed: tuple[ParkDay, ...]
    failed: dict[ParkDay, str]

    @property
    def failure(self) -> str | None:
        """What the job says of them, None where all went well."""
        if not self.failed:
            return None
        named = [f"park {park_id}, {op_day}: {why}" for (park_id, op_day), why in self.failed.items()]
        more = f"; and {len(named) - FAILURES_NAMED} more" if len(named) > FAILURES_NAMED else ""
        return f"{len(named)} park-days could not be judged: {'; '.join(named[:FAILURES_NAMED])}{more}"


def judge_all(store: Engine, todo: Sequence[ParkDay], now: datetime) -> Judged:
    """Judge each park-day as it stands now, in its own transaction."""
    tiers = tier_file.load()
    failed: dict[ParkDay, str] = {}

    def judge(park_day: ParkDay) -> bool:
        try:
            return aggregate_day(store, *park_day, now, tiers) in {Outcome.PROVISIONAL, Outcome.FINAL}
        except Exception as error:  # one park-day's edge: the others are judged
            log.exception("park %s, %s could not be judged", *park_day)
            failed[park_day] = f"{error}"
            return False

    with ThreadPoolExecutor(WORKERS) as pool:
        changed = list(pool.map(judge, todo))
    return Judged(tuple(park_day for park_day, is_changed in zip(todo, changed, strict=True) if is_changed), failed)
