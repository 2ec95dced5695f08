"""A name for each request, in every log line that it causes and in its answer."""

import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from hallofshame import logs

HEADER = "X-Request-Id"

# As the proxy or a tracing client makes them; anything else would be a stranger's text in our logs.
_SANE = re.compile(r"[\w@.:+/=-]{1,128}", re.ASCII)


def named(application: WSGIApplication) -> WSGIApplication:
    """The application, around whose requests each has its name. Outside Flask, where it costs least."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        name = given if _SANE.fullmatch(given) else secrets.token_hex(16)

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            return start_response(status, [*headers, (HEADER, name)], *error)

        token = logs.request_id.set(name)
        try:
            return application(environ, start)
        finally:
            logs.request_id.reset(token)

    return answer
