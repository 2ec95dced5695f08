"""Mails, and the ways out of this host: SendGrid, else SMTP. Only an accepting server counts as delivery."""

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from hallofshame.errors import Transient

TIMEOUT_SECONDS = 10.0  # between two answers of a server; the SendGrid library itself would wait for ever


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `message_id` stands without its angle brackets; `headers` are those beyond the usual."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    message_id: str
    sent_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)

    def all_headers(self) -> dict[str, str]:
        """What every way out must carry."""
        return {
            "Message-ID": f"<{self.message_id}>",
            "Date": format_datetime(self.sent_at),
            "Auto-Submitted": "auto-generated",
            **self.headers,
        }


class Mailer(Protocol):
    """One way out. `send` returns when the mail was accepted, else raises Transient."""

    name: str

    def send(self, mail: Mail) -> None: ...


class SendGrid:
    """The provider's API, version 3."""

    name = "SendGrid"

    def __init__(self, api_key: str, url: str) -> None:
        self._api = SendGridAPIClient(api_key, host=url)
        self._api.client.timeout = TIMEOUT_SECONDS

    def send(self, mail: Mail) -> None:
        try:
            self._api.send(_sendgrid_body(mail))
        except HTTPError as error:
            raise Transient(f"SendGrid: HTTP {error.status_code} {error.reason}") from error
        except (OSError, ValueError) as error:  # refused, timed out, reset; a body that is no answer
            raise Transient(f"SendGrid: {error}") from error


class Smtp:
    """A mail server: `smtp://host:port`, `smtps://user:password@host:port`; TLS where the server offers it."""

    name = "SMTP"

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def send(self, mail: Mail) -> None:
        try:
            with self._connect() as server:
                server.send_message(_mime(mail), mail.sender, list(mail.recipients))
        except (smtplib.SMTPException, OSError) as error:
            raise Transient(f"SMTP: {error}") from error

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


def deliver(mailers: Sequence[Mailer], mail: Mail) -> str:
    """Try one way after the other. Returns the name of the one that accepted; raises Transient with every reason."""
    reasons = []
    for mailer in mailers:
        try:
            mailer.send(mail)
        except Transient as error:
            reasons.append(str(error))
        else:
            return mailer.name
    raise Transient("mail not accepted: " + ("; ".join(reasons) or "set SENDGRID_API_KEY or HOS_SMTP_URL"))


def _mime(mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, ", ".join(mail.recipients)
    message["Subject"] = mail.subject
    for name, value in mail.all_headers().items():
        message[name] = value
    message.set_content(mail.text)
    return message


def _sendgrid_body(mail: Mail) -> dict[str, Any]:
    off = {"enable": False}
    return {
        "personalizations": [{"to": [{"email": address} for address in mail.recipients]}],
        "from": {"email": mail.sender},
        "subject": mail.subject,
        "content": [{"type": "text/plain", "value": mail.text}],
        "headers": mail.all_headers(),
        "tracking_settings": {"click_tracking": off | {"enable_text": False}, "open_tracking": off},
    }
