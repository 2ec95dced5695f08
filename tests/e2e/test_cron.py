"""Debian's real cron runs the rendered crontab: each minute, and over a clock change at the hour that is meant."""

import json
import os
import subprocess
import sysconfig
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import cron_daemon

pytestmark = [pytest.mark.integration, pytest.mark.slow]

JOB = 'impact = "none"\nrunbook = "README.md"\n'
PATIENCE_SECONDS = 90


def hos(folder: Path, *argv: str) -> str:
    environment = os.environ | {"PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"}
    environment |= {"HOS_STATE_DIR": str(folder / "state"), "TZ": "UTC"}
    done = subprocess.run(["hos", *argv], env=environment, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def rendered(folder: Path, jobs: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    (folder / "jobs.toml").write_text(jobs, encoding="utf8")
    return hos(folder, "crontab", "render").splitlines()


def test_a_job_runs_under_cron_and_is_recorded_as_it_stands_in_jobs_toml(tmp_path: Path) -> None:
    odd = ["sh", "-c", r'printf "<%s>" "$@"', "sh", "100%", r"back\slash \\ \%", "it's", "$HOME"]
    job = f"[jobs.each-minute]\n{JOB}schedule = '* * * * *'\ncommand = {json.dumps(odd)}\nkill_after = 3\nnice = 5\n"
    with cron_daemon.running(tmp_path / "cron", rendered(tmp_path, job)):
        wait_until_ended(tmp_path, "each-minute")
        assert "entered" in hos(tmp_path, "flush")
        runs = wait_until_ended(tmp_path, "each-minute")
    assert not list((tmp_path / "state" / "journal").glob("*.jsonl"))
    assert (runs[0]["job"], runs[0]["state"], runs[0]["exit_code"]) == ("each-minute", "succeeded", 0)
    assert runs[0]["output_tail"] == r"<100%><back\slash \\ \%><it's><$HOME>"
    assert len(runs) == 1


def wait_until_ended(folder: Path, job: str) -> list[dict[str, Any]]:
    """Every run, once one of the job has ended."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        if (folder / "state").exists():
            runs: list[dict[str, Any]] = json.loads(hos(folder, "runs", "--json"))
            if any(run["job"] == job and run["finished_at"] for run in runs):
                return runs
        time.sleep(0.5)
    raise AssertionError(f"cron has not run {job}")


# The job's schedule in Los Angeles, a minute in UTC, and whether it runs then. The clock goes forward on 8 March 2026
# at 10:00 UTC, and back on 1 November at 09:00 UTC.
MINUTES = {
    "08:00 before spring": ("0 8 * * *", "2026-03-07T16:00", True),
    "07:00 before spring": ("0 8 * * *", "2026-03-07T15:00", False),
    "08:00 after spring": ("0 8 * * *", "2026-03-08T15:00", True),
    "09:00 after spring": ("0 8 * * *", "2026-03-08T16:00", False),
    "02:30 that is skipped": ("30 2 * * *", "2026-03-08T10:00", True),
    "01:30 for the first time": ("30 1 * * *", "2026-11-01T08:30", True),
    "01:30 for the second time": ("30 1 * * *", "2026-11-01T09:30", False),
}
SECONDS_BEFORE = 4


def test_over_clock_changes_cron_runs_a_job_once_and_at_its_hour(tmp_path: Path) -> None:
    """Every daemon sees the end of one minute and the start of the next; a job that is always due shows that it did."""
    with ExitStack() as daemons:
        for number, (schedule, minute, _) in enumerate(MINUTES.values()):
            folder = tmp_path / str(number)
            lines = rendered(folder, jobs_at(schedule))
            fake = datetime.fromisoformat(minute).replace(tzinfo=UTC).timestamp() - SECONDS_BEFORE
            offset = round(fake - datetime.now(UTC).timestamp())
            daemons.enter_context(cron_daemon.running(folder / "cron", lines, clock_offset_seconds=offset))
        ran = {name: jobs_that_ran(tmp_path / str(number)) for number, name in enumerate(MINUTES)}
    assert ran == {name: {"always", "local"} if is_due else {"always"} for name, (_, _, is_due) in MINUTES.items()}


def jobs_at(schedule: str) -> str:
    """The job in question, and one that ends well after it would have been started."""
    always = f"[jobs.always]\n{JOB}command = ['sleep', '4']\nschedule = '* * * * *'\n"
    local = f"[jobs.local]\n{JOB}command = ['true']\nschedule = '{schedule}'\ntimezone = 'America/Los_Angeles'\n"
    return always + local


def jobs_that_ran(folder: Path) -> set[str]:
    runs = wait_until_ended(folder, "always")
    assert {run["state"] for run in runs} == {"succeeded"}
    assert len(runs) == len({run["job"] for run in runs})
    return {run["job"] for run in runs}
