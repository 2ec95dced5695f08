"""A name for each request, in every log line that it causes and in its answer."""

import re
import secrets

from flask import Flask, Response, request

from hallofshame import logs

HEADER = "X-Request-Id"

# As the proxy or a tracing client makes them; anything else would be a stranger's text in our logs.
_SANE = re.compile(r"[\w@.:+/=-]{1,128}", re.ASCII)


def register(app: Flask) -> None:
    """Let an application name its requests."""
    app.before_request(_take_or_make)
    app.after_request(_give_back)
    app.teardown_request(_forget)


def _take_or_make() -> None:
    given = request.headers.get(HEADER, "")
    logs.request_id.set(given if _SANE.fullmatch(given) else secrets.token_hex(16))


def _give_back(response: Response) -> Response:
    response.headers[HEADER] = logs.request_id.get() or ""
    return response


def _forget(_error: BaseException | None) -> None:
    logs.request_id.set(None)
