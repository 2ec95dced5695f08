"""The newest polls, counted and read the same from each database."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hallofshame.model import PollOutcome, Reading, RideState
from hallofshame.rules.status import is_single_rider
from hallofshame.rules.tiers import Kind
from hallofshame.store import classifications, live, parks, polls, rides
from hallofshame.store import engine as engines
from hallofshame.store.classifications import Classified
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.live import JudgedSoFar, RideCounts, RideKnown, RideNow, Today
from tests.factories import NOON, park, poll, reading
from tests.judged_days import store_day

pytestmark = pytest.mark.integration

TEN_MINUTES = timedelta(minutes=10)
SEVEN_SECONDS = timedelta(seconds=7)
TODAY = Today(NOON.date(), NOON - timedelta(hours=4))
BEFORE = Today(NOON.date() - timedelta(days=1), NOON - timedelta(hours=28))
OPEN, CLOSED, UNKNOWN = RideState.OPEN, RideState.CLOSED, RideState.UNKNOWN


def _polled_at(number: int) -> datetime:
    return NOON + number * TEN_MINUTES + SEVEN_SECONDS


def _poll(conn: Connection, number: int, judged: dict[Reading, RideState], park_id: int = 6) -> None:
    at = NOON + number * TEN_MINUTES
    polls.record(conn, poll(park_id, at, polled_at=at + SEVEN_SECONDS), judged)
    rides.record(conn, park_id, judged, at + SEVEN_SECONDS, rides.known(conn))


def _fail(conn: Connection, number: int) -> None:
    polls.record(conn, poll(slot=NOON + number * TEN_MINUTES, outcome=PollOutcome.TIMED_OUT, http_status=None), {})


def _classify(conn: Connection, **kinds: str) -> None:
    """Rides `ride_1=…` as what they are, of tier 1."""
    said = {int(ride.removeprefix("ride_")): Classified(1, "", kind, "") for ride, kind in kinds.items()}
    classifications.record(conn, said)


def _judge(conn: Connection, park_id: int, *ride_ids: int, today: Today = TODAY) -> None:
    """Enter some rides as queue rides of a park's day."""
    opened_at = today.starts_at + timedelta(hours=1)
    facts = {"opened_at": opened_at, "last_active_at": opened_at + TEN_MINUTES, "peak_rides_open": 3}
    store_day(conn, park_id, today.op_day, dict.fromkeys(ride_ids, 0), is_final=False, **facts)


def test_a_park_answered_last_when_its_newest_poll_succeeded(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6), park(7), park(8)], NOON)
        for number in range(3):
            _poll(conn, number, {})
        _fail(conn, 3)
        _poll(conn, 1, {}, park_id=7)
        assert live.latest_polls(conn) == {6: _polled_at(2), 7: _polled_at(1)}
        assert live.latest_polls(conn, [7, 8]) == {7: _polled_at(1)}


def test_of_a_day_that_was_judged_its_own_facts_are_found(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6), park(7), park(8), park(9)], NOON)
        _judge(conn, 6)
        _judge(conn, 6, today=BEFORE)
        _judge(conn, 7, today=BEFORE)
        _judge(conn, 8)
        store_day(conn, 9, TODAY.op_day, {}, is_final=False, operated=False, opened_at=None)
        found = live.judged(conn, {TODAY: [6, 7, 9], BEFORE: [8]})
    opened_at = TODAY.starts_at + timedelta(hours=1)
    assert found == {6: JudgedSoFar(opened_at, opened_at + TEN_MINUTES, 3)}


def test_a_row_of_the_release_before_tells_when_the_park_opened_alone(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6)], NOON)
        store_day(conn, 6, TODAY.op_day, {}, is_final=False)
        [judged] = live.judged(conn, {TODAY: [6]}).values()
    assert (judged.last_active_at, judged.peak_rides_open) == (None, None)


def test_rides_are_counted_by_their_newest_readings(engine: Engine) -> None:
    """S10: once each, however many polls there were."""
    walk_on = replace(reading(2), wait_minutes=0)
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6)], NOON)
        for number in range(21):
            seen = {reading(1): OPEN, walk_on: OPEN, reading(3): OPEN, reading(4): UNKNOWN, reading(5): CLOSED}
            _poll(conn, number, seen | ({reading(6): OPEN} if number < 20 else {}))
        _poll(conn, 21, {reading(1): OPEN, walk_on: OPEN, reading(3): CLOSED, reading(4): UNKNOWN, reading(5): CLOSED})
        listed, missing = sorted(live.counts(conn, {TODAY: [6]}), key=lambda count: -count.rides)
    assert listed == RideCounts(
        6, _polled_at(21), None, rides=5, open=2, waiting=1, closed=2, opened_today=3, counted_open=1
    )
    assert (missing.last_seen_at, missing.rides, missing.opened_today) == (_polled_at(19), 1, 1)


def test_rides_that_were_last_seen_before_the_day_are_not_counted(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6)], NOON)
        _poll(conn, 0, {reading(1): OPEN})
        later = Today(NOON.date() + timedelta(days=1), NOON + timedelta(hours=20))
        assert live.counts(conn, {later: [6]}) == []


