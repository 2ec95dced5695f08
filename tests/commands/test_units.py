"""A unit that systemd has given up is told like a job that failed, once, and so is its end."""

from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from click.testing import CliRunner

from hallofshame.console import hos
from tests import mailboxes

pytestmark = pytest.mark.integration

WEB = "hos-web.service"
KEY = "0123456789abcdef0123456789abcdef"
SAID = f"fail  settings  the key is {KEY}\n"


@pytest.fixture
def mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Message]]:
    monkeypatch.setenv("HOS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOS_ALERT_TO", "ops@example.org")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "key").write_text(KEY, encoding="utf8")
    monkeypatch.setenv("HOS_SIGNING_KEY_FILE", str(tmp_path / "key"))
    with mailboxes.smtp() as (url, messages):
        monkeypatch.setenv("HOS_SMTP_URL", url)
        yield messages


def journal(tmp_path: Path, *, of_unit: str = "", of_systemd: str = "") -> None:
    """What `journalctl` has of it: from its own processes, and with what systemd said."""
    script = tmp_path / "journalctl"
    script.write_text(
        f"#!/bin/sh\ncase $1 in _SYSTEMD_UNIT=*) cat <<'X'\n{of_unit}X\n;; *) cat <<'X'\n{of_systemd}X\nesac\n"
    )
    script.chmod(0o755)


def call(*argv: str) -> None:
    result = CliRunner().invoke(hos, argv)
    assert result.exit_code == 0, result.output


def subjects(mails: list[Message]) -> list[str]:
    return [str(mail["Subject"]).removeprefix("[hos] ").rpartition(" ")[0] for mail in mails]


def text(mail: Message) -> str:
    part = next(each for each in mail.walk() if each.get_content_type() == "text/plain")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def test_it_is_told_once_with_its_last_lines_and_what_to_do(mails: list[Message], tmp_path: Path) -> None:
    journal(tmp_path, of_unit=SAID, of_systemd="Triggering OnFailure= dependencies.\n")
    for _ in range(3):
        call("unit-failed", WEB, "--result=exit-code", "--exit-status=3")
    assert subjects(mails) == [f"FAIL {WEB} (exit 3)"]
    told = text(mails[0])
    assert "systemd gave it up (exit-code)" in told
    assert "fail  settings  the key is [redacted]" in told
    assert KEY not in mails[0].as_string()
    assert f"systemctl reset-failed {WEB} && systemctl start {WEB}" in told


def test_its_end_is_told_and_the_next_failure_again(mails: list[Message], tmp_path: Path) -> None:
    journal(tmp_path, of_unit=SAID)
    call("unit-failed", WEB, "--result=timeout", "--exit-status=TERM")
    assert (tmp_path / "state/failed-units" / WEB).exists()
    call("unit-works", WEB)
    assert not (tmp_path / "state/failed-units" / WEB).exists()
    call("unit-failed", WEB, "--result=exit-code", "--exit-status=")
    assert subjects(mails) == [f"FAIL {WEB} (TERM)", f"OK again {WEB}", f"FAIL {WEB}"]


def test_it_is_told_though_a_setting_is_wrong(
    mails: list[Message], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOS_SITE_URL", "queue-times")
    journal(tmp_path, of_systemd="Failed at step EXEC\n")
    call("unit-failed", WEB)
    assert "Failed at step EXEC" in text(mails[0])


def test_it_is_told_without_a_journal(mails: list[Message], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    call("unit-failed", WEB)
    assert "journalctl" in text(mails[0])


def test_a_socket_that_is_given_up_with_its_service_is_no_news(mails: list[Message], tmp_path: Path) -> None:
    before = "hos-web.socket: Failed with result 'service-start-limit-hit'.\n"
    journal(tmp_path, of_systemd=before)
    call("unit-failed", "hos-web.socket")
    assert mails == []
    journal(tmp_path, of_systemd=before + "hos-web.socket: Failed with result 'resources'.\n")
    call("unit-failed", "hos-web.socket")
    assert subjects(mails) == ["FAIL hos-web.socket"]


def test_it_is_told_though_no_file_can_be_written(
    mails: list[Message], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal(tmp_path, of_unit=SAID)
    (tmp_path / "state").touch()  # no folder
    CliRunner().invoke(hos, ["unit-failed", WEB])
    assert subjects(mails) == [f"FAIL {WEB}"]
