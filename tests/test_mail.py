"""Mails go out by the first way that accepts, and say so when none does."""

import base64
import email
import email.policy
import smtplib
import stat
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from hallofshame import mail, settings
from hallofshame.errors import Transient
from hallofshame.mail import Attachment, Delivery, Mail, SendGrid, Sendmail, Smtp, deliver, mailers, spool_copy
from tests import mailboxes
from tests.factories import NOON
from tests.http_server import send, serve

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
RICH = replace(MAIL, html="<p>cöllect failed</p>\n", attachments=(Attachment("collect.log", "all öf it\n"),))


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk()] == [[] for _ in message.walk()]
    return message


def contents(message: EmailMessage) -> list[tuple[str, str]]:
    leaves = (part for part in message.walk() if not part.is_multipart())
    return [(part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in leaves]


def test_sendgrid_gets_the_mail_with_its_headers_and_no_tracking() -> None:
    with mailboxes.sendgrid() as stub:
        assert deliver([SendGrid("SG.key", stub.url)], MAIL) == Delivery("SendGrid")
    [body] = stub.accepted
    assert stub.keys == ["Bearer SG.key"]
    assert [to["email"] for to in body["personalizations"][0]["to"]] == list(MAIL.recipients)
    assert (body["subject"], body["content"]) == (MAIL.subject, [{"type": "text/plain", "value": MAIL.text}])
    assert body["headers"]["Message-ID"] == "<run.1@example.org>"
    assert body["headers"]["X-HOS-Job"] == "collect"
    assert body["tracking_settings"]["click_tracking"]["enable"] is False


def test_a_mail_server_gets_the_same() -> None:
    with mailboxes.smtp() as (url, messages):
        assert deliver([Smtp(url)], MAIL) == Delivery("SMTP")
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
        delivery = deliver([SendGrid("SG.key", stub.url), Smtp(url)], MAIL)
    assert delivery.accepted_by == "SMTP"
    assert [reason.split()[:3] for reason in delivery.refused] == [["SendGrid:", "HTTP", str(status)]]
    assert (stub.tries, len(messages)) == (1, 1)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b'{"errors": [{"message": "The key is\\nrevoked"}]}', ": The key is revoked (see SENDGRID_API_KEY"),
        (403, b'{"errors": [{"message": "no verified sender"}]}', ": no verified sender (see SENDGRID_API_KEY and HOS"),
        (400, b'{"errors": [{"message": "bad content"}, {"message": "bad from"}]}', ": bad content; bad from"),
        (400, b"<html>", ""),
        (400, b'{"errors": 7}', ""),
        (500, b"[]", ""),
    ],
)
def test_a_refusal_says_why_in_the_words_of_the_provider(status: int, body: bytes, said: str) -> None:
    def refuse(handler: BaseHTTPRequestHandler) -> None:
        handler.rfile.read(int(handler.headers["Content-Length"]))
        send(handler, body, status)

    with serve(refuse) as url, pytest.raises(Transient) as caught:
        deliver([SendGrid("SG.key", url)], MAIL)
    assert f"SendGrid: HTTP {status}" in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


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
    with pytest.raises(Transient, match="set SENDGRID_API_KEY, HOS_SMTP_URL or HOS_SENDMAIL"):
        deliver([], MAIL)


def test_both_shapes_and_the_attachment_arrive_by_mail_server() -> None:
    with mailboxes.smtp() as (url, messages):
        deliver([Smtp(url)], RICH)
    message = parsed(messages[0].as_bytes())
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in message.iter_parts()] == ["multipart/alternative", "text/plain"]
    assert contents(message) == [
        ("text/plain", RICH.text),
        ("text/html", RICH.html),
        ("text/plain", RICH.attachments[0].text),
    ]
    assert [part.get_filename() for part in message.iter_attachments()] == ["collect.log"]


def test_both_shapes_and_the_attachment_arrive_by_sendgrid() -> None:
    with mailboxes.sendgrid() as stub:
        deliver([SendGrid("SG.key", stub.url)], RICH)
    [body] = stub.accepted
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]  # the last one is shown
    [attached] = body["attachments"]
    assert base64.b64decode(attached.pop("content")).decode() == RICH.attachments[0].text
    assert attached == {"filename": "collect.log", "type": "text/plain", "disposition": "attachment"}
    assert body["tracking_settings"]["open_tracking"] == {"enable": False}
    assert "headers" not in body["personalizations"][0]


@pytest.mark.parametrize("each", [MAIL, RICH])
def test_the_same_mail_always_gives_the_same_bytes(each: Mail) -> None:
    assert each.as_bytes() == replace(each).as_bytes()


def test_no_part_can_end_itself_and_begin_another() -> None:
    boundaries = [part.get_boundary() for part in parsed(RICH.as_bytes()).walk() if part.is_multipart()]
    end = "".join(f"--{each}\nContent-Type: text/html\n\n<b>mine</b>\n--{each}--\n" for each in boundaries)
    evil = replace(RICH, text=end, html=end, attachments=(Attachment("x.log", end),))
    assert contents(parsed(evil.as_bytes())) == [("text/plain", end), ("text/html", end), ("text/plain", end)]


@pytest.mark.parametrize("text", ["ü\n", "ü" * 5_000, "x" * 5_000])
def test_lines_are_short_and_seven_bits_whatever_was_printed(text: str) -> None:
    lines = replace(RICH, text=text, html=text).as_bytes().split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert all(line.isascii() for line in lines)


