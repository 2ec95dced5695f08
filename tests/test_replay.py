"""From the journal to the database and to a mailbox: nothing lost, nothing twice, whatever is away meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hallofshame import processes, replay, settings
from hallofshame.alerts import composing
from hallofshame.clock import to_iso
from hallofshame.errors import HallOfShameError
from hallofshame.journal import Journal
from hallofshame.model import RunState
from hallofshame.settings import Settings
from hallofshame.store import database, incidents, runs
from hallofshame.store import engine as engines
from tests import mailboxes
from tests.clocks import StepClock
from tests.factories import NOON

pytestmark = pytest.mark.integration

RUN_ID = "0192f3a4-7c1e-7000-8000-00000000000"
AWAY = "mysql+pymysql://root@127.0.0.1:1/hos"


def loaded(tmp_path: Path, **given: str) -> Settings:
    return settings.load({"HOS_STATE_DIR": str(tmp_path)} | given, tmp_path / "no-env-file")


def telling(tmp_path: Path, stub: mailboxes.SendGridStub, **given: str) -> Settings:
    ways = {"SENDGRID_API_KEY": "SG.k", "HOS_SENDGRID_URL": stub.url, "HOS_ALERT_TO": "ops@example.org"}
    return loaded(tmp_path, **ways | given)


def journalled(tmp_path: Path, number: int = 1, state: str = "failed", job: str = "collect", **fields: Any) -> None:
    started = {
        "run_id": f"{RUN_ID[: 36 - len(str(number))]}{number}",
        "job": job,
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


@contextmanager
def opened(given: Settings) -> Iterator[engines.Engine]:
    engine = database.open_ready(given.database_url.get_secret_value())
    try:
        yield engine
    finally:
        engine.dispose()


def stored(given: Settings) -> list[tuple[str, RunState]]:
    with opened(given) as engine, engines.read(engine) as conn:
        return [(run.run_id[-1], run.state) for run in runs.latest(conn)]


def incidents_in(given: Settings) -> list[dict[str, Any]]:
    with opened(given) as engine, engines.read(engine) as conn:
        return incidents.latest(conn)


def mails_in(given: Settings) -> list[dict[str, Any]]:
    with opened(given) as engine, engines.read(engine) as conn:
        return incidents.mails(conn)


def test_an_empty_journal_opens_nothing(tmp_path: Path) -> None:
    assert replay.flush(loaded(tmp_path, HOS_DATABASE_URL=AWAY)) == 0


def test_ended_runs_leave_the_journal_and_running_ones_stay(tmp_path: Path) -> None:
    journalled(tmp_path, 1, "succeeded")
    journalled(tmp_path, 2, "running")
    assert replay.flush(loaded(tmp_path)) == 2
    assert stored(loaded(tmp_path)) == [("2", RunState.RUNNING), ("1", RunState.SUCCEEDED)]
    assert [entry.run_id[-1] for entry in Journal(tmp_path).entries()] == ["2"]


def test_a_failure_and_its_recovery_are_one_mail_each_in_one_thread(tmp_path: Path) -> None:
    journalled(tmp_path, 1, "failed", output_tail="err\n", output_lines=1)
    with mailboxes.sendgrid() as stub:
        given = telling(tmp_path, stub)
        replay.flush(given)
        replay.flush(given)
        journalled(tmp_path, 2, "succeeded")
        replay.flush(given)
    failed, recovered = stub.accepted
    assert failed["subject"].startswith("[hos] FAIL collect (exit 3) ")
    assert "err" in failed["content"][0]["value"]
    assert recovered["subject"].startswith("[hos] OK again collect ")
    assert recovered["headers"]["In-Reply-To"] == failed["headers"]["Message-ID"]


def test_a_failure_is_mailed_though_the_database_is_away_and_entered_when_it_is_back(tmp_path: Path) -> None:
    journalled(tmp_path)
    with mailboxes.sendgrid() as stub:
        for _ in range(2):
            with pytest.raises(HallOfShameError, match=r"database .*127\.0\.0\.1"):
                replay.flush(telling(tmp_path, stub, HOS_DATABASE_URL=AWAY))
        given = telling(tmp_path, stub)
        replay.flush(given)
    assert len(stub.accepted) == 1
    assert stored(given) == [("1", RunState.FAILED)]
    assert [(row["kind"], row["failures"], row["told"]) for row in incidents_in(given)] == [("failed", 1, 1)]
    assert Journal(tmp_path).entries() == []


def test_a_mail_that_nobody_took_waits_and_is_tried_again_when_it_is_due(tmp_path: Path) -> None:
    journalled(tmp_path)
    clock = StepClock()
    with mailboxes.sendgrid(500, 202) as stub:
        given = telling(tmp_path, stub)
        with pytest.raises(HallOfShameError, match="HTTP 500"):
            replay.flush(given, clock)
        assert stored(given) == [("1", RunState.FAILED)]
        assert Journal(tmp_path).entries() == []
        with pytest.raises(HallOfShameError, match="HTTP 500"):  # it still waits
            replay.flush(given, clock)
        assert stub.tries == 1
        clock.sleep(30)
        replay.flush(given, clock)
    assert len(stub.accepted) == 1
    [mail] = mails_in(given)
    assert (mail["accepted_by"], len(mail["tries"])) == ("SendGrid", 2)
    assert list((tmp_path / "outbox").iterdir()) == []


def test_an_operator_who_flushes_need_not_wait(tmp_path: Path) -> None:
    journalled(tmp_path)
    with mailboxes.sendgrid(500, 202) as stub:
        given = telling(tmp_path, stub)
        with pytest.raises(HallOfShameError, match="HTTP 500"):
            replay.flush(given)
        replay.flush(given, all_now=True)
    assert len(stub.accepted) == 1


def test_a_provider_that_is_down_for_two_hours_is_followed_by_one_mail(tmp_path: Path) -> None:
    clock = StepClock()
    with mailboxes.sendgrid(500) as stub:
        given = telling(tmp_path, stub)
        for number in range(1, 10):
            journalled(tmp_path, number)
            with pytest.raises(HallOfShameError, match="HTTP 500"):
                replay.flush(given, clock)
            clock.sleep(800)
        stub.statuses = [202]
        replay.flush(given, clock, all_now=True)
        replay.flush(given, clock)
    assert len(stub.accepted) == 1


def test_with_the_database_away_five_failing_jobs_make_three_mails_and_the_last_names_it(tmp_path: Path) -> None:
    with mailboxes.sendgrid() as stub:
        given = telling(tmp_path, stub, HOS_DATABASE_URL=AWAY)
        for number in range(1, 6):
            journalled(tmp_path, number, job=f"job-{number}")
            with pytest.raises(HallOfShameError, match="database"):
                replay.flush(given)
    assert len(stub.accepted) == 3
    storm = stub.accepted[-1]
    assert storm["subject"].startswith("[hos] STORM database down")
    assert "database" in storm["content"][0]["value"].splitlines()[0]


def test_two_hundred_failing_runs_make_four_mails_at_most_and_hide_no_other_job(tmp_path: Path) -> None:
    clock = StepClock()
    with mailboxes.sendgrid() as stub:
        given = telling(tmp_path, stub)
        for number in range(200):
            journalled(tmp_path, number)
            if number % 10 == 9:
                replay.flush(given, clock)
                clock.sleep(360)
        assert len(stub.accepted) <= 4
        journalled(tmp_path, 999, job="another")
        replay.flush(given, clock)
    assert " another " in stub.accepted[-1]["subject"]


def test_a_mail_that_cannot_leave_for_a_day_is_an_incident_of_its_own(tmp_path: Path) -> None:
    journalled(tmp_path)
    clock = StepClock()
    with mailboxes.sendgrid(500) as stub:
        given = telling(tmp_path, stub)
        for _ in range(2):
            with pytest.raises(HallOfShameError, match="HTTP 500"):
                replay.flush(given, clock)
            clock.sleep(25 * 3_600)
        stub.statuses = [202]
        replay.flush(given, clock, all_now=True)
        clock.sleep(60)
        replay.flush(given, clock)
    words = [mail["subject"].split()[1] for mail in stub.accepted]
    assert (words.count("FAIL"), words.count("UNDELIVERABLE"), words[-1]) == (1, 1, "OK")
    assert {row["job"]: row["ended_at"] is None for row in incidents_in(given)} == {"collect": True, "outbox": False}


def test_a_mail_that_cannot_be_written_is_told_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a mistake of ours")

    journalled(tmp_path)
    monkeypatch.setattr(composing, "compose", broken)
    with mailboxes.sendgrid() as stub:
        replay.flush(telling(tmp_path, stub))
    [mail] = stub.accepted
    assert mail["subject"] == "[hos] INCIDENT collect: failed"
    assert mail["headers"]["Message-ID"].startswith("<inc.")


def test_what_a_link_asked_for_is_done_on_the_host_of_the_incident(tmp_path: Path) -> None:
    journalled(tmp_path)
    clock = StepClock()
    with mailboxes.sendgrid() as stub:
        given = telling(tmp_path, stub)
        replay.flush(given, clock)
        [incident] = incidents_in(given)
        request = {"request_id": "1", "incident_id": incident["incident_id"], "action": "acknowledge"}
        with opened(given) as engine, engines.begin(engine) as conn:
            incidents.ask(conn, request | {"asked_at": NOON})
        clock.sleep(3 * 3_600)
        replay.flush(given, clock)
        journalled(tmp_path, 2)
        replay.flush(given, clock)
    assert len(stub.accepted) == 1  # no reminder
    assert incidents_in(given)[0]["acknowledged_at"] is not None


def test_a_run_that_cannot_be_entered_does_not_hold_up_the_others(tmp_path: Path, mariadb_url: str) -> None:
    server = database.open_as_it_is(mariadb_url)
    database.migrate(server)
    server.dispose()
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
