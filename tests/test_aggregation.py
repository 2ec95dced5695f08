"""A park-day judged from the database is the one judged from a file; judging again changes nothing."""

import gzip
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from hallofshame import polls_file
from hallofshame.aggregation import Outcome, aggregate_day, judge_again
from hallofshame.archive import Archive
from hallofshame.backfilling import backfill
from hallofshame.clock import to_iso
from hallofshame.errors import Permanent
from hallofshame.rules import calendar, score
from hallofshame.rules.constants import RULES_VERSION
from hallofshame.rules.tiers import Tiers
from hallofshame.store import days, identities, parks, polls
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import (
    metadata,
    outages,
    park_days,
    park_hours,
    park_periods,
    readings,
    ride_classifications,
    ride_days,
    ride_hours,
    ride_periods,
    rides,
)
from tests.factories import park, reading
from tests.rules import base_park
from tests.rules.base_park import CLOSED, DAY, STALE, WALK_ON
from tests.shared_data import shared
from tests.stored_polls import enter, load, said_by, tiers_of
from tests.test_judging import lines_of, read_case

pytestmark = pytest.mark.integration

TABLES = (park_days, ride_days, outages, ride_hours, park_hours, park_periods, ride_periods)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
NOTHING_SPECIAL = tiers_of()
C02 = {1: [("12:00", "13:00", CLOSED)]}
B = park(1)


def enter_base_park(engine: Engine, changes: Any = None, **which: Any) -> None:
    enter(engine, B, said_by(base_park.polls(changes, **which)))


def everything(engine: Engine) -> dict[str, list[Any]]:
    """Every judged row but when it was computed."""
    with engines.read(engine) as conn:
        return {
            table.name: sorted(map(tuple, conn.execute(select(*(c for c in table.c if c.name != "computed_at")))))
            for table in TABLES
        }


def one_day(engine: Engine, op_day: date = DAY.op_day) -> Any:
    with engines.read(engine) as conn:
        return conn.execute(select(park_days).where(park_days.c.op_day == op_day)).one()


def ride_of(engine: Engine, ride_id: int, op_day: date = DAY.op_day) -> Any:
    with engines.read(engine) as conn:
        query = select(ride_days).where(ride_days.c.ride_id == ride_id, ride_days.c.op_day == op_day)
        return conn.execute(query).one()


def as_judged(engine: Engine) -> list[dict[str, Any]]:
    """What is stored of park 1, in the form that `hos judge` prints."""
    with engines.read(engine) as conn:
        names = {row.ride_id: row.name for row in conn.execute(select(rides))}
        found = [dict(row) for row in conn.execute(select(park_days).order_by(park_days.c.op_day)).mappings()]
        hours: dict[date, list[Any]] = defaultdict(list)
        of_rides: dict[date, dict[str, Any]] = defaultdict(dict)
        for row in conn.execute(select(park_hours).order_by(park_hours.c.hour)):
            hours[row.op_day].append({"hour": f"{row.hour:%Y-%m-%dT%H:%MZ}"} | {s: getattr(row, s) for s in SUMS})
        for ride in conn.execute(select(ride_days)).mappings():
            of_rides[ride["op_day"]][str(ride["ride_id"])] = _ride(names[ride["ride_id"]], dict(ride))
    return [_day(day, hours[day["op_day"]], of_rides[day["op_day"]]) for day in found]


SUMS = ("up_s", "down_s", "weighted_down_s", "weighted_sched_s")
SAME = (
    *("snapshots_in_window", "window_s", "observed_s", "open_edge_known", "close_edge_known", "stop_s"),
    *("rides_seen", "rides_opened", "rides_counted", "rides_closed_all_day", *SUMS),
)
SAME_OF_RIDES = ("up_s", "down_s", "pre_s", "early_s", "stop_s", "closed_s", "outages")
OTHERWISE_NAMED = {
    "counted": "is_counted",
    "queue_ride": "is_queue_ride",
    "usually_open": "is_usually_open",
    "unobs_s": "unobserved_s",
    "longest_s": "longest_outage_s",
}


