"""Where mails arrive in tests: a stub of SendGrid's API, and a real SMTP server."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.http_server import send, serve

# Not statuses: what else a provider can do with a mail.
RESET_AFTER_ACCEPTING, HANG = -1, -2


@dataclass
class SendGridStub:
    """Answers each mail with the next of `statuses`, the last one for ever; keeps those it accepted."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [202])
    accepted: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    tries: int = 0

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        self.tries += 1
        if status == HANG:
            handler.rfile.read(1)  # until the client has had enough
            return
        if status in {202, RESET_AFTER_ACCEPTING}:
            self.accepted.append(body)
            self.keys.append(handler.headers["Authorization"])
        if status == RESET_AFTER_ACCEPTING:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        send(handler, b"", status)


@contextmanager
def sendgrid(*statuses: int) -> Iterator[SendGridStub]:
    stub = SendGridStub(statuses=list(statuses) or [202])
    with serve(stub) as stub.url:
        yield stub


class _Inbox(MessageHandler):
    def __init__(self, *, wants_login: bool) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self._wants_login = wants_login

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self._wants_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        return await super().handle_DATA(server, session, envelope)

    def handle_message(self, message: Message) -> None:
        self.messages.append(message)


@contextmanager
def smtp(user: str = "", password: str = "") -> Iterator[tuple[str, list[Message]]]:
    """Yields the URL of a mail server and the messages it has taken; where a user is named, from that one alone."""
    inbox, port = _Inbox(wants_login=bool(user)), _free_port()
    login: dict[str, Any] = {"authenticator": _Login(user, password), "auth_require_tls": False} if user else {}
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **login)
    controller.start()
    try:
        yield f"smtp://{f'{user}:{password}@' if user else ''}127.0.0.1:{port}", inbox.messages
    finally:
        controller.stop()


@dataclass(frozen=True, slots=True)
class _Login:
    user: str
    password: str

    def __call__(self, _server: SMTP, _session: object, _envelope: object, _by: str, given: object) -> AuthResult:
        wanted = LoginPassword(self.user.encode(), self.password.encode())
        return AuthResult(success=given == wanted, handled=False)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
