"""An alert on its way, from the installed hos-cron to a provider that does what providers do, or to a mail server."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests import mailboxes
from tests.mailboxes import HANG, RESET_AFTER_ACCEPTING, SendGridStub
from tests.wrapper.conftest import NO_RECORDER

pytestmark = [pytest.mark.integration, pytest.mark.slow]

FAILING = ("hos-cron", "collect", "--sync", "--", "sh", "-c", "echo broken >&2; exit 3")


def call(place: Path, given: dict[str, str], *argv: str) -> "subprocess.CompletedProcess[str]":
    own = {"PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}", "HOS_STATE_DIR": str(place / "state")}
    return subprocess.run(
        argv, env=os.environ | own | given, cwd=place, capture_output=True, text=True, timeout=90, check=False
    )


def by_sendgrid(stub: SendGridStub) -> dict[str, str]:
    return {"SENDGRID_API_KEY": "SG.k", "HOS_SENDGRID_URL": stub.url, "HOS_ALERT_TO": "ops@example.org"}


def outbox(place: Path) -> list[dict[str, Any]]:
    mails: list[dict[str, Any]] = json.loads(call(place, {}, "hos", "outbox", "--json").stdout)
    return mails


@pytest.mark.parametrize("status", [429, 500, 401, HANG], ids=["429", "500", "401", "hang"])
def test_what_the_provider_does_not_take_goes_to_the_mail_server(status: int, tmp_path: Path) -> None:
    with mailboxes.sendgrid(status) as stub, mailboxes.smtp() as (url, inbox):
        done = call(tmp_path, by_sendgrid(stub) | {"HOS_SMTP_URL": url}, *FAILING)
        assert done.returncode == 3
    [message] = inbox
    assert message["Subject"].startswith("[hos] FAIL collect (exit 3)")
    assert "broken" in message.as_string()
    [mail] = outbox(tmp_path)
    assert mail["accepted_by"] == "SMTP"
    assert "SendGrid: " in mail["tries"][0]  # and why


@pytest.mark.parametrize("status", [429, 500, 401], ids=str)
def test_without_another_way_it_waits_and_is_sent_once(status: int, tmp_path: Path) -> None:
    with mailboxes.sendgrid(status) as stub:
        done = call(tmp_path, by_sendgrid(stub), *FAILING)
        assert done.returncode == 3
        assert f"HTTP {status}" in done.stderr
        [mail] = outbox(tmp_path)
        assert mail["accepted_at"] is None
        assert len(list((tmp_path / "state" / "spool").iterdir())) == 1
        stub.statuses = [202]
        assert call(tmp_path, by_sendgrid(stub), "hos", "flush").returncode == 0
        assert call(tmp_path, by_sendgrid(stub), "hos", "flush").returncode == 0
    assert len(stub.accepted) == 1


def test_a_provider_that_accepts_and_resets_may_get_it_twice_under_one_id(tmp_path: Path) -> None:
    with mailboxes.sendgrid(RESET_AFTER_ACCEPTING, 202) as stub:
        call(tmp_path, by_sendgrid(stub), *FAILING)
        call(tmp_path, by_sendgrid(stub), "hos", "flush")
    assert len(stub.accepted) == 2
    assert len({mail["headers"]["Message-ID"] for mail in stub.accepted}) == 1


def test_a_job_that_fails_and_recovers_is_one_thread_at_the_mail_server(tmp_path: Path) -> None:
    with mailboxes.smtp() as (url, inbox):
        given = {"HOS_SMTP_URL": url, "HOS_ALERT_TO": "ops@example.org"}
        for _ in range(3):
            call(tmp_path, given, *FAILING)
        call(tmp_path, given, "hos-cron", "collect", "--sync", "--", "true")
    failed, recovered = inbox
    assert recovered["Subject"].startswith("[hos] OK again collect")
    assert recovered["References"] == failed["Message-ID"]
    assert {part.get_content_type() for part in failed.walk()} >= {"text/plain", "text/html"}


def test_with_the_database_away_five_failing_jobs_make_three_mails_and_the_last_begins_with_it(tmp_path: Path) -> None:
    with mailboxes.sendgrid() as stub:
        given = by_sendgrid(stub) | {"HOS_DATABASE_URL": "mysql+pymysql://root@127.0.0.1:1/hos"}
        for number in range(5):
            call(tmp_path, given, "hos-cron", f"job-{number}", "--sync", "--", "false")
    assert len(stub.accepted) == 3
    storm = stub.accepted[-1]
    assert storm["subject"].startswith("[hos] STORM database down")
    assert storm["content"][0]["value"].startswith("The database does not answer")


def test_two_hundred_failing_runs_make_four_mails_at_most_and_hide_no_other_job(tmp_path: Path) -> None:
    with mailboxes.sendgrid() as stub:
        run_often(tmp_path, by_sendgrid(stub), times=200, script="exit 1")
        call(tmp_path, by_sendgrid(stub), "hos", "flush")
        assert 1 <= len(stub.accepted) <= 4
        call(tmp_path, by_sendgrid(stub), "hos-cron", "another", "--sync", "--", "false")
    assert stub.accepted[-1]["subject"].startswith("[hos] FAIL another")


def test_forty_alternations_are_told_four_times_at_most_and_once_that_it_flaps(tmp_path: Path) -> None:
    with mailboxes.sendgrid() as stub:
        run_often(tmp_path, by_sendgrid(stub), times=40, script="exit $((number % 2))")
        call(tmp_path, by_sendgrid(stub), "hos", "flush")
    words = [mail["subject"].split()[1] for mail in stub.accepted]
    assert len(words) <= 4
    assert words.count("FLAPPING") == 1


def run_often(place: Path, given: dict[str, str], times: int, script: str) -> None:
    """Runs one after the other, whose recorders do nothing: they would take minutes, and a flush does the same."""
    (place / "sitecustomize.py").write_text(NO_RECORDER, encoding="utf8")
    loop = f'for number in $(seq {times}); do hos-cron collect -- sh -c "{script}"; done; true'
    assert call(place, given | {"PYTHONPATH": str(place)}, "sh", "-c", loop).returncode == 0
