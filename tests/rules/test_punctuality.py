"""Whether a job started when it was due: one test a rule."""

from datetime import timedelta

import pytest

from hallofshame.rules.punctuality import Blindness, Punctuality, Start, blindness, is_overdue, judge
from tests.factories import NOON

pytestmark = pytest.mark.unit

GRACE = timedelta(minutes=5)
MET, LATE, MISSED = Punctuality.MET, Punctuality.LATE, Punctuality.MISSED
PENDING, UNKNOWN = Punctuality.PENDING, Punctuality.UNKNOWN


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def ran(scheduled: float, started: float | None = None, run_id: str = "a") -> Start:
    """A run by its minutes from noon on; it starts at once."""
    return Start(run_id, NOON + minutes(scheduled), NOON + minutes(scheduled if started is None else started))


def waits(scheduled: float) -> Start:
    return Start("w", NOON + minutes(scheduled), None)


def away(since: float, until: float) -> Blindness:
    return Blindness(NOON + minutes(since), NOON + minutes(until))


@pytest.mark.parametrize(
    ("starts", "now", "verdict"),
    [
        # Rule: within its grace nothing is wrong.
        ([], 0, PENDING),
        ([], 4.99, PENDING),
        # Rule: at the end of its grace a due time without a run is missed.
        ([], 5, MISSED),
        ([], 60, MISSED),
        # Rule: a run that started up to the end of the grace is in time.
        ([ran(0)], 1, MET),
        ([ran(0)], 60, MET),
        ([ran(0, 5)], 5, MET),
        # Rule: later is late: splay and the wait for a lock count.
        ([ran(0, 5.01)], 6, LATE),
        ([ran(6)], 6, LATE),
        # Rule: a run that still waits for its turn when the grace ends is late, and not before.
        ([waits(0)], 4, PENDING),
        ([waits(0)], 5, LATE),
        # Rule: the first of several runs counts, and one that started before one that waits.
        ([ran(7, run_id="b"), ran(1)], 8, MET),
        ([waits(0), ran(2)], 8, MET),
        # Rule: a run belongs to the slot it was scheduled in; one before the due time does not count.
        ([ran(-1)], 5, MISSED),
        ([ran(9.9)], 10, LATE),
    ],
)
def test_what_becomes_of_a_due_time(starts: list[Start], now: float, verdict: Punctuality) -> None:
    [judged] = judge([NOON], starts, GRACE, NOON, [], NOON + minutes(now))
    assert judged[1] is verdict


@pytest.mark.parametrize(
    ("blind", "starts", "now", "verdict"),
    [
        # Rule: what nobody watched from the beginning to the end of its grace is unknown, never missed.
        (away(-10, 60), [], 60, UNKNOWN),
        (away(4, 60), [], 60, UNKNOWN),
        (away(-10, 1), [], 5, UNKNOWN),
        # Rule: it is so at once, while nothing is known of a run.
        (away(-10, 1), [], 1, UNKNOWN),
        # Rule: a blindness that only meets its ends has seen all of it.
        (away(-10, 0), [], 5, MISSED),
        (away(5, 60), [], 60, MISSED),
        # Rule: a run that is known settles it, whoever was blind.
        (away(-10, 60), [ran(0)], 60, MET),
        (away(-10, 60), [ran(7)], 60, LATE),
    ],
)
def test_what_nobody_saw_is_not_missed(blind: Blindness, starts: list[Start], now: float, verdict: Punctuality) -> None:
    [judged] = judge([NOON], starts, GRACE, NOON, [blind], NOON + minutes(now))
    assert judged[1] is verdict


def test_each_due_time_has_its_own_slot() -> None:
    # Rule: a slot lasts until the next due time; the run of one is none of another's.
    due = [NOON + minutes(10 * number) for number in range(4)]
    judged = judge(due, [ran(0), ran(20), ran(36, run_id="c")], GRACE, NOON, [], NOON + minutes(37))
    assert [verdict for _, verdict in judged] == [MET, MISSED, MET, LATE]
    assert [each.start.run_id if each.start else None for each, _ in judged] == ["a", None, "a", "c"]


def test_a_job_is_expected_from_the_moment_it_was_first_seen() -> None:
    # Rule: nothing that was due before that is judged, and its runs do not count for what was due after.
    due = [NOON, NOON + minutes(10)]
    judged = judge(due, [ran(0)], GRACE, NOON + minutes(1), [], NOON + minutes(20))
    assert [(each.due_at, verdict) for each, verdict in judged] == [(due[1], MISSED)]


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        # Rule: ticks come each minute, more or less.
        ([0.5, 1.01, 2.5, 4, 4.1], []),
        # Rule: where one is left out nobody looked, from the tick before to the tick after.
        ([0.5, 2.1], [(0.5, 2.1)]),
        ([0, 120, 121, 123], [(0, 120), (121, 123)]),
        # Rule: nobody was blind before the first tick.
        ([7], []),
        ([], []),
    ],
)
def test_where_a_tick_is_left_out_nobody_looked(ticks: list[float], expected: list[tuple[float, float]]) -> None:
    assert blindness([NOON + minutes(each) for each in ticks]) == [away(*each) for each in expected]


@pytest.mark.parametrize(("seconds", "overdue"), [(370, False), (370.1, True)])
def test_a_run_is_overdue_a_minute_after_its_limit_and_the_time_it_has_to_end(seconds: float, overdue: bool) -> None:
    assert is_overdue(NOON, 300, 10, NOON + timedelta(seconds=seconds)) is overdue
