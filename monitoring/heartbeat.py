"""The sign of life to who watches the watcher: a URL as Healthchecks has them, whose path is a secret."""

import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit

from hallofshame.errors import Transient

TIMEOUT_SECONDS = 5.0


def beat(url: str, *, is_well: bool) -> None:
    """Ask for the URL, or for its `/fail`. Raises Transient, never with the path."""
    asked = urlsplit(url)
    asked = asked._replace(path=asked.path.rstrip("/") + ("" if is_well else "/fail"))
    try:
        with urllib.request.urlopen(asked.geturl(), timeout=TIMEOUT_SECONDS):  # noqa: S310 - the setting is of http
            return
    except (OSError, HTTPException, ValueError) as error:
        raise Transient(f"{asked.scheme}://{asked.hostname} did not take it ({_reason(error)})") from None


def _reason(error: Exception) -> str:
    """What went wrong, without what an exception says of the address."""
    if isinstance(error, urllib.request.HTTPError):
        return f"HTTP {error.code}"
    if isinstance(error, OSError):
        return str(getattr(error, "reason", error))
    return type(error).__name__
