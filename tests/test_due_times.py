"""Due times are those that hos-cron's `--when` lets through, over every zone and clock change."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hallofshame import clock_changes
from hallofshame.due_times import due_times
from wrapper.schedule import Schedule

pytestmark = pytest.mark.unit

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = st.sampled_from(["*", "0", "10", "50", "*/20", "5-59/9", "15,45"])
HOURS = st.sampled_from(["*", "0", "1", "2", "3", "*/2", "0-4", "1,2"])
DAYS = st.sampled_from(["* * *", "* * 0", "1-15 * *"])


@given(MINUTES, HOURS, DAYS, st.sampled_from(sorted(zoneinfo.available_timezones())), st.integers(0, 9))
@example("*/25", "2", "* * *", "Pacific/Chatham", 0)
@example("10", "2", "* * *", "Australia/Lord_Howe", 1)
@example("*/30", "1", "* * *", "America/Los_Angeles", 1)
def test_around_a_clock_change_they_are_those_of_when(minute: str, hour: str, days: str, zone: str, which: int) -> None:
    changes = list(clock_changes.within_a_year(ZoneInfo(zone), START))
    assume(changes)
    expression, start = f"{minute} {hour} {days}", changes[which % len(changes)].moment - timedelta(hours=6)
    schedule = Schedule(expression, zone)
    moments = [start + timedelta(minutes=count) for count in range(1, 12 * 60)]
    found = takewhile(lambda moment: moment <= moments[-1], due_times(expression, ZoneInfo(zone), start))
    assert list(found) == [moment for moment in moments if schedule.is_due(moment.timestamp())]
