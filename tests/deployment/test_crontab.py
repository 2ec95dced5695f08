"""The crontab says what jobs.toml means."""

from pathlib import Path
from typing import Any

import pytest

from deployment import crontab
from hallofshame.jobs_file import Job

pytestmark = pytest.mark.unit


def rendered(**facts: Any) -> list[str]:
    defaults = {"command": ("hos-collect",), "schedule": "*/10 * * * *", "runbook": "r", "impact": "i"}
    job = Job.model_validate(defaults | facts)
    return list(crontab.lines({"collect": job}, Path("/srv/hos/bin"), Path("/var/lib/hos")))


def test_every_job_runs_wrapped_and_finds_its_programs_and_state() -> None:
    assert rendered()[1:] == [
        "PATH=/srv/hos/bin:/usr/local/bin:/usr/bin:/bin",
        "HOS_STATE_DIR=/var/lib/hos",
        "*/10 * * * * hos-cron collect --timeout 5m -- hos-collect",
    ]


def test_a_job_in_another_zone_starts_at_each_hour_that_can_be_meant() -> None:
    line = rendered(schedule="0 8 * * *", timezone="America/Los_Angeles")[-1]
    assert line == (
        "0 15,16 * * * hos-cron collect --timeout 5m --when '0 8 * * *' --tz America/Los_Angeles -- hos-collect"
    )


def test_half_hour_zones_need_their_own_minutes() -> None:
    lines = rendered(schedule="0 8 * * *", timezone="Australia/Lord_Howe")[3:]
    assert [line.split(" hos-cron")[0] for line in lines] == ["0 21 * * *", "30 21 * * *"]


def test_what_cron_would_take_for_a_newline_is_escaped() -> None:
    assert rendered(command=("date", "+%s"))[-1].endswith(r"-- date +\%s")
