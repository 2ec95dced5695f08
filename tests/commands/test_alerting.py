"""What operators say about alerts, and what they are shown."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hallofshame import processes, replay, settings
from hallofshame.clock import to_iso
from hallofshame.console import hos
from hallofshame.errors import HallOfShameError, Permanent
from hallofshame.journal import Journal
from tests import mailboxes
from tests.factories import NOON

pytestmark = pytest.mark.integration

Hos = Callable[..., Result]
RUN_ID = "0192f3a4-7c1e-7000-8000-00000000000"
AWAY = "mysql+pymysql://root@127.0.0.1:1/hos"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hos:
    monkeypatch.setenv("HOS_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("HOS_ALERT_TO", "ops@example.org")

    def call(*argv: str) -> Result:
        result = CliRunner().invoke(hos, argv)
        if isinstance(result.exception, HallOfShameError):
            raise result.exception
        return result

    return call


def fail(tmp_path: Path, number: int = 1) -> None:
    """A run of collect fails, and nobody takes the mail."""
    at = to_iso(NOON)
    record: dict[str, Any] = {"run_id": f"{RUN_ID}{number}", "job": "collect", "state": "failed", "host": "web-1"}
    record |= {"boot_id": processes.boot_id(), "pid": 1, "argv": ["true"], "exit_code": 3}
    Journal(tmp_path).append(record | {"scheduled_at": at, "started_at": at, "finished_at": at})
    with pytest.raises(HallOfShameError, match="set SENDGRID_API_KEY"):
        replay.flush(settings.load())


def shown(call: Hos, *argv: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(call(*argv, "--json").stdout)
    return rows


def test_incidents_are_listed_with_what_is_known_of_them(call: Hos, tmp_path: Path) -> None:
    fail(tmp_path)
    [row] = shown(call, "incidents")
    assert (row["job"], row["kind"], row["failures"], row["opened_at"]) == ("collect", "failed", 1, to_iso(NOON))
    assert "lasts" in call("incidents", "collect").stdout
    assert shown(call, "incidents", "another") == []


def test_without_the_database_what_lasts_here_is_listed(
    call: Hos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(tmp_path)
    monkeypatch.setenv("HOS_DATABASE_URL", AWAY)
    result = call("incidents")
    assert "collect" in result.stdout
    assert "only what lasts on this host is shown" in result.stderr
    assert "waits: " in call("outbox").stdout


def test_the_outbox_tells_why_a_mail_waits_and_who_took_it(
    call: Hos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(tmp_path)
    assert "waits: " in call("outbox").stdout
    [row] = shown(call, "outbox")
    assert (row["accepted_at"], row["recipients"]) == (None, ["ops@example.org"])
    with mailboxes.sendgrid() as stub:
        monkeypatch.setenv("SENDGRID_API_KEY", "SG.k")
        monkeypatch.setenv("HOS_SENDGRID_URL", stub.url)
        assert call("flush").exit_code == 0
    assert "accepted by SendGrid" in call("outbox").stdout


def test_who_acknowledges_snoozes_or_mutes_is_told_what_follows(call: Hos, tmp_path: Path) -> None:
    fail(tmp_path)
    assert call("ack", "collect").stdout == "collect: acknowledged; its recovery will be told\n"
    assert call("snooze", "collect", "90m").stdout.startswith("collect: no reminder before 20")
    assert call("mute", "collect", "2h").stdout.startswith("collect: no mail before 20")
    assert call("resume", "collect").stdout == "collect: mails are sent again\n"
    assert call("mute", "--all", "10m").stdout.startswith("every job: no mail before 20")
    assert call("resume").stdout == "every job: mails are sent again\n"
    [row] = shown(call, "incidents")
    assert row["acknowledged_at"] is not None


@pytest.mark.parametrize("argv", [("ack", "other"), ("snooze", "other")])
def test_a_job_with_which_nothing_is_wrong_is_refused(argv: tuple[str, ...], call: Hos, tmp_path: Path) -> None:
    fail(tmp_path)
    with pytest.raises(Permanent, match="nothing is wrong with other on this host; something is wrong with collect"):
        call(*argv)


@pytest.mark.parametrize("argv", [("mute",), ("mute", "collect", "31d"), ("mute", "collect", "8000h")])
def test_a_mute_without_a_job_or_an_end_is_refused(argv: tuple[str, ...], call: Hos) -> None:
    assert call(*argv).exit_code == 2


def test_a_new_window_leaves_one_alone_that_is_open(call: Hos) -> None:
    assert call("mute", "--all", "2h", "--new").exit_code == 0
    with pytest.raises(Permanent, match=r"a maintenance window is open until 20.*: it stays as it is"):
        call("mute", "--all", "10m", "--new")
    call("resume")
    assert call("mute", "--all", "10m", "--new").exit_code == 0


def test_a_muted_job_makes_no_mail_until_it_is_resumed(call: Hos, tmp_path: Path) -> None:
    call("mute", "collect", "2h")
    at = to_iso(NOON)
    record = {"run_id": f"{RUN_ID}1", "job": "collect", "state": "failed", "host": "web-1", "argv": ["true"]}
    record |= {"boot_id": processes.boot_id(), "scheduled_at": at, "started_at": at, "finished_at": at}
    Journal(tmp_path).append(record | {"pid": 1, "exit_code": 3})
    replay.flush(settings.load())
    assert shown(call, "outbox") == []
    call("resume", "collect")
    with pytest.raises(HallOfShameError, match="set SENDGRID_API_KEY"):
        replay.flush(settings.load())
    assert len(shown(call, "outbox")) == 1


@pytest.mark.parametrize("sandbox", [False, True])
def test_a_test_mail_goes_the_way_alerts_go(sandbox: bool, call: Hos, monkeypatch: pytest.MonkeyPatch) -> None:
    with mailboxes.sendgrid() as stub:
        monkeypatch.setenv("SENDGRID_API_KEY", "SG.k")
        monkeypatch.setenv("HOS_SENDGRID_URL", stub.url)
        result = call("alert-test", *(["--sandbox"] if sandbox else []))
    assert result.stdout == "SendGrid accepted it for ops@example.org\n"
    [mail] = stub.accepted
    assert mail["subject"].startswith("[hos] TEST ")
    assert ("mail_settings" in mail) == sandbox


def test_a_test_mail_needs_somebody_to_go_to(call: Hos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOS_ALERT_TO")
    with pytest.raises(Permanent, match="set HOS_ALERT_TO"):
        call("alert-test")
