"""Links in mails that act on an incident: signed, so that only ours do, and with an end, so that an old mail does not.

A link shows; acting takes a POST (mail scanners follow every link). The same link may be used again: to acknowledge
twice is to acknowledge.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from hallofshame.errors import Permanent

ACTIONS = ("acknowledge", "snooze")

_PURPOSE = b"hallofshame link in a mail 1\n"  # one key may sign other things: no signature fits two of them


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody who holds a link may do."""

    action: str
    incident_id: str
    expires_at: datetime


def make(key: str, action: str, incident_id: str, expires_at: datetime) -> str:
    """Sign a request. The token stands in a URL as it is; it counts whole seconds."""
    content = _encode(f"{action} {int(expires_at.timestamp())} {incident_id}".encode())
    return f"{content}.{_signature(key, content)}"


def read(key: str, token: str, now: datetime) -> Request:
    """Read a token. Raises Permanent when we did not sign it, or when it has expired."""
    content, _, signature = token.partition(".")
    if not hmac.compare_digest(signature.encode("utf8", "replace"), _signature(key, content).encode()):
        raise Permanent("this link was not signed by us: was all of it copied?")
    request = _request(content)
    if now >= request.expires_at:
        raise Permanent(f"this link expired at {request.expires_at:%Y-%m-%d %H:%M} UTC: use `hos`, or a newer mail")
    return request


def _request(content: str) -> Request:
    try:
        action, expires, incident_id = _decode(content).split(" ", 2)
        request = Request(action, incident_id, datetime.fromtimestamp(int(expires), UTC))
    except (ValueError, OverflowError, OSError) as error:  # signed by another release
        raise Permanent(f"this link cannot be read: {error}") from None
    if action not in ACTIONS:
        raise Permanent(f"this link asks for {action!r}, which this release does not know")
    return request


def _signature(key: str, content: str) -> str:
    signed = _PURPOSE + content.encode("utf8", "replace")
    return _encode(hmac.new(key.encode(), signed, hashlib.sha256).digest())


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
