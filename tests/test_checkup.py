"""What `hos doctor` finds: each thing that can be wrong with a host, told with what to do, and none behind another."""

import os
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hallofshame import checks, checkup, settings
from hallofshame.alerts import state_file
from hallofshame.alerts.state_file import AlertState, QueuedMail
from hallofshame.checks import Finding, Host, Level
from hallofshame.checkup import CHECKS
from hallofshame.journal import Journal
from hallofshame.model import Run, RunState
from hallofshame.store import database, runs
from hallofshame.store import engine as engines
from hallofshame.store.schema import REVISION
from tests import factories

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC).replace(microsecond=0)
JOBS = """\
[jobs.collect]
command = ["hos-collect"]
schedule = "*/10 * * * *"
impact = "no readings"
runbook = "look"
"""
MAIL = {"HOS_ALERT_TO": "ops@example.org", "HOS_SMTP_URL": "smtp://localhost"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobs.toml").write_text(JOBS, encoding="utf8")
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path


def host(folder: Path, **given: str) -> Host:
    usual = {"HOS_STATE_DIR": str(folder / "state"), "HOS_JOBS_FILE": str(folder / "jobs.toml")}
    loaded, problems = settings.load_or_default(usual | given, folder / "no-env-file")
    return Host(loaded, tuple(problems), NOW)


def found(folder: Path, check: str, **given: str) -> list[tuple[Level, str]]:
    return [(each.level, each.message) for each in checkup.examine(host(folder, **given)) if each.check == check]


def stored(folder: Path, **facts: Any) -> Run:
    due = NOW.replace(minute=NOW.minute // 10 * 10, second=0)
    run = factories.run(**{"scheduled_at": due, "started_at": due + timedelta(seconds=1)} | facts)
    opened = database.open_ready(host(folder).settings.database_url.get_secret_value())
    with engines.begin(opened) as conn:
        runs.record(conn, run)
    opened.dispose()
    return run


def test_on_a_good_host_every_check_is_one_good_line(folder: Path) -> None:
    stored(folder)
    findings = checkup.examine(host(folder, **MAIL))
    assert [finding.check for finding in findings] == list(CHECKS)
    bad = [finding for finding in findings if finding.level is not Level.OK and finding.check != "clock"]
    assert bad == []


def test_a_wrong_setting_is_told_and_hides_nothing_else(folder: Path) -> None:
    findings = checkup.examine(host(folder, HOS_KEEP_READINGS_HOURS="many", HOS_KEP="1"))
    told = [finding.message for finding in findings if finding.check == "settings" and finding.level is Level.FAIL]
    assert [message.split()[0] for message in told] == ["HOS_KEP", "HOS_KEEP_READINGS_HOURS"]
    assert {finding.check for finding in findings} == set(CHECKS)


def test_a_state_directory_that_is_none_fails_what_needs_it_and_nothing_else(folder: Path) -> None:
    (folder / "state").rmdir()
    (folder / "state").touch()
    levels = {each.check: each.level for each in checkup.examine(host(folder, **MAIL))}
    failed = {check for check, level in levels.items() if level is Level.FAIL}
    assert failed >= {"state directory", "locks", "database"}
    assert failed.isdisjoint({"settings", "mail", "jobs", "clock"})


def test_a_state_directory_that_others_may_read_is_told(folder: Path) -> None:
    (folder / "state").chmod(0o755)
    assert found(folder, "state directory") == [
        (Level.WARN, f"{folder}/state is open to other users: chmod 700 {folder}/state")
    ]


@pytest.mark.parametrize(
    ("free_bytes", "free_files", "level"),
    [
        (checks.LITTLE_FREE_BYTES, 10**6, Level.OK),
        (checks.LITTLE_FREE_BYTES - 4_096, 10**6, Level.WARN),
        (checks.LEAST_FREE_BYTES - 4_096, 10**6, Level.FAIL),
        (checks.LITTLE_FREE_BYTES, 10, Level.FAIL),
    ],
)
def test_a_disk_that_fills_up_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: int, free_files: int, level: Level
) -> None:
    blocks = free_bytes // 4_096
    disk = os.statvfs_result((4_096, 4_096, 10**9, blocks, blocks, 10**9, free_files, free_files, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    assert [each for each, _ in found(folder, "disk")] == [level]


def test_a_journal_that_waits_too_long_is_told(folder: Path) -> None:
    record = {"run_id": "0192", "finished_at": "2026-05-01T12:00:00Z"}
    journal = Journal(folder / "state")
    journal.append(record)
    assert found(folder, "journal") == [(Level.OK, "1 runs wait or run, 0 ended more than 15 minutes ago")]
    long_ago = (NOW - timedelta(minutes=16)).timestamp()
    os.utime(journal.entries()[0].path, (long_ago, long_ago))
    [(level, message)] = found(folder, "journal")
    assert (level, message.startswith("1 runs wait or run, 1 ended more than 15 minutes ago: hos flush")) == (
        Level.WARN,
        True,
    )


def test_torn_and_empty_files_of_the_journal_are_told(folder: Path) -> None:
    path = folder / "state" / "journal" / "0192.jsonl"
    path.parent.mkdir()
    path.write_text('{"torn', encoding="utf8")
    levels = found(folder, "journal")
    assert [message for level, message in levels if level is Level.WARN] == [
        f"{path}: a line is torn and was skipped",
        f"{path} holds no run: nobody can enter it, remove it",
    ]


def test_an_embedded_database_is_made_on_first_use_and_then_takes_rows(folder: Path) -> None:
    assert found(folder, "database") == [(Level.OK, f"its schema is empty and goes to {REVISION} on first use")]
    run = stored(folder)
    assert found(folder, "database") == [(Level.OK, f"answers, takes rows, and its schema is {REVISION}")]
    opened = database.open_ready(host(folder).settings.database_url.get_secret_value())
    with engines.read(opened) as conn:
        assert runs.latest(conn) == [run]  # the doctor's own row was never committed
    opened.dispose()


def test_a_server_without_this_releases_schema_fails(folder: Path, mariadb_url: str) -> None:
    asked = {"HOS_DATABASE_URL": mariadb_url}
    missing = f"the database's schema is empty, this release needs {REVISION}: run hos migrate"
    assert found(folder, "database", **asked) == [(Level.FAIL, missing)]
    opened = database.open_as_it_is(mariadb_url)
    database.migrate(opened)
    assert [level for level, _ in found(folder, "database", **asked)] == [Level.OK]
    with engines.begin(opened) as conn:
        conn.execute(text("DROP TABLE job_runs"))
    opened.dispose()
    [(level, message)] = found(folder, "database", **asked)
    assert level is Level.FAIL
    assert "job_runs" in message


def test_a_database_that_hangs_fails_in_time_and_hides_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "LONGEST_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mysql+pymysql://hos:hos@127.0.0.1:{silent.getsockname()[1]}/hos"
        started = time.monotonic()
        findings = checkup.examine(host(folder, HOS_DATABASE_URL=url, **MAIL))
        assert time.monotonic() - started < 5
    assert Finding("database", Level.FAIL, "no answer within 0.5 s") in findings
    assert {each.check for each in findings if each.level is Level.OK} >= {"settings", "disk", "locks", "mail", "jobs"}


def test_a_check_that_is_broken_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHECKS, "mail", lambda _: 1 / 0)
    [(level, message)] = found(folder, "mail")
    assert (level, message) == (Level.FAIL, "the check itself is broken: ZeroDivisionError('division by zero')")


def test_a_host_that_can_tell_nobody_is_told_what_to_set(folder: Path) -> None:
    assert [message for _, message in found(folder, "mail")] == [
        "nobody is told of failures: set HOS_ALERT_TO",
        "no mail leaves this host: set SENDGRID_API_KEY or HOS_SMTP_URL or HOS_SENDMAIL",
    ]
    assert found(folder, "mail", **MAIL) == [(Level.OK, "to ops@example.org by HOS_SMTP_URL")]


@pytest.mark.parametrize(("age_hours", "level"), [(1, Level.WARN), (25, Level.FAIL)])
def test_alerts_that_cannot_leave_are_told_with_the_reason(age_hours: int, level: Level, folder: Path) -> None:
    queued_at = NOW - timedelta(hours=age_hours)
    tries = ("2026-05-01T12:00:00Z SendGrid: HTTP 401",)
    mail = QueuedMail("1", "1", "collect", "FAIL", ("ops@example.org",), queued_at, queued_at, tries)
    state_file.save(folder / "state", AlertState(outbox=(mail,)))
    [(found_level, message)] = found(folder, "outbox", **MAIL)
    assert found_level is level
    assert "1 alerts could not leave" in message
    assert "HTTP 401" in message


def test_a_jobs_file_that_cannot_be_read_fails(folder: Path) -> None:
    (folder / "jobs.toml").write_text("[jobs", encoding="utf8")
    [(level, message)] = found(folder, "jobs")
    assert level is Level.FAIL
    assert "not TOML" in message


def test_before_there_is_a_schema_no_run_is_known(folder: Path) -> None:
    assert found(folder, "last runs") == [(Level.WARN, f"none is known before the database's schema is {REVISION}")]
    assert found(folder, "database")[0][1].startswith("its schema is empty")  # and nobody has made it


def test_a_job_that_never_ran_is_told(folder: Path) -> None:
    stored(folder, job="another")
    [(level, message)] = found(folder, "last runs")
    assert (level, message.split(":")[0]) == (Level.WARN, "collect has never run")


@pytest.mark.parametrize(
    ("facts", "level", "said"),
    [
        ({"state": RunState.SUCCEEDED}, Level.OK, "collect succeeded at"),
        ({"state": RunState.SKIPPED}, Level.OK, "collect skipped at"),
        ({"state": RunState.FAILED}, Level.WARN, "hos log"),
        ({"state": RunState.LOST}, Level.WARN, "hos log"),
        ({"started_at": NOW + timedelta(minutes=5)}, Level.FAIL, "in the future: set the clock of this host or of"),
        ({"scheduled_at": NOW - timedelta(hours=2)}, Level.FAIL, "and not since, though it was due at"),
    ],
)
def test_the_last_run_of_each_job_is_judged(folder: Path, facts: dict[str, Any], level: Level, said: str) -> None:
    stored(folder, **facts)
    [(judged, message)] = found(folder, "last runs")
    assert (judged, said in message) == (level, True)


def test_what_the_recorder_said_lately_is_told(folder: Path) -> None:
    path = folder / "state" / "recorder.log"
    path.write_text("Traceback\n  File\nRuntimeError: broken\n\n", encoding="utf8")
    [(level, message)] = found(folder, "recorder")
    assert (level, message) == (Level.WARN, f"said within a day: RuntimeError: broken (all of it is in {path})")
    long_ago = (NOW - timedelta(days=2)).timestamp()
    os.utime(path, (long_ago, long_ago))
    assert [level for level, _ in found(folder, "recorder")] == [Level.OK]


def test_a_clock_from_before_the_program_was_installed_fails(folder: Path) -> None:
    given = replace(host(folder), now=datetime(2001, 1, 1, tzinfo=UTC))
    [clock] = [each for each in checkup.examine(given) if each.check == "clock"]
    assert clock.level is Level.FAIL
    assert "set the clock" in clock.message
