"""Where store and rules meet for a ranking: sum each park's own days, rank them, replace the period's rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from hallofshame.model import Park
from hallofshame.rules import periods, ranking
from hallofshame.rules.periods import GRAIN, Days, Period
from hallofshame.rules.ranking import Entry, ParkSample, Standing
from hallofshame.rules.score import Sums
from hallofshame.store import data_version, days, leaderboards, rides
from hallofshame.store import periods as sums
from hallofshame.store.engine import Connection
from hallofshame.store.periods import PARK_FIGURES, RIDE_FIGURES, Row
from hallofshame.store.schema import BEFORE, BEFORE_WAITS, BUCKETS

FINISHED = tuple(period for period in Period if period is not Period.TODAY)

# What `BEFORE` and `BEFORE_WAITS` are the sums of.
_PARK_BEFORE = ("up_s", "down_s")
_RIDE_BEFORE = ("counted_up_s", "counted_down_s", "wait_readings", "wait_minutes_sum")

Names = tuple[str, ...]
Judged = tuple[Entry, Standing, Row]  # who, ranked or why not, with which figures


def refresh(conn: Connection, active: Sequence[Park], asked: Iterable[Period], now: datetime) -> None:
    """Rank the active parks and their rides anew in some periods, and step the data version."""
    data_version.step(conn, now)  # first: whoever else ranks waits here
    names = {ride_id: ride.name for ride_id, ride in rides.known(conn).items()}
    with_waits = days.parks_with_waits(conn)
    for period in asked:
        days_of = {park.park_id: periods.resolve(period, now, park.timezone) for park in active}
        of_parks, of_rides = _sums(conn, period, days_of, PARK_FIGURES, RIDE_FIGURES)
        _add_before(conn, period, days_of, of_parks, of_rides)
        leaderboards.replace(
            conn,
            period.value,
            _in_order(_judged_parks(active, of_parks, of_rides, with_waits, period), days_of),
            _in_order(_judged_rides(names, of_rides, period), days_of),
        )


def _sums(
    conn: Connection, period: Period, days_of: Mapping[int, Days], park_figures: Names, ride_figures: Names
) -> tuple[list[Row], list[Row]]:
    """Figures of the parks and of their rides. Parks share their days: there are two or three dates at once."""
    parks_by_days = defaultdict(list)
    for park_id, span in days_of.items():
        parks_by_days[span].append(park_id)
    of_parks, of_rides = [], []
    for span, ids in parks_by_days.items():
        if period in GRAIN:
            of_parks += sums.parks_of(conn, ids, GRAIN[period].value, span.first, park_figures)
            of_rides += sums.rides_of(conn, ids, GRAIN[period].value, span.first, ride_figures)
        else:
            days = (ids, span.first, span.last)
            of_parks += sums.parks_between(conn, *days, park_figures, is_final=period is not Period.TODAY)
            of_rides += sums.rides_between(conn, *days, ride_figures, is_final=period is not Period.TODAY)
    return of_parks, of_rides


def _add_before(
    conn: Connection, period: Period, days_of: Mapping[int, Days], of_parks: list[Row], of_rides: list[Row]
) -> None:
    """What the period before came to, beside its row; nothing where it is not known."""
    before = {park_id: earlier for park_id, span in days_of.items() if (earlier := periods.before(period, span))}
    parks_before, rides_before = _sums(conn, period, before, _PARK_BEFORE, _RIDE_BEFORE)
    for rows, earlier_rows, key, names in (
        (of_parks, parks_before, "park_id", dict(zip(BEFORE, _PARK_BEFORE, strict=True))),
        (of_rides, rides_before, "ride_id", dict(zip((*BEFORE, *BEFORE_WAITS), _RIDE_BEFORE, strict=True))),
    ):
        known = {row[key]: row for row in earlier_rows}
        for row in rows:
            then = known.get(row[key], {})
            row.update({name: then.get(figure) for name, figure in names.items()})


def _judged_parks(
    active: Iterable[Park], of_parks: Iterable[Row], of_rides: Iterable[Row], with_waits: set[int], period: Period
) -> list[Judged]:
    """Every active park, whether or not anything is known of its days."""
    rides_counted = Counter(row["park_id"] for row in of_rides if row["days_counted"])
    figures = {row["park_id"]: row for row in of_parks}
    judged = []
    for park in active:
        row = figures.get(park.park_id, dict.fromkeys(PARK_FIGURES, 0) | dict.fromkeys(BEFORE))
        row = row | {"park_id": park.park_id, "rides_counted": rides_counted[park.park_id]}
        entry = Entry(park.park_id, park.name, Sums(*(row[name] for name in Sums.__dataclass_fields__)))
        sample = ParkSample(
            row["operated_days"],
            row["window_s"],
            row["observed_s"],
            row["rides_counted"],
            entry.sums,
            is_status_only=row["operated_days"] > 0 and park.park_id not in with_waits,
        )
        judged.append((entry, ranking.park_standing(sample, period.span), row))
    return judged


def _judged_rides(names: Mapping[int, str], of_rides: Iterable[Row], period: Period) -> list[Judged]:
    """Every ride that counted on some day or was closed all day: gardens and shows are not what this is about."""
    judged = []
    for row in of_rides:
        if row["days_counted"] or row["days_closed_all_day"]:
            counted = Sums(row["counted_up_s"], row["counted_down_s"], row["weighted_down_s"], row["weighted_sched_s"])
            window_s = sum(row[name] for name in BUCKETS)
            standing = ranking.ride_standing(counted, window_s, window_s - row["unobserved_s"], period.span)
            judged.append((Entry(row["ride_id"], names[row["ride_id"]], counted), standing, row))
    return judged


def _in_order(judged: Sequence[Judged], days_of: Mapping[int, Days]) -> list[Row]:
    """The ranked ones by rank, then the others by name, each with its place and its days."""
    by_id = {entry.entry_id: (standing, row) for entry, standing, row in judged}
    ranked = ranking.rank(entry for entry, standing, _ in judged if standing is Standing.RANKED)
    others = [entry for entry, standing, _ in judged if standing is not Standing.RANKED]
    others.sort(key=lambda entry: (entry.name.casefold(), entry.entry_id))
    order = [(place.entry.entry_id, place.rank) for place in ranked] + [(entry.entry_id, None) for entry in others]
    rows = []
    for place, (entry_id, rank) in enumerate(order, start=1):
        standing, row = by_id[entry_id]
        span = days_of[row["park_id"]]
        rows.append(
            row
            | {"place": place, "rank": rank, "standing": standing.name.lower()}
            | {"from_day": span.first, "to_day": span.last}
        )
    return rows