def _day(day: Mapping[str, Any], hours: Any, of_rides: Any) -> dict[str, Any]:
    head = {"op_day": day["op_day"].isoformat(), "operated": day["operated"], "snapshots": day["snapshots"]}
    if not day["operated"]:
        assert not of_rides
        return head | {"rides_open_any": day["rides_open_any"]}
    return head | {
        **{name: day[name] for name in SAME},
        "window_open": to_iso(day["opened_at"]),
        "window_close": to_iso(day["closed_at"]),
        "coverage": _rounded(score.coverage(day["observed_s"], day["window_s"])),
        "shame": _rounded(score.shame(day["weighted_down_s"], day["weighted_sched_s"])),
        "hours": hours,
        "rides": of_rides,
    }


def _ride(name: str, ride: Mapping[str, Any]) -> dict[str, Any]:
    same = {figure: ride[figure] for figure in SAME_OF_RIDES}
    return {"name": name} | same | {figure: ride[stored] for figure, stored in OTHERWISE_NAMED.items()}


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)


def aggregate_all(engine: Engine, timezone: str, moments: list[datetime], now: datetime, tiers: Tiers) -> None:
    for op_day in sorted({calendar.op_day_of(moment, timezone) for moment in moments if moment <= now}):
        aggregate_day(engine, 1, op_day, now, tiers)


CASES = ["C02", "C07", "C10", "C11", "C17", "C22", "C23", "C24", "C25", "C37", "C40", "C48", "C49", "C52", "C55", "C57"]


@pytest.mark.parametrize("name", CASES)
def test_a_case_through_the_database_gives_what_is_expected(name: str, engine: Engine) -> None:
    case = read_case(f"{name}.json")
    moments = load(engine, park(1, timezone=case["timezone"]), lines_of(case))
    tiers = tiers_of(case["weights"] and {int(ride_id): weight for ride_id, weight in case["weights"].items()})
    now = datetime.fromisoformat(case["now"]) if case["now"] else LATER
    aggregate_all(engine, case["timezone"], moments, now, tiers)
    assert as_judged(engine) == case["expected"]["days"]


@pytest.mark.parametrize(
    "name",
    [
        "plopsaland_2022-12-06_10",
        pytest.param("alton_thorpe_park2_2025-06-03_07-26", marks=pytest.mark.slow),
        pytest.param("universal_park64_2026-03-16_08-14", marks=pytest.mark.slow),
        pytest.param("gardaland_2025-2026", marks=pytest.mark.slow),
    ],
)
def test_a_recording_through_the_database_gives_what_is_expected(name: str, engine: Engine) -> None:
    with gzip.open(shared("data/polls", f"{name}.expected.json.gz"), "rt", encoding="utf8") as file:
        expected = json.load(file)
    with polls_file.reading(shared("data/polls", f"{name}.jsonl.gz")) as (header, lines):
        moments = load(engine, park(1, timezone=header.timezone), lines)
        weights = dict(header.weights or {})
    aggregate_all(engine, header.timezone, moments, LATER, tiers_of(weights))
    assert as_judged(engine) == expected["days"]


def test_an_hour_closed_is_stored_from_the_outage_to_the_year(engine: Engine) -> None:
    """C02."""
    enter_base_park(engine, C02)
    assert aggregate_day(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL) is Outcome.FINAL
    day, ride = one_day(engine), ride_of(engine, 1)
    assert (day.timezone, day.rules_version, day.is_final) == ("America/New_York", RULES_VERSION, True)
    assert (day.down_s, day.weighted_down_s, day.weighted_sched_s, day.outages) == (3_600, 7_200, 564_000, 1)
    assert (ride.up_s, ride.down_s, ride.counted_up_s, ride.counted_down_s) == (24_600, 3_600, 24_600, 3_600)
    assert (ride.wait_readings, ride.wait_minutes_sum, ride.longest_wait_minutes) == (41, 41 * 20, 20)
    assert (ride.waits_seen, ride.first_open_clock_s, ride.last_open_clock_s) == (True, 6 * 3_600, 13 * 3_600 + 3_000)
    with engines.read(engine) as conn:
        assert [(o.ride_id, o.down_s, o.has_reopened) for o in conn.execute(select(outages))] == [(1, 3_600, True)]
        grains = conn.execute(select(park_periods.c.grain, park_periods.c.starts_on, park_periods.c.down_s)).all()
    assert sorted(grains) == [
        ("month", date(2025, 9, 1), 3_600),
        ("week", date(2025, 9, 15), 3_600),
        ("year", date(2025, 1, 1), 3_600),
    ]


