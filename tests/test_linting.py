"""`hos lint` says what is wrong with a job, where, how bad it is, and what to do."""

import json
import os
import shutil
import subprocess
import sysconfig
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hallofshame import jobs_file, linting
from hallofshame.jobs_file import Job
from hallofshame.linting import Finding, Place, Severity
from hallofshame.redaction import Redactor

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 2, 1, tzinfo=UTC)
LOS_ANGELES = "America/Los_Angeles"


def place(jobs: Path) -> Place:
    return Place(Path(sysconfig.get_path("scripts")), jobs.parent / "var", jobs)


def findings(tmp_path: Path, **facts: Any) -> list[Finding]:
    (tmp_path / "runbook.md").write_text("# Runbook\n\n## What to do, first\n", encoding="utf8")
    defaults = {"command": ["true"], "schedule": "*/10 * * * *", "runbook": "runbook.md", "impact": "i"}
    job = Job.model_validate(defaults | facts)
    return linting.lint({"a": job}, place(tmp_path / "jobs.toml"), NOW, Redactor({}).redact_command)


def test_there_is_nothing_to_say_of_the_projects_own_jobs() -> None:
    path = ROOT / "jobs.toml"
    assert linting.lint(jobs_file.load(path), place(path), NOW, Redactor({}).redact_command) == []


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no program": ({"command": ["hos-nothing"]}, "error: command", "there is no program 'hos-nothing' in"),
    "a program in some folder": ({"command": ["bin/x"]}, "error: command", "cron would look for bin/x in the home"),
    "a program that is none": ({"command": ["/etc/passwd"]}, "error: command", "there is no program '/etc/passwd'"),
    "an escaped percent": ({"command": ["date", r"+\%s"]}, "warning: command", "the crontab escapes % by itself"),
    "limit above the period": (
        {"timeout": "591"},
        "error: timeout",
        "a run may take 601 s, and the next is due after 600",
    ),
    "limit that is the period": (
        {"timeout": "590"},
        "error: timeout",
        "a run may take 600 s, and the next is due after",
    ),
    "limit above the shortest distance": (
        {"schedule": "0,3 0 1 * *"},
        "error: timeout",
        "may take 310 s, and the next is due after 180 s",
    ),
    "waits for too long": ({"overlap": "wait:6m"}, "warning: overlap", "wait:6m is longer than any run can hold the"),
    "splay above grace": ({"splay": "5m"}, "warning: splay", "may begin 5m late, and after 5m (start_grace)"),
    "no room to retry": ({"retries": 5}, "warning: retries", "leaves no room for as many"),
    "never too slow": ({"max_duration": "5m"}, "warning: max_duration", "timeout ends a run before it is too slow"),
    "too fast and too slow": ({"min_duration": 9, "max_duration": 9}, "error: min_duration", "no run takes that long"),
    "always too fast": ({"min_duration": "5m"}, "error: min_duration", "no run takes that long"),
    "impossible figure": ({"expect": ["a > 3", "b > 1", "a < 2"]}, "error: expect", "no value of a can be as expected"),
    "no runbook": ({"runbook": "gone.md"}, "error: runbook", "there is no file"),
    "no such heading": ({"runbook": "runbook.md#second"}, "error: runbook", "has no heading for #second"),
    "no environment": ({"env_file": "/no/such.env"}, "error: env_file", "the job would not be started (125)"),
    "a skipped hour": (
        {"schedule": "30 2 * * *", "timezone": LOS_ANGELES},
        "warning: schedule",
        "in America/Los_Angeles, 02:30 does not exist on 2026-03-08: the job runs at 03:00",
    ),
    "a skipped hour with a star": (
        {"schedule": "*/20 2 * * *", "timezone": LOS_ANGELES},
        "warning: schedule",
        "02:00 does not exist on 2026-03-08: the job does not run then",
    ),
    "a doubled hour": (
        {"schedule": "15 1 * * 0", "timezone": LOS_ANGELES},
        "warning: schedule",
        "01:15 comes twice on 2026-11-01: the job runs the first time",
    ),
    "a doubled hour with a star": (
        {"schedule": "*/30 1 * * *", "timezone": LOS_ANGELES},
        "warning: schedule",
        "01:00 comes twice on 2026-11-01: the job runs both times",
    ),
    "half an hour": (
        {"schedule": "10 2 * * *", "timezone": "Australia/Lord_Howe"},
        "warning: schedule",
        "02:10 does not exist on 2026-10-04: the job runs at 02:30",
    ),
}


