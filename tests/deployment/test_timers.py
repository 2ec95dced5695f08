"""The jobs of jobs.toml as timers of systemd: due when cron has them due, started with the line that cron has."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from cronsim import CronSim
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deployment import installed_timers, timers
from hallofshame.errors import Permanent
from hallofshame.jobs_file import Job
from hallofshame.linting import Place
from tests.deployment.conftest import HOS, Host

BASE = datetime(2026, 2, 27, 23, 58)  # noqa: DTZ001 - a wall clock's, shortly before the end of a month
PLACE = Place(Path("/opt/hos 1%/bin"), Path("/var/lib/hos"), Path("/opt/hos/jobs.toml"))
NOW = datetime(2026, 5, 1, tzinfo=UTC)
ODD = ["sh", "-c", r'printf "<%s>" "$@"', "sh", "100%", r"back\slash \\ \%", "it's", '"', "$HOME", ";", "${X}", "%n"]
DUE_TIMES = 6
TIMER_SECONDS = 120


def job(**fields: object) -> Job:
    given = {"command": ["true"], "schedule": "* * * * *", "impact": "none", "runbook": "README.md"}
    return Job.model_validate(given | fields)


def field(least: int, most: int) -> st.SearchStrategy[str]:
    numbers = st.integers(least, most)
    ranges = st.tuples(numbers, numbers).map(lambda ends: f"{min(ends)}-{max(ends)}")
    steps = st.tuples(st.one_of(st.just("*"), ranges), st.integers(1, most)).map(lambda parts: f"{parts[0]}/{parts[1]}")
    term = st.one_of(numbers.map(str), ranges, steps)
    return st.one_of(st.just("*"), st.lists(term, min_size=1, max_size=3).map(",".join))


SCHEDULES = st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)).map(" ".join)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("schedule", "calendars"),
    [
        ("*/10 * * * *", ["*-*-* *:00,10,20,30,40,50:00 UTC"]),
        ("5 4 * * *", ["*-*-* 04:05:00 UTC"]),
        ("0 0 * * sun", ["Sun *-*-* 00:00:00 UTC"]),
        ("0 0 * * 1-5", ["Mon,Tue,Wed,Thu,Fri *-*-* 00:00:00 UTC"]),
        ("0 0 1 jan *", ["*-01-01 00:00:00 UTC"]),
        ("0 0 1 * fri", ["*-*-01 00:00:00 UTC", "Fri *-*-* 00:00:00 UTC"]),  # cron: on either
        ("0 0 */2 * 7", ["Sun *-*-01,03,05,07,09,11,13,15,17,19,21,23,25,27,29,31 00:00:00 UTC"]),  # on both
    ],
)
def test_a_schedule_is_written_as_systemd_has_it(schedule: str, calendars: list[str]) -> None:
    assert list(timers.calendars(schedule)) == calendars


@pytest.mark.integration
@pytest.mark.deployment
@given(SCHEDULES)
@settings(max_examples=100)
def test_systemd_has_it_due_when_cron_has(schedule: str) -> None:
    due = list(islice(_until_2040(schedule), DUE_TIMES))
    assume(len(due) == DUE_TIMES)
    said = sorted({time for each in timers.calendars(schedule) for time in elapses(each)})
    assert said[:DUE_TIMES] == due


def _until_2040(schedule: str) -> Iterator[datetime]:
    for due in CronSim(schedule, BASE):
        if due.year > 2040:  # systemd gives up at some time, too
            return
        yield due


def elapses(calendar: str) -> list[datetime]:
    """When systemd says that it is due."""
    assert shutil.which("systemd-analyze"), "no systemd here: scripts/test says what to install"
    argv = ["systemd-analyze", "calendar", f"--iterations={DUE_TIMES}", f"--base-time={BASE} UTC", calendar]
    told = subprocess.run(argv, env=os.environ | {"TZ": "UTC"}, capture_output=True, text=True, check=True).stdout
    times = re.findall(r"(?:Next elapse|Iter\. #\d+): \w{3} (\S+ \S+) UTC", told)
    return [datetime.fromisoformat(time) for time in times]


@pytest.mark.unit
def test_a_zone_other_than_utc_is_hos_crons_business_as_it_is_in_the_crontab() -> None:
    texts = timers.units({"a": job(schedule="0 8 * * *", timezone="America/Los_Angeles")}, PLACE, NOW, "hallofshame")
    assert "OnCalendar=*-*-* 15,16:00:00 UTC\n" in texts["hos-job-a.timer"]
    assert '--when "0 8 * * *" --tz America/Los_Angeles -- true\n' in texts["hos-job-a.service"]


@pytest.mark.unit
def test_a_path_may_hold_what_systemd_would_read_otherwise() -> None:
    text = timers.units({"a": job()}, PLACE, NOW, "hallofshame")["hos-job-a.service"]
    assert 'ExecStart="/opt/hos 1%%/bin/hos-cron" a -- true\n' in text
    assert 'Environment="PATH=/opt/hos 1%%/bin:/usr/local/bin:/usr/bin:/bin"\n' in text


@pytest.mark.unit
def test_a_job_that_may_run_beside_itself_is_left_to_cron() -> None:
    with pytest.raises(Permanent, match=r"jobs\.a\.overlap: systemd runs a unit once at a time"):
        timers.units({"a": job(overlap="allow")}, PLACE, NOW, "hallofshame")


@pytest.mark.unit
def test_what_is_installed_is_compared_with_what_is_meant(tmp_path: Path) -> None:
    folder = installed_timers.Folder(tmp_path)
    wanted = timers.units({"a": job(), "b": job()}, PLACE, NOW, "hallofshame")
    assert folder.install(wanted)
    assert not folder.install(wanted)
    assert folder.jobs() == ["a", "b"]
    (tmp_path / "hos-job-a.service").write_text("", encoding="utf8")
    (tmp_path / "hos-job-b.timer").unlink()
    (tmp_path / "hos-job-old.timer").touch()
    (tmp_path / "hos-web.service").touch()
    told = {(each.kind, each.unit) for each in folder.differences(wanted)}
    assert told == {
        ("drifted", "hos-job-a.service"),
        ("missing", "hos-job-b.timer"),
        ("stray", "hos-job-old.timer"),
    }
    folder.install(wanted)
    assert list(folder.differences(wanted)) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*wanted, "hos-web.service"])
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("hos-job-*")} == {0o644}


@pytest.mark.integration
@pytest.mark.deployment
def test_a_timer_starts_its_job_and_the_run_is_recorded(host: Host) -> None:
    declared = f"[jobs.each-minute]\ncommand = {json.dumps(ODD)}\nschedule = '* * * * *'\nkill_after = 3\nnice = 5\n"
    (host.systemd.root / "etc/hallofshame/jobs.toml").write_text(declared + 'impact = "none"\nrunbook = "x"\n')
    host.set(HOS_JOBS_FILE="/etc/hallofshame/jobs.toml")
    assert "1 jobs installed" in host.systemd.run(HOS, "timers", "install").stdout
    assert "is as jobs.toml has it" in host.systemd.run(HOS, "timers", "check").stdout
    run = _first_run(host)
    assert (run["job"], run["state"], run["exit_code"]) == ("each-minute", "succeeded", 0)
    assert run["output_tail"] == "".join(f"<{each}>" for each in ODD[4:])
    assert datetime.fromisoformat(run["scheduled_at"]).second == 0
    assert run["lateness_seconds"] < 30
    assert host.systemd.show("hos-job-each-minute.service", "Slice") == "hos-jobs.slice"
    assert host.systemd.show("hos-jobs.slice", "CPUQuotaPerSecUSec") == "250ms"

    line = "* * * * * hallofshame hos-cron each-minute -- true\n"
    (host.systemd.root / "etc/cron.d/hallofshame").write_text(line, encoding="utf8")
    for command in ("check", "install"):
        refused = host.systemd.run(HOS, "timers", command, is_checked=False)
        assert refused.returncode == 1
        assert "cron starts each-minute, too (/etc/cron.d/hallofshame)" in refused.stdout + refused.stderr
    for command in ("check", "install"):
        argv = ("crontab", command, "--file", "/etc/cron.d/hallofshame", "--user", "hallofshame")
        refused = host.systemd.run(HOS, *argv, is_checked=False)
        assert refused.returncode == 1
        assert "a timer of systemd starts it, too" in refused.stdout + refused.stderr
    assert (host.systemd.root / "etc/cron.d/hallofshame").read_text(encoding="utf8") == line


def _first_run(host: Host) -> dict[str, Any]:
    give_up_at = time.monotonic() + TIMER_SECONDS
    while time.monotonic() < give_up_at:
        runs: list[dict[str, Any]] = json.loads(host.hos("runs", "--json"))
        ended = [run for run in runs if run["finished_at"]]
        if ended:
            return ended[-1]
        time.sleep(1)
    raise AssertionError(host.systemd.journal("hos-job-each-minute.service"))
