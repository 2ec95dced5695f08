"""Mails, and the ways out of this host: SendGrid, else SMTP, else sendmail. Only who accepts has delivered."""

import base64
import contextlib
import json
import os
import re
import signal
import smtplib
import ssl
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from hallofshame.errors import Transient
from hallofshame.settings import Settings

SENDER_NAME = "Hall of Shame alerts"
TIMEOUT_SECONDS = 10.0  # between two answers of a server; the SendGrid library itself would wait for ever
COPIES_KEPT = 100


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file that goes with a mail."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `message_id` stands without its angle brackets; `headers` are those beyond the usual.

    Raises ValueError for a header of more than one line.
    """

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    message_id: str
    sent_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        for value in (self.sender, *self.recipients, self.subject, self.message_id, *self.headers.values()):
            if value != "".join(value.splitlines()) or "\0" in value:
                raise ValueError(f"not one line: {value!r}")

    def all_headers(self) -> dict[str, str]:
        """What every way out must carry."""
        return {
            "Message-ID": f"<{self.message_id}>",
            "Date": format_datetime(self.sent_at),
            "Auto-Submitted": "auto-generated",
            **self.headers,
        }

    def as_bytes(self) -> bytes:
        """The whole message as it is sent: the same mail always gives the same bytes."""
        return bytes(_mime(self))


@dataclass(frozen=True, slots=True)
class Delivery:
    """Who accepted a mail, and what was refused on the way there, each with its reason."""

    accepted_by: str
    refused: tuple[str, ...] = ()


class Mailer(Protocol):
    """One way out. `send` returns when the mail was accepted, else raises Transient.

    It returns what was refused all the same: a recipient of several.
    """

    name: str

    def send(self, mail: Mail) -> Sequence[str]: ...


class SendGrid:
    """The provider's API, version 3. In its sandbox a mail is checked and thrown away."""

    name = "SendGrid"

    def __init__(self, api_key: str, url: str, *, sandbox: bool = False) -> None:
        self._api = SendGridAPIClient(api_key, host=url)
        self._api.client.timeout = TIMEOUT_SECONDS
        self._settings = {"mail_settings": {"sandbox_mode": {"enable": True}}} if sandbox else {}

    def send(self, mail: Mail) -> Sequence[str]:
        try:
            self._api.send(_sendgrid_body(mail) | self._settings)
        except HTTPError as error:
            raise Transient(f"SendGrid: HTTP {error.status_code} {error.reason}{_sendgrid_says(error)}") from error
        except (OSError, ValueError) as error:  # refused, timed out, reset; a body that is no answer
            raise Transient(f"SendGrid: {error}") from error
        return ()