@pytest.mark.parametrize(("facts", "where", "problem"), WRONG.values(), ids=WRONG)
def test_it_finds(facts: dict[str, Any], where: str, problem: str, tmp_path: Path) -> None:
    found = findings(tmp_path, **facts)
    assert [f"{each.severity.value}: {each.place.removeprefix('jobs.a.')}" for each in found][:1] == [where]
    assert problem in found[0].problem
    assert found[0].advice


FINE: dict[str, dict[str, Any]] = {
    "a limit just below the period": {"timeout": "589"},
    "runs that may overlap": {"timeout": "1h", "overlap": "allow"},
    "an hour that every day has": {"schedule": "0 8 * * *", "timezone": LOS_ANGELES},
    "the skipped hour on another weekday": {"schedule": "30 2 * * 1", "timezone": LOS_ANGELES},
    "every hour": {"schedule": "0 * * * *", "timezone": LOS_ANGELES},
    "once a year": {"schedule": "0 0 29 2 *", "timeout": "24h"},
    "a runbook elsewhere": {"runbook": "https://wiki.example.org/hos#collect"},
    "a heading of the runbook": {"runbook": "runbook.md#what-to-do-first"},
    "a percent sign": {"command": ["date", "+%s"]},
}


@pytest.mark.parametrize("facts", FINE.values(), ids=FINE)
def test_it_says_nothing_of(facts: dict[str, Any], tmp_path: Path) -> None:
    assert findings(tmp_path, **facts) == []


@pytest.mark.parametrize(
    "command",
    [["true", "--password", "hunter22"], ["sh", "-c", "TOKEN=hunter22 true"], ["true", "http://u:hunter22@h/"]],
)
def test_a_secret_in_a_command_is_found_and_not_repeated(command: list[str], tmp_path: Path) -> None:
    [found] = findings(tmp_path, command=command)
    assert (found.place, found.severity) == ("jobs.a.command", Severity.WARNING)
    assert "looks like a secret" in found.problem
    assert "hunter22" not in str(found)


def test_a_host_that_is_not_on_utc_is_warned_of() -> None:
    assert linting.of_host(is_on_utc=True) == []
    [found] = linting.of_host(is_on_utc=False)
    assert (found.place, found.severity) == ("", Severity.WARNING)


def hos_lint(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}", "TZ": "UTC"}
    argv = ["hos", "lint", *options]
    return subprocess.run(argv, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.integration
def test_the_command_exits_with_0_without_errors(tmp_path: Path) -> None:
    shutil.copy(ROOT / "jobs.toml", tmp_path)
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "operations.md", tmp_path / "docs")
    done = hos_lint(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.integration
def test_the_command_tells_what_the_grammar_refuses_besides_what_it_finds_and_exits_with_1(tmp_path: Path) -> None:
    job = 'impact = "i"\nrunbook = "README.md"\ncommand = ["true", "--token", "hunter22"]\n'
    (tmp_path / "README.md").touch()
    (tmp_path / "jobs.toml").write_text(
        f'[jobs.a]\nschedule = "61 * * * *"\n{job}[jobs.b]\nschedule = "1 * * * *"\n{job}'
    )
    done = hos_lint(tmp_path, "--json")
    assert done.returncode == 1
    assert [(each["severity"], each["place"]) for each in json.loads(done.stdout)] == [
        ("error", "jobs.a.schedule"),
        ("warning", "jobs.b.command"),
    ]
    plain = hos_lint(tmp_path).stdout.splitlines()
    assert plain[0].startswith(f"error: {tmp_path}/jobs.toml: jobs.a.schedule: no cron schedule: Bad minute; ")
    assert "hunter22" not in str(plain)


@pytest.mark.integration
def test_warnings_alone_are_exit_code_0(tmp_path: Path) -> None:
    shutil.copy(ROOT / "README.md", tmp_path)
    job = 'impact = "i"\nrunbook = "README.md"\ncommand = ["true"]\nschedule = "1 * * * *"\nsplay = "5m"\n'
    (tmp_path / "jobs.toml").write_text(f"[jobs.a]\n{job}")
    done = hos_lint(tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("warning: ")
