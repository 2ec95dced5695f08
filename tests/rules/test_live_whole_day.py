"""The live rule says what the judgement of the whole day so far says of its newest poll."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallofshame import feed
from hallofshame.rules import calendar, snapshot
from hallofshame.rules.calendar import utc
from hallofshame.rules.readings import clean
from hallofshame.rules.snapshot import Snapshot, StateAndWait
from scripts.simulation.world import World
from tests.rules import base_park
from tests.rules.base_park import CLOSED, DAY, OPEN, STALE, WALK_ON, Change
from tests.rules.newest_poll import Day, Verdict, days_of, newest, recorded, whole
from tests.shared_data import shared_names

pytestmark = [pytest.mark.unit, pytest.mark.slow]

NAMES = shared_names("data/polls", "*.jsonl.gz")


def base_day(changes: dict[int, list[Change]], weights: dict[int, int] | None = None) -> Day:
    return Day(DAY, base_park.polls(changes), {}, weights or {})


def at_clock(day: Day, clock: str) -> Verdict:
    """Both verdicts, which are one, of the poll at a clock time."""
    polls = sum(poll.polled_at_s <= base_park.at(clock) for poll in day.snapshots)
    verdict = newest(day, polls, day.judged(polls))
    assert verdict == whole(day, polls)
    return verdict


def test_the_score_is_the_weighted_share_of_rides_that_are_down_now() -> None:
    day = base_day({1: [("12:00", "18:00", CLOSED)], 2: [("11:00", "12:00", CLOSED)]}, {1: 3, 2: 1})
    assert at_clock(day, "12:00").shame == 10 * 3 / (3 + 1 + 8 * 2)


def test_a_ride_that_is_unknown_has_not_opened_or_never_has_a_queue_is_in_neither_part() -> None:
    changes: dict[int, list[Change]] = {
        1: [("12:00", "18:00", CLOSED)],
        2: [("12:00", "18:00", STALE)],
        3: [("10:00", "18:00", CLOSED)],
        4: [("10:00", "18:00", WALK_ON)],
    }
    assert at_clock(base_day(changes), "12:00").shame == 10 / 7


def test_while_everything_stands_still_there_is_no_score() -> None:
    storm: dict[int, list[Change]] = {ride: [("12:00", "18:00", CLOSED)] for ride in base_park.RIDES}
    assert not at_clock(base_day(storm), "12:00").is_running


def test_after_closing_there_is_no_score() -> None:
    assert [at_clock(base_day({}), clock).shame for clock in ("17:50", "18:00", "20:00")] == [0, None, None]


def test_while_less_than_half_of_a_park_is_open_no_ride_is_down() -> None:
    storm: dict[int, list[Change]] = {ride: [("12:00", "18:00", CLOSED)] for ride in range(1, 7)}
    assert at_clock(base_day(storm), "12:30") == Verdict(frozenset({7, 8, 9, 10}), frozenset(), 0)


STRETCHES = st.tuples(
    st.integers(5, 19), st.integers(1, 6), st.sampled_from([CLOSED, CLOSED, STALE, WALK_ON, OPEN, None])
)
CHANGES = st.dictionaries(st.sampled_from(base_park.RIDES), st.lists(STRETCHES, max_size=3))


@settings(max_examples=60)
@given(changes=CHANGES, polls=st.integers(1, 144))
def test_judged_at_the_same_poll_both_say_the_same(
    changes: dict[int, list[tuple[int, int, StateAndWait | None]]], polls: int
) -> None:
    day = base_day(
        {
            ride: [(f"{start}:00", f"{start + hours}:00", state) for start, hours, state in stretches]
            for ride, stretches in changes.items()
        }
    )
    judged = day.judged(polls)
    if judged:
        assert newest(day, polls, judged) == whole(day, polls)


@pytest.mark.parametrize("name", NAMES)
def test_of_every_recorded_poll_both_say_the_same(name: str) -> None:
    days = recorded(name)
    moments = [(day, polls) for day in days for polls in range(1, len(day.snapshots) + 1)]
    looked_at = [(day, polls, day.judged(polls)) for day, polls in moments[:: max(1, len(moments) // 300)]]
    known = [each for each in looked_at if each[2]]
    assert [newest(*each) for each in known] == [whole(day, polls) for day, polls, _ in known]
    assert any(whole(day, polls).down for day, polls, _ in known)


def test_judged_an_hour_ago_both_say_nearly_the_same() -> None:
    """In its first hour a park is known to run by the live rule alone; down are nearly always the same rides."""
    both = [verdicts for park_id in (1, 2, 3) for verdicts in hourly(simulated(park_id))]
    running = [(rule, judged) for rule, judged in both if judged.is_running]
    assert sum(rule.is_running and not judged.is_running for rule, judged in both) <= 3 * 6
    assert sum(rule.is_running for rule, _ in running) > 0.97 * len(running)
    assert sum(rule.down == judged.down for rule, judged in running) > 0.95 * len(running)
    assert sum(rule == judged for rule, judged in running) > 0.9 * len(running)


def simulated(park_id: int) -> Day:
    """A summer day of a simulated park, polled every ten minutes, and the four before it."""
    world, polls = World(seed=1), list[Snapshot]()
    zone = world.parks[park_id].zone.key
    for number in range(5):
        day = calendar.operating_day(date(2026, 7, 10) + timedelta(days=number), zone)
        for at_s in range(day.starts_at_s, day.ends_at_s, 600):
            payload = feed.parse_queue_times(world.payload(park_id, utc(at_s)))
            polls.append(snapshot.take(clean(payload).readings, utc(at_s)))
    return days_of(polls, zone, {})[-1]


def hourly(day: Day) -> Iterator[tuple[Verdict, Verdict]]:
    """Both verdicts of each poll, where the day is judged every sixth one."""
    judged = None
    for polls in range(1, len(day.snapshots) + 1):
        yield newest(day, polls, judged), whole(day, polls)
        if polls % 6 == 0:
            judged = day.judged(polls)