def test_a_long_message_id_stays_whole() -> None:
    name = f"inc.{'0192f3a4-' * 9}.0@alerts.a-long-name.example.org"
    long = replace(MAIL, message_id=name, headers={"References": f"<{name}>", "In-Reply-To": f"<{name}>"})
    message = parsed(long.as_bytes())
    assert {message["Message-ID"], message["References"], message["In-Reply-To"]} == {f"<{name}>"}


@pytest.mark.parametrize("evil", ["x\nBcc: all@example.org", "x\r\n\r\nbody", "x\0", "x\N{LINE SEPARATOR}Bcc: y"])
def test_a_header_of_two_lines_is_no_mail(evil: str) -> None:
    for change in ({"subject": evil}, {"message_id": evil}, {"sender": evil}, {"headers": {"X-HOS-Job": evil}}):
        with pytest.raises(ValueError, match="not one line"):
            replace(MAIL, **change)
    with pytest.raises(ValueError, match="not one line"):
        replace(MAIL, recipients=("ops@example.org", evil))


def test_an_address_that_is_not_ascii_is_a_reason_and_no_crash(tmp_path: Path) -> None:
    strange = replace(MAIL, recipients=("ops\N{ZERO WIDTH SPACE}@exämple.org",))
    with mailboxes.smtp() as (url, _), pytest.raises(Transient, match="SMTP: 'ascii' codec"):
        deliver([Smtp(url)], strange)
    assert strange.as_bytes()
    assert spool_copy(tmp_path, strange).exists()


def test_a_recipient_that_the_server_refuses_is_told_though_others_got_the_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses_one(server: smtplib.SMTP, *_: object) -> dict[str, tuple[int, bytes]]:
        return {"boss@example.org": (550, b"no such\nuser")}

    monkeypatch.setattr(smtplib.SMTP, "sendmail", refuses_one)
    with mailboxes.smtp() as (url, _):
        assert deliver([Smtp(url)], MAIL) == Delivery("SMTP", ("SMTP: boss@example.org: 550 no such user",))


def program(folder: Path, script: str) -> Sendmail:
    path = folder / "sendmail"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf8")
    path.chmod(0o700)
    return Sendmail(path)


def test_sendmail_gets_the_mail_on_its_input(tmp_path: Path) -> None:
    sendmail = program(tmp_path, f'echo "$@" >{tmp_path}/argv; cat >{tmp_path}/mail')
    assert deliver([sendmail], RICH) == Delivery("sendmail")
    assert (tmp_path / "argv").read_text() == "-t -i -oi\n"
    content = (tmp_path / "mail").read_bytes()
    assert b"\r" not in content
    assert parsed(content)["To"] == "ops@example.org, boss@example.org"
    assert contents(parsed(content))[0] == ("text/plain", RICH.text)


def test_sendmail_refuses_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(Transient, match=r"sendmail: .*exit status 75.* queue is full"):
        deliver([program(tmp_path, "echo queue is full >&2; exit 75")], RICH)


def test_a_sendmail_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(Transient, match=r"sendmail: .*No such file"):
        deliver([Sendmail(tmp_path / "none")], MAIL)


def test_a_sendmail_that_hangs_is_ended_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.3)
    with pytest.raises(Transient, match=r"sendmail: .*timed out"):
        deliver([program(tmp_path, f"(sleep 1; touch {tmp_path}/alive) & wait")], MAIL)
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 1.5)
    with pytest.raises(Transient, match=r"sendmail: .*timed out"):  # by then the first would have made its file
        deliver([program(tmp_path, "sleep 30")], MAIL)
    assert not (tmp_path / "alive").exists()


def test_what_sendmail_leaves_running_delays_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 5.0)
    assert deliver([program(tmp_path, "cat >/dev/null; sleep 7 & exit 0")], MAIL).accepted_by == "sendmail"


def test_the_ways_out_stand_in_their_order() -> None:
    given = {"SENDGRID_API_KEY": "SG.key", "HOS_SMTP_URL": "smtp://localhost", "HOS_SENDMAIL": "/usr/sbin/sendmail"}
    ways = mailers(settings.load(given, Path("no-such-env-file")))
    assert [each.name for each in ways] == ["SendGrid", "SMTP", "sendmail"]
    assert mailers(settings.load({}, Path("no-such-env-file"))) == []


def test_a_copy_in_the_spool_is_for_us_alone_and_opens_as_a_mail(tmp_path: Path) -> None:
    path = spool_copy(tmp_path / "spool", RICH)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert contents(parsed(path.read_bytes()))[0] == ("text/plain", RICH.text)
    assert spool_copy(tmp_path / "spool", RICH) == path
    assert list((tmp_path / "spool").iterdir()) == [path]


def test_the_spool_keeps_the_newest_hundred(tmp_path: Path) -> None:
    for number in range(103):
        spool_copy(tmp_path, replace(MAIL, message_id=f"{number}@x", sent_at=NOON + timedelta(seconds=number)))
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == 100
    assert kept[0] == "20260501T120003Z.3@x.eml"


def test_no_name_of_a_mail_leaves_the_spool(tmp_path: Path) -> None:
    path = spool_copy(tmp_path / "spool", replace(MAIL, message_id="../../etc/passwd" + "x" * 300))
    assert path.parent == tmp_path / "spool"