class Smtp:
    """A mail server: `smtp://host:port`, `smtps://user:password@host:port`; TLS where the server offers it."""

    name = "SMTP"

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def send(self, mail: Mail) -> Sequence[str]:
        try:
            with self._connect() as server:
                refused = server.sendmail(mail.sender, list(mail.recipients), mail.as_bytes())
        except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: an address that is not ASCII
            raise Transient(f"SMTP: {error}") from error
        return [f"SMTP: {address}: {code} {_plain(said)}" for address, (code, said) in refused.items()]

    def _connect(self) -> smtplib.SMTP:
        host, context = self._url.hostname or "localhost", ssl.create_default_context()
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, self._url.port or 465, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(host, self._url.port or 25, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return server


class Sendmail:
    """A program of this host that takes mails as sendmail(8) does: it queues them, and goes on trying by itself."""

    name = "sendmail"

    def __init__(self, program: Path) -> None:
        self._argv = (str(program), "-t", "-i", "-oi")

    def send(self, mail: Mail) -> Sequence[str]:
        with tempfile.TemporaryFile() as said:  # a pipe would be held open by a daemon that the program starts
            try:
                self._run(mail.as_bytes().replace(b"\r\n", b"\n"), said.fileno())
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                said.seek(0)
                raise Transient(f"sendmail: {' '.join([str(error), _plain(said.read(1_000))]).strip()}") from error
        return ()

    def _run(self, message: bytes, output: int) -> None:
        process = subprocess.Popen(
            self._argv, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
        )
        try:
            process.communicate(message, timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, self._argv[0])


def mailers(settings: Settings, *, sandbox: bool = False) -> list[Mailer]:
    """The ways out that are set, the best one first; with `sandbox` those alone that have one."""
    ways: list[Mailer] = []
    if settings.sendgrid_api_key:
        ways.append(SendGrid(settings.sendgrid_api_key.get_secret_value(), settings.sendgrid_url, sandbox=sandbox))
    if sandbox:
        return ways
    if settings.smtp_url:
        ways.append(Smtp(settings.smtp_url.get_secret_value()))
    if settings.sendmail:
        ways.append(Sendmail(settings.sendmail))
    return ways


def deliver(ways: Sequence[Mailer], mail: Mail) -> Delivery:
    """Try one way after the other, until one accepts. Raises Transient with every reason when none does."""
    reasons: list[str] = []
    for mailer in ways:
        try:
            refused = mailer.send(mail)
        except Transient as error:
            reasons.append(str(error))
        else:
            return Delivery(mailer.name, (*reasons, *refused))
    raise Transient(
        "mail not accepted: " + ("; ".join(reasons) or "set SENDGRID_API_KEY, HOS_SMTP_URL or HOS_SENDMAIL")
    )


def spool_copy(folder: Path, mail: Mail) -> Path:
    """Leave a copy that any mail program opens, for when nobody accepted it. The newest hundred are kept.

    Raises OSError. The same mail is one file, however often it is left.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9.@-]", "_", mail.message_id)[:150]
    path = folder / f"{mail.sent_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.{name}.eml"
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:  # is made 0600
        file.write(mail.as_bytes())
    Path(file.name).replace(path)
    for old in sorted(folder.glob("*.eml"))[:-COPIES_KEPT]:
        old.unlink(missing_ok=True)
    return path


def _mime(mail: Mail) -> EmailMessage:
    message = EmailMessage(SMTP)
    message["From"], message["To"] = f"{SENDER_NAME} <{mail.sender}>", ", ".join(mail.recipients)
    message["Subject"] = mail.subject
    for name, value in mail.all_headers().items():
        message[name] = value
    # Quoted-printable: seven bits and short lines, whatever a job has printed.
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    for each in mail.attachments:
        message.add_attachment(each.text, cte="base64", filename=each.name)
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{number}")  # which no line in quoted-printable or base64 can hold
    return message


def _sendgrid_body(mail: Mail) -> dict[str, Any]:
    off = {"enable": False}
    content = [{"type": "text/plain", "value": mail.text}]
    if mail.html is not None:
        content.append({"type": "text/html", "value": mail.html})
    body: dict[str, Any] = {
        "personalizations": [{"to": [{"email": address} for address in mail.recipients]}],
        "from": {"email": mail.sender, "name": SENDER_NAME},
        "subject": mail.subject,
        "content": content,
        "headers": mail.all_headers(),
        "tracking_settings": {"click_tracking": off | {"enable_text": False}, "open_tracking": off},
    }
    if mail.attachments:  # an empty list is refused
        body["attachments"] = [_sendgrid_attachment(each) for each in mail.attachments]
    return body


def _sendgrid_attachment(each: Attachment) -> dict[str, str]:
    return {
        "content": base64.b64encode(each.text.encode()).decode(),
        "filename": each.name,
        "type": "text/plain",
        "disposition": "attachment",
    }


def _sendgrid_says(error: HTTPError) -> str:
    """The provider's own words, and which setting they are about."""
    words: list[str] = []
    with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
        words = [str(each["message"]) for each in json.loads(error.body)["errors"]]
    said = f": {_plain('; '.join(words).encode())}" if words else ""
    hint = " (see SENDGRID_API_KEY and HOS_ALERT_FROM)" if error.status_code in {401, 403} else ""
    return said + hint


def _plain(said: bytes) -> str:
    """What somebody else said, on one line of bearable length."""
    return " ".join(said.decode("utf8", "replace").split())[:300]
