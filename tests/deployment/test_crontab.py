"""The crontab says what jobs.toml means."""

import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment import crontab
from hallofshame import clock_changes
from hallofshame.errors import Permanent
from hallofshame.jobs_file import Job
from hallofshame.linting import Place
from wrapper.flags import Flags, read_flags
from wrapper.schedule import Schedule

pytestmark = pytest.mark.unit

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = Place(Path("/srv/hos/bin"), Path("/var/lib/hos"), Path("/srv/hos/jobs.toml"))
ALL = {
    "timeout": "90s",
    "kill_after": 5,
    "overlap": "wait:30s",
    "retries": 2,
    "retry_delay": "1.5m",
    "splay": 20,
    "quiet": True,
    "nice": 10,
    "memory_max": "512M",
    "env_file": "/etc/hos.env",
    "require_env": ["A", "B"],
    "fail_if": ["^ERROR: 100%", r"a\\%b"],
    "require": ["done$"],
}


def job(**facts: Any) -> Job:
    defaults = {"command": ("hos-collect",), "schedule": "*/10 * * * *", "runbook": "r", "impact": "i"}
    return Job.model_validate(defaults | facts)


def rendered(**facts: Any) -> list[str]:
    """The lines of the job itself."""
    return list(crontab.lines({"collect": job(**facts)}, PLACE, NOW))[4:-1]


def as_cron_reads(line: str) -> list[str]:
    r"""The argv that cron gives to the shell: `\%` is %, two backslashes are one, and a bare % would end it."""
    command = line.split(maxsplit=5)[5]
    parts = []
    characters = iter(command)
    for character in characters:
        following = next(characters) if character == "\\" else ""
        parts.append(following if following in {"%", "\\"} and following else character + following)
    return shlex.split("".join(parts))


def test_every_job_runs_wrapped_and_finds_its_programs_and_state() -> None:
    begin, *lines, end = crontab.lines({"collect": job()}, PLACE, NOW)
    assert lines == [
        "PATH=/srv/hos/bin:/usr/local/bin:/usr/bin:/bin",
        "HOS_STATE_DIR=/var/lib/hos",
        "HOS_JOBS_FILE=/srv/hos/jobs.toml",
        "*/10 * * * * hos-cron collect -- hos-collect",
    ]
    assert begin.startswith("# BEGIN hallofshame")
    assert end == "# END hallofshame"


def test_a_line_in_etc_names_the_user() -> None:
    *_, line, _ = crontab.lines({"collect": job()}, PLACE, NOW, user="hos")
    assert line == "*/10 * * * * hos hos-cron collect -- hos-collect"


def test_a_job_that_says_nothing_of_it_runs_by_hos_crons_defaults() -> None:
    written = [text for name in crontab._FLAGS for text in always(name, getattr(job(), name))]
    assert facts_of(read_flags(["collect", *written, "--", "true"])) == facts_of(read_flags(["collect", "--", "true"]))


def always(name: str, value: object) -> list[str]:
    """The flag though it is the default, unless it has no such value."""
    return [] if value in {None, False, ()} or value == 0 else [f"--{name.replace('_', '-')}", str(value)]


def facts_of(flags: Flags) -> dict[str, object]:
    return vars(flags)


def test_every_field_that_hos_cron_takes_stands_on_the_line_and_arrives() -> None:
    [line] = rendered(**ALL)
    program, *arguments = as_cron_reads(line)
    plain, flags = facts_of(read_flags(["collect", "--", "hos-collect"])), facts_of(read_flags(arguments))
    assert program == "hos-cron"
    assert flags["fail_if"] == ALL["fail_if"]
    same = {name for name, value in flags.items() if value == plain[name]}
    assert same == {"job", "command", "when", "zone", "sync"}
    assert set(ALL) == set(crontab._FLAGS)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0")), min_size=1, max_size=4))
def test_whatever_the_command_the_job_is_given_it_as_it_stands(arguments: list[str]) -> None:
    [line] = rendered(command=["x", *arguments])
    assert as_cron_reads(line)[3:] == ["x", *arguments]


def test_a_job_in_another_zone_starts_at_each_hour_that_can_be_meant() -> None:
    assert rendered(schedule="0 8 * * *", timezone="America/Los_Angeles") == [
        "0 15,16 * * * hos-cron collect --when '0 8 * * *' --tz America/Los_Angeles -- hos-collect"
    ]


@pytest.mark.parametrize("days", ["29 2 *", "8 3 *", "* 12 *", "* * 1"])
def test_which_days_a_job_is_for_is_left_to_when(days: str) -> None:
    [line] = rendered(schedule=f"0 8 {days}", timezone="America/Los_Angeles")
    assert line.startswith(f"0 15,16 * * * hos-cron collect --when '0 8 {days}' ")


def test_minutes_of_the_same_hours_share_a_line() -> None:
    lines = rendered(schedule="*/20 8 * * *", timezone="America/Los_Angeles")
    assert [line.split(" hos-cron")[0] for line in lines] == ["0,20,40 15,16 * * *"]


def test_half_hour_zones_need_their_own_minutes() -> None:
    lines = rendered(schedule="0 8 * * *", timezone="Australia/Lord_Howe")
    assert [line.split(" hos-cron")[0] for line in lines] == ["0,30 21 * * *"]


def test_a_line_that_cron_would_refuse_is_refused_here_by_its_job() -> None:
    [longest] = rendered(command=["x", "y" * (998 - len("hos-cron collect -- x "))])
    assert len(longest.removeprefix("*/10 * * * * ")) == 998
    with pytest.raises(Permanent, match=r"jobs\.collect: cron takes 998 characters"):
        rendered(command=["x", "y" * 999])


ZONES = (
    "Africa/Casablanca",
    "America/Havana",
    "America/Los_Angeles",
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Chatham",
)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("minute", ["0", "10", "*/25", "5-59/9"])
def test_cron_starts_a_job_in_every_minute_in_which_it_is_due(minute: str, zone: str) -> None:
    changes = [change.moment for change in clock_changes.within_a_year(ZoneInfo(zone), NOW)]
    for hour in range(5):
        expression = f"{minute} {hour} * * *"
        starts = [Schedule(" ".join(line.split()[:5]), "UTC") for line in rendered(schedule=expression, timezone=zone)]
        schedule = Schedule(expression, zone)
        for around in (NOW, *changes):
            moments = [around.timestamp() + count * 60 for count in range(-300, 300)]
            due = [moment for moment in moments if schedule.is_due(moment)]
            assert [moment for moment in due if not any(start.is_due(moment) for start in starts)] == []


@pytest.mark.integration
@pytest.mark.parametrize(
    "schedule", ["*/10 * * * *", "1,2-5/2,*/30 0-23/2 1 jan-MAR mon,TUE", "0 0 * * 7", "*/70 * * * *"]
)
def test_debians_crontab_takes_the_lines(schedule: str, tmp_path: Path) -> None:
    jobs = {"a": job(schedule=schedule, **ALL), "b": job(schedule="0 2 * * *", timezone="Asia/Kathmandu")}
    path = tmp_path / "crontab"
    path.write_text("".join(f"{line}\n" for line in crontab.lines(jobs, PLACE, NOW)))
    done = subprocess.run(["crontab", "-n", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
