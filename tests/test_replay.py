"""From the journal to the database and to a mailbox: nothing lost, nothing twice, whatever is away meanwhile."""

import os
from pathlib import Path
from typing import Any

import pytest

from hallofshame import processes, replay, settings
from hallofshame.clock import to_iso
from hallofshame.errors import HallOfShameError
from hallofshame.journal import Journal
from hallofshame.model import RunState
from hallofshame.settings import Settings
from hallofshame.store import database, runs
from hallofshame.store import engine as engines
from tests import mailboxes
from tests.factories import NOON

pytestmark = pytest.mark.integration

RUN_ID = "0192f3a4-7c1e-7000-8000-00000000000"
AWAY = "mysql+pymysql://root@127.0.0.1:1/hos"


def loaded(tmp_path: Path, **given: str) -> Settings:
    return settings.load({"HOS_STATE_DIR": str(tmp_path)} | given, tmp_path / "no-env-file")


def journalled(tmp_path: Path, number: int = 1, state: str = "failed", **fields: Any) -> None:
    started = {
        "run_id": f"{RUN_ID}{number}",
        "job": "collect",
        "state": "running",
        "host": "web-1",
        "boot_id": processes.boot_id(),
        "pid": os.getpid(),
        "pid_start_ticks": processes.start_ticks(os.getpid()),
        "argv": ["hos-collect"],
        "scheduled_at": to_iso(NOON),
        "started_at": to_iso(NOON),
    }
    Journal(tmp_path).append(started)
    if state != "running":
        Journal(tmp_path).append(started | {"state": state, "exit_code": 3, "finished_at": to_iso(NOON)} | fields)


def stored(given: Settings) -> list[tuple[str, RunState]]:
    opened = database.open_ready(given.database_url.get_secret_value())
    with engines.read(opened) as conn:
        found = [(run.run_id[-1], run.state) for run in runs.latest(conn)]
    opened.dispose()
    return found


def test_an_empty_journal_opens_nothing(tmp_path: Path) -> None:
    assert replay.flush(loaded(tmp_path, HOS_DATABASE_URL=AWAY)) == 0


def test_ended_runs_leave_the_journal_and_running_ones_stay(tmp_path: Path) -> None:
    journalled(tmp_path, 1, "succeeded")
    journalled(tmp_path, 2, "running")
    assert replay.flush(loaded(tmp_path)) == 2
    assert stored(loaded(tmp_path)) == [("2", RunState.RUNNING), ("1", RunState.SUCCEEDED)]
    assert [entry.run_id[-1] for entry in Journal(tmp_path).entries()] == ["2"]


def test_a_failure_is_mailed_once(tmp_path: Path) -> None:
    journalled(tmp_path, 1, "failed", output_tail="err\n", output_lines=1)
    journalled(tmp_path, 2, "succeeded")
    with mailboxes.sendgrid() as stub:
        given = loaded(tmp_path, SENDGRID_API_KEY="SG.k", HOS_SENDGRID_URL=stub.url, HOS_ALERT_TO="ops@example.org")
        replay.flush(given)
        replay.flush(given)
    [mail] = stub.accepted
    assert mail["subject"] == "[hos] FAIL collect (exit 3) web-1"
    assert mail["content"][0]["value"].endswith("  err\n")


def test_a_failure_is_mailed_though_the_database_is_away_and_entered_when_it_is_back(tmp_path: Path) -> None:
    journalled(tmp_path)
    with mailboxes.sendgrid() as stub:
        ways = {"SENDGRID_API_KEY": "SG.k", "HOS_SENDGRID_URL": stub.url, "HOS_ALERT_TO": "ops@example.org"}
        for _ in range(2):
            with pytest.raises(HallOfShameError, match=r"database .*127\.0\.0\.1"):
                replay.flush(loaded(tmp_path, HOS_DATABASE_URL=AWAY, **ways))
        replay.flush(loaded(tmp_path, **ways))
    assert len(stub.accepted) == 1
    assert stored(loaded(tmp_path)) == [("1", RunState.FAILED)]
    assert Journal(tmp_path).entries() == []


def test_a_failure_is_entered_though_no_mail_goes_out_and_told_when_one_does(tmp_path: Path) -> None:
    journalled(tmp_path)
    with mailboxes.sendgrid(500, 202) as stub:
        given = loaded(tmp_path, SENDGRID_API_KEY="SG.k", HOS_SENDGRID_URL=stub.url, HOS_ALERT_TO="ops@example.org")
        with pytest.raises(HallOfShameError, match="HTTP 500"):
            replay.flush(given)
        assert stored(given) == [("1", RunState.FAILED)]
        assert replay.flush(given) == 1
    assert len(stub.accepted) == 1
    assert Journal(tmp_path).entries() == []


def test_one_mail_that_is_refused_does_not_hold_up_the_others(tmp_path: Path) -> None:
    journalled(tmp_path, 1)
    journalled(tmp_path, 2)
    with mailboxes.sendgrid(400, 202) as stub:
        given = loaded(tmp_path, SENDGRID_API_KEY="SG.k", HOS_SENDGRID_URL=stub.url, HOS_ALERT_TO="ops@example.org")
        with pytest.raises(HallOfShameError, match="HTTP 400"):
            replay.flush(given)
    assert [entry.run_id[-1] for entry in Journal(tmp_path).entries()] == ["1"]


def test_a_run_that_cannot_be_entered_does_not_hold_up_the_others(tmp_path: Path, mariadb_url: str) -> None:
    opened = database.open_as_it_is(mariadb_url)
    database.migrate(opened)
    opened.dispose()
    journalled(tmp_path, 1, "succeeded", exit_code=10**6)
    journalled(tmp_path, 2, "succeeded", reason="x" * 1_000)
    given = loaded(tmp_path, HOS_DATABASE_URL=mariadb_url)
    with pytest.raises(HallOfShameError, match="exit_code"):
        replay.flush(given)
    assert stored(given) == [("2", RunState.SUCCEEDED)]
    assert [entry.run_id[-1] for entry in Journal(tmp_path).entries()] == ["1"]


def test_without_recipients_nothing_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journalled(tmp_path)
    replay.flush(loaded(tmp_path))
    assert Journal(tmp_path).entries() == []
    assert "set HOS_ALERT_TO" in caplog.text


def test_a_file_that_is_no_run_is_left_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journalled(tmp_path, 2, "succeeded")
    (tmp_path / "journal" / "0.jsonl").write_text('{"run_id": "0"}\n{"torn')
    replay.flush(loaded(tmp_path))
    assert stored(loaded(tmp_path)) == [("2", RunState.SUCCEEDED)]
    assert "0.jsonl: a line is torn" in caplog.text
    assert "0.jsonl is left where it is" in caplog.text
