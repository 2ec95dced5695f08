"""`--when`: due or not in this minute, as Debian's cron would have it in a time zone of the job's own."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.wrapper.conftest import HosCron
from wrapper.schedule import Schedule

pytestmark = pytest.mark.unit

# Without those whose clock is moved by half an hour, or at a quarter to: cronsim searches in steps of an hour and
# misses minutes there.
HALF_HOURS = {"Australia/LHI", "Australia/Lord_Howe", "NZ-CHAT", "Pacific/Chatham"}
ZONES = sorted(zoneinfo.available_timezones() - HALF_HOURS)
MINUTE = timedelta(minutes=1)
YEARS = range(2023, 2029)


@cache
def clock_changes(zone: str) -> list[datetime]:
    """The minutes (UTC) from which the zone's clock shows another offset, to the minute."""
    changes = []
    info = ZoneInfo(zone)
    moment = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    while moment.year < YEARS[-1]:
        following = moment + timedelta(days=7)
        if moment.astimezone(info).utcoffset() != following.astimezone(info).utcoffset():
            low, high = moment, following
            while high - low > MINUTE:
                middle = low + (high - low) // (2 * MINUTE) * MINUTE
                same = middle.astimezone(info).utcoffset() == moment.astimezone(info).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            changes.append(high)
        moment = following
    return changes


def due_minutes(expression: str, zone: str, start: datetime, minutes: int) -> list[datetime]:
    schedule = Schedule(expression, zone)
    moments = (start + count * MINUTE for count in range(minutes))
    return [moment for moment in moments if schedule.is_due(moment.timestamp() + 42)]


def cronsim_minutes(expression: str, zone: str, start: datetime, minutes: int) -> tuple[list[datetime], set[datetime]]:
    """What cronsim says, and apart from it the moments for which it names a wall-clock time that the clock skipped.

    It does so at a few midnights for schedules with a star; by the wall clock they may be due then, or not.
    """
    found: list[datetime] = []
    skipped: set[datetime] = set()
    for due in CronSim(expression, (start - MINUTE).astimezone(ZoneInfo(zone))):
        moment = due.astimezone(UTC)
        if moment >= start + minutes * MINUTE:
            break
        if moment.astimezone(due.tzinfo) != due:
            skipped.add(moment)
        else:
            found.append(moment)
    return found, skipped


def field(lowest: int, highest: int) -> st.SearchStrategy[str]:
    number = st.integers(lowest, highest)
    # No span of a single value: cronsim reads 5-5/2 as 5-59/2, Debian's cron as 5.
    pairs = st.tuples(number, number).filter(lambda pair: pair[0] != pair[1])
    span = pairs.map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.tuples(st.one_of(st.just("*"), span), st.integers(1, 30)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    term = st.one_of(number.map(str), span, step)
    return st.one_of(st.just("*"), st.lists(term, min_size=1, max_size=3).map(",".join))


EXPRESSIONS = st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7)).map(" ".join)
DAILY = st.tuples(field(0, 59), st.integers(0, 4).map(str)).map(lambda pair: f"{pair[0]} {pair[1]} * * *")


@given(st.one_of(DAILY, EXPRESSIONS), st.sampled_from(ZONES), st.data())
@settings(max_examples=150)
def test_around_every_clock_change_it_is_due_when_cronsim_says_so(
    expression: str, zone: str, data: st.DataObject
) -> None:
    changes = clock_changes(zone)
    assume(changes)
    change = data.draw(st.sampled_from(changes))
    start = change - timedelta(hours=4)
    found, skipped = cronsim_minutes(expression, zone, start, 8 * 60)
    assert [due for due in due_minutes(expression, zone, start, 8 * 60) if due not in skipped] == found


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("0 8 * * *", ["2026-03-08T15:00", "2026-03-07T16:00"]),
        ("30 2 * * *", ["2026-03-08T10:00"]),  # 02:30 does not exist on 8 March: as soon as the gap is over
        ("*/30 2 * * *", []),  # one with a star follows the wall clock
    ],
)
def test_a_morning_in_los_angeles_in_spring(expression: str, due: list[str]) -> None:
    for moment in due:
        assert Schedule(expression, "America/Los_Angeles").is_due(datetime.fromisoformat(moment + "Z").timestamp())


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("30 1 * * *", ["08:30"]),  # comes twice on 1 November, runs the first time
        ("*/30 1 * * *", ["08:00", "08:30", "09:00", "09:30"]),
    ],
)
def test_a_night_in_los_angeles_in_autumn(expression: str, due: list[str]) -> None:
    start = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)
    assert [f"{each:%H:%M}" for each in due_minutes(expression, "America/Los_Angeles", start, 5 * 60)] == due


@pytest.mark.parametrize(
    "expression",
    [
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "5-1 * * * *",
        "5/10 * * * *",
        "x * * * *",
        "1,, * * * *",
        "-1 * * * *",
        "* * * * MOO",
        "",
    ],
)
def test_a_bad_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Schedule(expression, "UTC")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Schedule("* * * * *", zone)


def test_names_of_months_and_weekdays_are_understood() -> None:
    wednesday = datetime(2026, 7, 1, 12, 0, tzinfo=UTC).timestamp()
    assert Schedule("0 12 * jul mon-wed", "UTC").is_due(wednesday)
    assert not Schedule("0 12 * jul thu,fri", "UTC").is_due(wednesday)


@pytest.mark.integration
def test_a_job_that_is_not_due_leaves_no_trace_and_exits_with_0(hos_cron: HosCron) -> None:
    february_30th = ("--when", "0 0 30 2 *", "--tz", "UTC")
    done = hos_cron.call("job", *february_30th, "--", "echo", "ran")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not hos_cron.state.exists()


@pytest.mark.integration
def test_a_job_that_is_due_runs(hos_cron: HosCron) -> None:
    assert hos_cron("echo", "ran", when="* * * * *", tz="America/Los_Angeles").stdout == b"ran\n"


@pytest.mark.integration
@pytest.mark.parametrize(
    "line", [("--when", "0 0 * *", "--tz", "UTC"), ("--when", "0 0 * * *", "--tz", "Mars/Olympus")]
)
def test_a_schedule_that_means_nothing_is_125(hos_cron: HosCron, line: tuple[str, ...]) -> None:
    done = hos_cron.call("job", *line, "--", "echo", "ran")
    assert (done.returncode, done.stdout) == (125, "")
    assert done.stderr.startswith("hos-cron: --when: ")