def test_judging_twice_is_judging_once(engine: Engine) -> None:
    """S1."""
    enter_base_park(engine, C02)
    aggregate_day(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL)
    once = everything(engine)
    assert aggregate_day(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL) is Outcome.ALREADY_FINAL
    assert judge_again(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL) is Outcome.FINAL
    assert everything(engine) == once


def test_judging_at_once_is_judging_once(engine: Engine) -> None:
    """S1: four at a time, none fails, and the rows are those of one."""
    enter_base_park(engine, C02)
    aggregate_day(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL)
    once, start, outcomes = everything(engine), threading.Barrier(4), []

    def judge() -> None:
        start.wait(10)
        outcomes.append(judge_again(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL))

    threads = [threading.Thread(target=judge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes == [Outcome.FINAL] * 4
    assert everything(engine) == once


def test_a_part_of_a_day_and_then_the_whole_is_the_whole(engine: Engine) -> None:
    """S2: the running outage of the part is gone, the partial hour is corrected."""
    changes = {1: [("14:30", "15:30", CLOSED)]}
    enter_base_park(engine, changes, until="15:00")
    during = DAY.starts_at + timedelta(hours=11)
    assert aggregate_day(engine, 1, DAY.op_day, during, NOTHING_SPECIAL) is Outcome.PROVISIONAL
    day = one_day(engine)
    assert (day.is_final, day.down_s, day.closed_at) == (False, 1_200, during - timedelta(minutes=10))
    with engines.read(engine) as conn:
        assert conn.execute(select(func.count()).select_from(park_periods)).scalar() == 0
    enter_base_park(engine, changes)
    assert aggregate_day(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL) is Outcome.FINAL
    assert one_day(engine).down_s == ride_of(engine, 1).longest_outage_s == 3_600


def test_of_an_unfinished_day_is_stored_what_tells_how_it_stands_now(engine: Engine) -> None:
    """At its window's end, which is extended, fewer than half of the rides are open."""
    for n in range(3):
        enter(engine, B, _days_later(None, n - 3))
        aggregate_day(engine, 1, DAY.op_day + timedelta(days=n - 3), LATER, NOTHING_SPECIAL)
    few = {ride: [("16:00", "28:00", CLOSED)] for ride in range(1, 8)} | {8: [("10:00", "12:00", CLOSED)]}
    enter_base_park(engine, few, until="16:30")
    aggregate_day(engine, 1, DAY.op_day, DAY.starts_at + timedelta(hours=12, minutes=25), NOTHING_SPECIAL)
    day = one_day(engine)
    four = DAY.starts_at + timedelta(hours=12)
    assert (day.peak_rides_open, day.last_active_at) == (10, four - timedelta(minutes=10))
    assert day.closed_at == four + timedelta(minutes=20)
    assert ride_of(engine, 1).usual_closing_clock_s == 13 * 3_600 + 3_000
    assert ride_of(engine, 1, DAY.op_day - timedelta(days=1)).usual_closing_clock_s is None


def test_a_day_is_judged_as_it_stood_then(engine: Engine) -> None:
    """What came after the moment that is asked for is not known yet."""
    enter_base_park(engine, C02)
    aggregate_day(engine, 1, DAY.op_day, DAY.starts_at + timedelta(hours=11), NOTHING_SPECIAL)
    assert (one_day(engine).snapshots, one_day(engine).closed_at) == (67, DAY.starts_at + timedelta(hours=11))


def test_one_park_is_judged_by_one_at_a_time(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the one that read first could write last, and older polls would take the place of newer ones."""
    enter_base_park(engine)
    reading_now, both_read, read = [], threading.Event(), polls.of_day

    def of_day(*asked: Any) -> Any:
        reading_now.append(threading.get_ident())
        if len(reading_now) > 1:
            both_read.set()
        both_read.wait(0.3)
        found = read(*asked)
        reading_now.remove(threading.get_ident())
        return found

    monkeypatch.setattr("hallofshame.aggregation.polls.of_day", of_day)
    judge = partial(judge_again, engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL)
    threads = [threading.Thread(target=judge) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not both_read.is_set()


def test_a_day_is_final_half_an_hour_after_its_end(engine: Engine) -> None:
    enter_base_park(engine)
    half_past = DAY.ends_at + timedelta(minutes=30)
    early = aggregate_day(engine, 1, DAY.op_day, half_past - timedelta(seconds=1), NOTHING_SPECIAL)
    assert (early, one_day(engine).is_final) == (Outcome.PROVISIONAL, False)
    assert aggregate_day(engine, 1, DAY.op_day, half_past, NOTHING_SPECIAL) is Outcome.FINAL


def test_a_day_that_did_not_operate_leaves_no_rows_of_the_one_that_did(engine: Engine) -> None:
    enter_base_park(engine, C02)
    aggregate_day(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL)
    with engines.begin(engine) as conn:
        conn.execute(update(readings).values(state="closed", wait_minutes=0))
    judge_days_again(engine, DAY.op_day, DAY.op_day)
    day, rows = one_day(engine), everything(engine)
    assert (day.operated, day.window_s, day.down_s, day.opened_at, day.snapshots) == (False, 0, 0, None, 144)
    assert (day.peak_rides_open, day.last_active_at) == (None, None)
    assert not any(rows[table.name] for table in (ride_days, outages, ride_hours, park_hours, ride_periods))


def test_a_day_whose_readings_are_gone_is_left_as_it_is(engine: Engine) -> None:
    """S21: the poll log outlives the readings, and looks like polls without rides."""
    enter_base_park(engine, C02)
    aggregate_day(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL)
    before = everything(engine)
    with engines.begin(engine) as conn:
        days.mark_purged(conn, 1, DAY.op_day, LATER)
        conn.execute(readings.delete())
    assert judge_again(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL) is Outcome.PURGED
    with pytest.raises(Permanent, match=r"its readings are purged, and .* does not hold them"):
        judge_days_again(engine, DAY.op_day, DAY.op_day)
    after = everything(engine)
    assert (one_day(engine).down_s, after["ride_days"]) == (3_600, before["ride_days"])


def test_a_day_without_polls_is_not_stored(engine: Engine) -> None:
    enter_base_park(engine)
    before = DAY.op_day - timedelta(days=1)
    assert aggregate_day(engine, 1, before, LATER, NOTHING_SPECIAL) is Outcome.NO_POLLS
    assert everything(engine)["park_days"] == []


def test_a_park_nobody_knows_is_refused(engine: Engine) -> None:
    with pytest.raises(Permanent, match="park 7 is not in the database"):
        aggregate_day(engine, 7, DAY.op_day, LATER, NOTHING_SPECIAL)


def test_a_corrected_time_zone_cuts_no_past_day_anew(engine: Engine) -> None:
    """S22."""
    enter_base_park(engine, C02)
    aggregate_day(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL)
    before = everything(engine)
    with engines.begin(engine) as conn:
        parks.record(conn, [park(1, timezone="America/Los_Angeles")], DAY.ends_at + timedelta(days=1))
    judge_again(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL)
    assert everything(engine) == before


def test_what_the_classifier_says_of_a_ride_counts_and_is_stored_with_its_reason(engine: Engine) -> None:
    tiers = Tiers.parse("version = 1\n[[patterns]]\nkind = 'show'\nmatches = 'theatre'\n[rides]\n2 = { tier = 1 }\n")
    names = {1: "Fairy Theatre", 3: "Coaster Single Rider"}
    said = [
        (at, [reading(r.ride_id, **_facts(r) | {"name": names.get(r.ride_id, r.name)}) for r in rows])
        for at, rows in said_by(base_park.polls())
    ]
    enter(engine, B, said)
    aggregate_day(engine, 1, DAY.op_day, LATER, tiers)
    day = one_day(engine)
    assert (day.rides_seen, day.rides_counted) == (9, 8)
    assert (ride_of(engine, 1).is_counted, ride_of(engine, 2).weight, ride_of(engine, 4).weight) == (False, 3, 2)
    with engines.read(engine) as conn:
        stored = {row.ride_id: tuple(row)[1:] for row in conn.execute(select(ride_classifications))}
    assert stored[1] == (2, "default", "show", "name matches 'theatre'")
    assert stored[2] == (1, "override 2", "ride", "default")
    assert stored[3][2] == "single_rider"


def _facts(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("name", "is_open", "wait_minutes", "last_updated")}


def test_a_day_that_is_judged_again_takes_those_with_it_whose_history_it_is(engine: Engine) -> None:
    """What was excused as closing early is a failure once three days before it are known (C44, C51)."""
    op_days = [DAY.op_day + timedelta(days=n) for n in range(4)]
    late = {1: [("15:00", "28:00", CLOSED)]}
    enter(engine, B, _days_later(late, 3))
    judge_days_again(engine, op_days[0], op_days[3])
    assert (ride_of(engine, 1, op_days[3]).down_s, ride_of(engine, 1, op_days[3]).early_s) == (0, 10_200)
    for n in range(3):
        enter(engine, B, _days_later(None, n))
    assert judge_days_again(engine, op_days[0], op_days[2]) == {Outcome.FINAL: 4}
    assert (ride_of(engine, 1, op_days[3]).down_s, ride_of(engine, 1, op_days[3]).early_s) == (8_400, 1_800)


def judge_days_again(engine: Engine, first: date, last: date) -> Counter[Outcome]:
    return backfill(engine, Archive("file:///nowhere"), 1, first, last, LATER, NOTHING_SPECIAL)


def _days_later(changes: Any, days_later: int) -> list[Any]:
    """The base park's polls on a later day: no clock changes in between."""
    shift = timedelta(days=days_later)
    return [
        (at + shift, [reading(r.ride_id, **_facts(r) | {"last_updated": at + shift}) for r in rows])
        for at, rows in said_by(base_park.polls(changes))
    ]


def wipe(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())


@st.composite
def closures(draw: st.DrawFn) -> dict[int, list[Any]]:
    """Some rides of the base park closed, stale or absent for some hours."""
    stretches = st.tuples(st.integers(9, 17), st.integers(1, 6), st.sampled_from([CLOSED, STALE, WALK_ON, None]))
    return {
        ride_id: [(f"{start}:00", f"{start + hours}:00", state) for start, hours, state in draw(st.lists(stretches))]
        for ride_id in draw(st.sets(st.sampled_from(base_park.RIDES)))
    }


@pytest.mark.slow
@settings(
    max_examples=6,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # to shrink costs minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=closures(), split=st.integers(1, 143), first=st.booleans())
def test_a_day_in_any_two_parts_is_the_day_in_one(changes: Any, split: int, first: bool, engine: Engine) -> None:
    """S1, S2: whichever part came first, and however often it was judged."""
    said = list(said_by(base_park.polls(changes)))
    wipe(engine)
    enter(engine, B, said)
    aggregate_day(engine, 1, DAY.op_day, LATER, NOTHING_SPECIAL)
    in_one = everything(engine)
    with engines.read(engine) as conn:
        assert identities.broken_days(conn, [1], DAY.op_day, DAY.op_day) == []
    wipe(engine)
    for part in (said[:split], said[split:]) if first else (said[split:], said[:split]):
        enter(engine, B, part)
        for _ in range(2):
            judge_days_again(engine, DAY.op_day, DAY.op_day)
    assert everything(engine) == in_one