def test_an_open_ride_counts_with_a_wait_now_or_a_queue_today_if_it_is_a_ride(engine: Engine) -> None:
    no_wait = [replace(reading(ride_id), wait_minutes=0) for ride_id in (1, 2, 3, 4)]
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6)], NOON)
        _poll(conn, 0, dict.fromkeys([*no_wait, reading(5), reading(6)], OPEN))
        _judge(conn, 6, 1, 2)
        _judge(conn, 6, 3, today=BEFORE)
        _classify(conn, ride_1="ride", ride_2="show", ride_3="ride", ride_4="ride", ride_5="ride", ride_6="show")
        [count] = live.counts(conn, {TODAY: [6]})
    assert (count.tier, count.open, count.counted_open) == (1, 6, 2)


def test_each_park_has_a_day_of_its_own(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6), park(7), park(8)], NOON)
        for park_id in (6, 7, 8):
            closed = reading(park_id)
            _poll(conn, -120, {closed: OPEN}, park_id)
            _poll(conn, 0, {closed: CLOSED}, park_id)
        _judge(conn, 7, 7, today=BEFORE)
        days_of_parks = {TODAY: [6], BEFORE: [7]}
        assert {count.park_id: count.opened_today for count in live.counts(conn, days_of_parks)} == {6: 0, 7: 1}
        [(ride, known)] = live.closed_since_open(conn, days_of_parks)
    assert (ride.ride_id, known.is_queue_ride) == (7, True)


def test_a_ride_is_read_with_what_is_known_of_it(engine: Engine) -> None:
    falls = reading(1, name="Fälle 山", land="Old Town", wait_minutes=None)
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        _poll(conn, 0, {falls: OPEN, reading(2): OPEN})
        _poll(conn, 1, {falls: CLOSED})
        new = live.rides_of(conn, {TODAY: [6]})
        _judge(conn, 6, 1)
        _classify(conn, ride_1="ride", ride_2="show")
        by_id = {ride.ride_id: (ride, known) for ride, known in live.rides_of(conn, {TODAY: [6]})}
    closed_since_at = NOON + TEN_MINUTES + SEVEN_SECONDS
    assert by_id[1] == (
        RideNow(CLOSED, 1, 6, "Fälle 山", "Old Town", None, closed_since_at, 1),
        RideKnown(closed_since_at, _polled_at(0), None, True, "ride"),
    )
    assert (by_id[2][1].last_seen_at, by_id[2][1].kind, by_id[2][1].is_queue_ride) == (_polled_at(0), "show", None)
    assert {(ride.tier, known.kind, known.is_queue_ride) for ride, known in new} == {(None, None, None)}


NAMES = (
    "Coaster Single Rider",
    "SINGLE-RIDER lane",
    "Wing SingleRider",
    "Singles Ride",
    "Mono  Single  Rider",
    "Rider",
)


def test_single_rider_lines_are_left_out_by_kind_and_until_they_have_one_by_name(engine: Engine) -> None:
    readings = [reading(number, name=name) for number, name in enumerate(NAMES)]
    named = {number for number, name in enumerate(NAMES) if is_single_rider(name)}
    everyone = set(range(len(NAMES)))
    assert (Kind.RIDE.value, Kind.SINGLE_RIDER.value) == (classifications.RIDE, classifications.SINGLE_RIDER)
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        _poll(conn, 0, dict.fromkeys(readings, OPEN))
        assert _shown(conn) == everyone - named
        _classify(conn, ride_0="ride", ride_5="single_rider")
        assert _shown(conn) == (everyone - named - {5}) | {0}


def _shown(conn: Connection) -> set[int]:
    shown = {ride.ride_id for ride, _ in live.rides_of(conn, {TODAY: [6]})}
    assert {ride.ride_id for ride in live.longest_waits(conn, [6], 9)} == shown
    assert sum(count.rides for count in live.counts(conn, {TODAY: [6]})) == live.count_waits(conn, [6]) == len(shown)
    return shown


def test_the_longest_waits_are_those_of_the_newest_poll(engine: Engine) -> None:
    waiting = [reading(ride_id, wait_minutes=minutes) for ride_id, minutes in ((1, 30), (2, 50), (3, 30), (4, 0))]
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6), park(7), park(8)], NOON)
        _poll(conn, 0, {reading(9, wait_minutes=90): OPEN})
        _poll(conn, 1, {**dict.fromkeys(waiting, OPEN), reading(5, wait_minutes=70): UNKNOWN})
        _poll(conn, 0, {reading(11, wait_minutes=40, name="B"): OPEN, reading(12, wait_minutes=40, name="A"): OPEN}, 7)
        _poll(conn, 0, {reading(13, wait_minutes=99): OPEN}, 8)
        of_each = [(ride.park_id, ride.ride_id) for ride in live.longest_waits(conn, [6, 7], 2)]
        pages = [[ride.ride_id for ride in live.waits(conn, [6, 7], 3, offset)] for offset in (0, 3, 6)]
        assert live.count_waits(conn, [6, 7]) == 5
    assert sorted(of_each) == [(6, 1), (6, 2), (7, 11), (7, 12)]
    assert [ride for park_id, ride in of_each if park_id == 6] == [2, 1]
    assert pages == [[2, 12, 11], [1, 3], []]


def test_of_no_parks_there_is_nothing(engine: Engine) -> None:
    with engines.read(engine) as conn:
        assert live.latest_polls(conn) == live.judged(conn, {}) == {}
        assert live.counts(conn, {}) == []
        assert live.rides_of(conn, {}) == live.closed_since_open(conn, {}) == []
        assert live.longest_waits(conn, [], 3) == live.waits(conn, [], 3, 0) == []
        assert live.count_waits(conn, []) == 0
