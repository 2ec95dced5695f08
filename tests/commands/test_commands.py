"""The operators' commands, as they are run: on an empty folder, with runs, and with the database away."""

import json
import os
import shutil
import sqlite3
import subprocess
import sysconfig
from contextlib import closing
from pathlib import Path

import pytest

from hallofshame.store.schema import REVISION

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parent.parent.parent
AWAY = "mysql+pymysql://root@127.0.0.1:1/hos"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty working directory with the project's jobs.toml."""
    shutil.copy(ROOT / "jobs.toml", tmp_path)
    return tmp_path


def command(place: Path, *argv: str, **given: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"} | given
    return subprocess.run(argv, env=environment, cwd=place, capture_output=True, text=True, timeout=60, check=False)


def test_from_an_empty_folder_a_job_runs_and_is_shown(place: Path) -> None:
    assert command(place, "hos-cron", "hello", "--sync", "--", "echo", "hi").stdout == "hi\n"
    [run] = json.loads(command(place, "hos", "runs", "--json").stdout)
    assert (run["job"], run["state"], run["exit_code"]) == ("hello", "succeeded", 0)
    assert command(place, "hos", "log", run["run_id"]).stdout == "hi\n"
    assert run["run_id"] in command(place, "hos", "runs", "hello").stdout


def test_with_the_database_away_the_journal_is_shown_and_entered_later(place: Path) -> None:
    command(place, "hos-cron", "hello", "--sync", "--", "false", HOS_DATABASE_URL=AWAY)
    listed = command(place, "hos", "runs", "--json", HOS_DATABASE_URL=AWAY)
    assert [run["state"] for run in json.loads(listed.stdout)] == ["failed"]
    assert "only what waits in the journal is shown: database" in listed.stderr
    assert command(place, "hos", "flush").stdout == "1 runs entered\n"
    assert [run["state"] for run in json.loads(command(place, "hos", "runs", "--json").stdout)] == ["failed"]


def test_a_file_of_the_journal_that_is_no_run_is_passed_over(place: Path) -> None:
    command(place, "hos-cron", "hello", "--sync", "--", "true")
    (place / "var" / "journal" / "0192.jsonl").write_text('{"torn', encoding="utf8")
    listed = command(place, "hos", "runs", "--json")
    assert [run["job"] for run in json.loads(listed.stdout)] == ["hello"]
    assert f"hos: {place}/var/journal/0192.jsonl is passed over" in listed.stderr


def test_status_tells_each_jobs_last_run_and_next_due_time(place: Path) -> None:
    never = json.loads(command(place, "hos", "status", "--json").stdout)
    assert never["jobs"][0] | {"next_due_at": ""} == {
        "job": "collect",
        "state": None,
        "started_at": None,
        "run_id": None,
        "next_due_at": "",
    }
    command(place, "hos-cron", "collect", "--sync", "--", "true")
    assert "collect                  succeeded" in command(place, "hos", "status").stdout


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("hos", "log", "0192"), "hos: '0192' names 0 runs (no run has such an id: see hos runs)"),
        (("hos", "migrate"), "hos: HOS_SITE_URL is wrong"),
        (("hos", "no-such-command"), "No such command 'no-such-command'"),
    ],
)
def test_what_is_wrong_is_one_line_and_no_traceback(argv: tuple[str, ...], said: str, place: Path) -> None:
    bad = {"HOS_SITE_URL": "nonsense"} if argv[1] == "migrate" else {}
    done = command(place, *argv, **bad)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_older_release_leaves_the_schema_of_a_newer_one(place: Path) -> None:
    assert command(place, "hos", "migrate").stdout.endswith(f"to {REVISION}\n")
    assert command(place, "hos", "migrate").stdout == f"the schema is at {REVISION}\n"
    with closing(sqlite3.connect(place / "var" / "hallofshame.sqlite3")) as conn, conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    told = command(place, "hos", "migrate").stdout
    assert told == f"the schema is at 9999, a later release's: this one, of {REVISION}, runs on it\n"


def test_every_command_has_its_help(place: Path) -> None:
    listed = command(place, "hos", "--help").stdout
    for name in ("runs", "log", "status", "flush", "migrate", "crontab"):
        assert f"  {name} " in listed
        assert command(place, "hos", name, "--help").returncode == 0
