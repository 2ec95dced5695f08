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
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.messages.append(message)


@contextmanager
def smtp() -> Iterator[tuple[str, list[Message]]]:
    """Yields the URL of a mail server and the messages it has taken."""
    inbox, port = _Inbox(), _free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}", inbox.messages
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
