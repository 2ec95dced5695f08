"""Mails go out by the first way that accepts, and say so when none does."""

import pytest

from hallofshame import mail
from hallofshame.errors import Transient
from hallofshame.mail import Mail, SendGrid, Smtp, deliver
from tests import mailboxes
from tests.factories import NOON
from tests.http_server import serve

pytestmark = pytest.mark.integration

MAIL = Mail(
    sender="alerts@example.org",
    recipients=("ops@example.org", "boss@example.org"),
    subject="[hos] FAIL collect (exit 1) web-1",
    text="collect failed: ümläut\n.\nlast line\n",
    message_id="run.1@example.org",
    sent_at=NOON,
    headers={"X-HOS-Job": "collect"},
)


def test_sendgrid_gets_the_mail_with_its_headers_and_no_tracking() -> None:
    with mailboxes.sendgrid() as stub:
        assert deliver([SendGrid("SG.key", stub.url)], MAIL) == "SendGrid"
    [body] = stub.accepted
    assert stub.keys == ["Bearer SG.key"]
    assert [to["email"] for to in body["personalizations"][0]["to"]] == list(MAIL.recipients)
    assert (body["subject"], body["content"]) == (MAIL.subject, [{"type": "text/plain", "value": MAIL.text}])
    assert body["headers"]["Message-ID"] == "<run.1@example.org>"
    assert body["headers"]["X-HOS-Job"] == "collect"
    assert body["tracking_settings"]["click_tracking"]["enable"] is False


def test_a_mail_server_gets_the_same() -> None:
    with mailboxes.smtp() as (url, messages):
        assert deliver([Smtp(url)], MAIL) == "SMTP"
    [message] = messages
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == MAIL.text
    assert message["Message-ID"] == "<run.1@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Fri, 01 May 2026 12:00:00 +0000"
    assert message["X-RcptTo"] == "ops@example.org, boss@example.org"


@pytest.mark.parametrize("status", [400, 401, 403, 413, 429, 500, 503])
def test_what_sendgrid_refuses_goes_by_mail_server(status: int) -> None:
    with mailboxes.sendgrid(status) as stub, mailboxes.smtp() as (url, messages):
        assert deliver([SendGrid("SG.key", stub.url), Smtp(url)], MAIL) == "SMTP"
    assert (stub.tries, len(messages)) == (1, 1)


def test_a_provider_that_never_answers_is_left_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.2)
    silent = lambda handler: handler.rfile.read(10**6)  # noqa: E731
    with serve(silent) as url, pytest.raises(Transient, match=r"SendGrid: .*timed out"):
        deliver([SendGrid("SG.key", url)], MAIL)


def test_when_nobody_accepts_every_reason_is_told() -> None:
    with mailboxes.sendgrid(401) as stub, pytest.raises(Transient) as caught:
        deliver([SendGrid("SG.key", stub.url), Smtp("smtp://127.0.0.1:1")], MAIL)
    assert "SendGrid: HTTP 401" in str(caught.value)
    assert "SMTP: [Errno 111] Connection refused" in str(caught.value)
    assert "SG.key" not in str(caught.value)


def test_without_any_way_out_it_says_what_to_set() -> None:
    with pytest.raises(Transient, match="set SENDGRID_API_KEY or HOS_SMTP_URL"):
        deliver([], MAIL)
