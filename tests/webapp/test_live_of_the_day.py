"""What is so right now, from the newest polls and what the hourly judgement has stored of the day."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from hallofshame.aggregation import aggregate_day
from hallofshame.rules.calendar import utc
from hallofshame.rules.freshness import Freshness
from hallofshame.rules.live import RideStanding
from hallofshame.rules.snapshot import Snapshot
from hallofshame.rules.status import judge
from hallofshame.store import engine as engines
from hallofshame.store import parks, polls, rides
from hallofshame.store.engine import Engine
from hallofshame.store.schema import ride_days
from tests.factories import NOON, park, poll
from tests.rules import base_park
from tests.rules.base_park import CLOSED, DAY, STALE, WALK_ON, Change, at
from tests.rules.newest_poll import Day, whole
from tests.stored_polls import said_by, tiers_of
from tests.webapp.polled import closed, opened, polled
from webapp import live
from webapp.live import ParkNow

pytestmark = pytest.mark.integration

HERE = park(6)
TEN_MINUTES = timedelta(minutes=10)
WEIGHTS = {1: 3, 2: 1}
C02: dict[int, list[Change]] = {1: [("12:00", "13:00", CLOSED)]}
MANY: dict[int, list[Change]] = {
    1: [("14:00", "18:00", CLOSED)],
    2: [("14:30", "18:00", CLOSED)],
    3: [("14:00", "18:00", STALE)],
    4: [("4:00", "18:00", CLOSED)],
    5: [("4:00", "18:00", WALK_ON)],
    6: [("14:00", "18:00", None)],
    7: [("4:00", "9:50", WALK_ON), ("9:50", "18:00", CLOSED)],
}


def enter(engine: Engine, snapshots: list[Snapshot]) -> None:
    """Enter polls of the base park one after the other, as the collector does."""
    with engines.begin(engine) as conn:
        parks.record(conn, [HERE], utc(snapshots[0].polled_at_s))
        known = rides.known(conn)
        for moment, readings in said_by(snapshots):
            judged = {reading: judge(reading, moment) for reading in readings}
            polls.record(conn, poll(HERE.park_id, moment), judged)
            rides.record(conn, HERE.park_id, judged, moment, known)
            known = rides.known(conn)


def judge_at(engine: Engine, clock: str) -> None:
    aggregate_day(engine, HERE.park_id, DAY.op_day, utc(at(clock)), tiers_of(WEIGHTS))


def look(engine: Engine, now: datetime) -> ParkNow:
    """The one park, which runs."""
    with engines.read(engine) as conn:
        [found] = live.read(conn, now).running_parks
        assert live.park_now(conn, HERE, now) == found
    return found


def day(changes: dict[int, list[Change]]) -> Day:
    return Day(DAY, base_park.polls(changes), {}, WEIGHTS)


@pytest.mark.parametrize("judged_at", ["14:50", "14:30"])
def test_a_park_stands_as_the_judgement_of_the_whole_day_says(judged_at: str, engine: Engine) -> None:
    """Of the poll of that judgement, and here of one twenty minutes later as well."""
    enter(engine, base_park.polls(MANY, until=judged_at)[:-1] + base_park.polls(MANY, until="15:00")[-3:])
    judge_at(engine, judged_at)
    now = look(engine, utc(at("14:59")))
    judged = whole(day(MANY), 66)
    assert (now.polled_at, now.is_running, now.shame) == (utc(at("14:50")), True, judged.shame)
    assert [ride.ride_id for ride in now.down] == [1, 2]
    assert {ride.ride_id for ride in now.down} == judged.down
    assert now.shame == 10 * (3 + 1) / (3 + 1 + 3 * 2)
    assert now.rides_open == len(judged.up) == 4


def test_every_ride_tracked_is_counted_once_and_stands_as_it_is_counted(engine: Engine) -> None:
    """S10: also after 65 polls; a single-rider line is none."""
    enter(engine, base_park.polls(MANY, until="15:00"))
    judge_at(engine, "14:50")
    now = look(engine, utc(at("14:59")))
    with engines.read(engine) as conn:
        stands = {ride.ride_id: standing for ride, standing in live.rides_now(conn, HERE, utc(at("14:59")))}
    assert stands == {
        1: RideStanding.DOWN,
        2: RideStanding.DOWN,
        3: RideStanding.UNKNOWN,
        4: RideStanding.NOT_OPENED_TODAY,
        5: RideStanding.OPEN,
        6: RideStanding.UNKNOWN,
        7: RideStanding.NOT_OPENED_TODAY,
        **dict.fromkeys((8, 9, 10), RideStanding.OPEN),
    }
    as_closed = {RideStanding.NOT_OPENED_TODAY: "closed"}
    counted = Counter(as_closed.get(standing, standing.value) for standing in stands.values())
    assert (now.rides_open, now.rides_down, now.rides_closed, now.rides_unknown) == (4, 2, 2, 2)
    assert counted == {"open": 4, "down": 2, "closed": 2, "unknown": 2}


def test_an_outage_that_is_over_is_of_today_and_not_of_now(engine: Engine) -> None:
    """S8."""
    enter(engine, base_park.polls(C02, until="15:10"))
    judge_at(engine, "15:00")
    with engines.read(engine) as conn:
        today = conn.execute(select(ride_days.c.down_s).where(ride_days.c.ride_id == 1)).scalar_one()
    now = look(engine, utc(at("15:00")))
    assert (today, now.rides_down, now.down, now.shame) == (3_600, 0, [], 0)


def test_a_ride_without_a_queue_is_down_and_does_not_count(engine: Engine) -> None:
    changes: dict[int, list[Change]] = {
        1: [("14:00", "18:00", CLOSED)],
        5: [("10:00", "14:00", WALK_ON), ("14:00", "18:00", CLOSED)],
    }
    enter(engine, base_park.polls(changes, until="15:00"))
    judge_at(engine, "14:50")
    now = look(engine, utc(at("14:59")))
    assert [ride.ride_id for ride in now.down] == [1, 5]
    assert now.shame == whole(day(changes), 66).shame == 10 * 3 / (3 + 1 + 7 * 2)


def test_a_ride_past_its_usual_hours_is_closed_and_not_down(engine: Engine) -> None:
    """It has been open to 15:50 three times: half an hour before that it may go."""
    for days_before in (3, 2, 1):
        shift_s = -days_before * 86_400
        usual = base_park.polls({1: [("16:00", "28:00", CLOSED)]})
        enter(engine, [Snapshot(poll.polled_at_s + shift_s, poll.rides) for poll in usual])
        aggregate_day(engine, HERE.park_id, DAY.op_day - timedelta(days=days_before), DAY.starts_at, tiers_of())
    early: dict[int, list[Change]] = {1: [("14:50", "28:00", CLOSED)]}
    enter(engine, base_park.polls(early, until="15:20"))
    judge_at(engine, "15:00")
    now = look(engine, utc(at("15:10")))
    assert ([ride.ride_id for ride in now.down], now.rides_closed) == ([1], 0)
    enter(engine, base_park.polls(early, until="15:30")[-1:])
    now = look(engine, utc(at("15:20")))
    assert (now.down, now.rides_closed) == ([], 1)


def test_a_storm_closes_no_ride_of_its_park(engine: Engine) -> None:
    storm: dict[int, list[Change]] = {ride: [("14:50", "18:00", CLOSED)] for ride in range(1, 7)}
    enter(engine, base_park.polls(storm, until="15:00"))
    judge_at(engine, "14:30")
    now = look(engine, utc(at("14:59")))
    assert (now.is_stopped, now.rides_open, now.rides_down, now.rides_closed, now.shame) == (True, 4, 0, 6, 0)


def test_after_closing_a_park_is_looked_at_alone_and_has_no_score(engine: Engine) -> None:
    enter(engine, base_park.polls({}, until="19:00"))
    judge_at(engine, "18:50")
    with engines.read(engine) as conn:
        assert live.read(conn, utc(at("18:50"))).running_parks == []
        now = live.park_now(conn, HERE, utc(at("18:50")))
        waits = live.waits_now(conn, live.read(conn, utc(at("18:50"))), None, 10, 0)
    assert now is not None
    assert (now.is_running, now.shame, now.rides_closed, now.down, now.longest_waits) == (False, None, 10, [], [])
    assert (waits.rides, waits.total) == ([], 0)


def test_what_does_not_answer_is_not_called_down(engine: Engine) -> None:
    """S11: of a park whose newest poll is too old nothing is said."""
    for other in range(7, 12):
        polled(engine, NOON - timedelta(minutes=21), opened(10 * other), closed(10 * other + 1), of=park(other))
    polled(engine, NOON, opened(1), opened(2), opened(3), of=HERE)
    with engines.read(engine) as conn:
        seen = live.read(conn, NOON)
        assert live.park_now(conn, park(7), NOON) is None
        assert live.rides_now(conn, park(7), NOON) == []
        assert live.waits_now(conn, live.read(conn, NOON), [7], 10, 0).total == 0
    assert ([now.park.park_id for now in seen.running_parks], seen.freshness) == ([6], Freshness.OK)
    assert [silent.park_id for silent in seen.silent_parks] == [7, 8, 9, 10, 11]
    assert live.coverage(seen) == pytest.approx(1 / 6)


def test_the_longest_waits_are_of_all_running_parks_or_of_some_page_by_page(engine: Engine) -> None:
    polled(engine, NOON, opened(1, 20), opened(2, 45), opened(3, 5), of=park(6))
    polled(engine, NOON, opened(11, 45, name="A"), opened(12, 30), opened(13, 60, name="X Single Rider"), of=park(7))
    with engines.read(engine) as conn:
        first, second = (live.waits_now(conn, live.read(conn, NOON), None, 3, offset) for offset in (0, 3))
        of_one = live.waits_now(conn, live.read(conn, NOON), [7], 10, 0)
    assert [ride.ride_id for ride in first.rides] == [11, 2, 12]
    assert [ride.ride_id for ride in second.rides] == [1, 3]
    assert first.total == second.total == 5
    assert ([ride.ride_id for ride in of_one.rides], of_one.total) == ([11, 12], 2)


def test_rides_of_a_park_come_by_name(engine: Engine) -> None:
    polled(
        engine, NOON, opened(1, name="b"), opened(2, name="C"), opened(3, name="A"), opened(4, name="A single rider")
    )
    with engines.read(engine) as conn:
        found = live.rides_now(conn, HERE, NOON)
    assert [(ride.name, standing) for ride, standing in found] == [(name, RideStanding.OPEN) for name in "AbC"]
