"""What a request must not be, looked at before any view: a body nobody asked for, an address without an end."""

from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestURITooLarge, UnsupportedMediaType

LARGEST_BODY_BYTES = 16_384  # the form behind a mail's link has none
LONGEST_QUERY_BYTES = 4_000  # all parameters of a route together stay below, whatever the alphabet


def register(app: Flask) -> None:
    """Let an application refuse such requests."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES
    app.before_request(_refuse)


def _refuse() -> None:
    environ = request.environ  # read as it is: every request passes here
    if len(environ.get("QUERY_STRING", "")) > LONGEST_QUERY_BYTES:
        raise RequestURITooLarge(f"A query has at most {LONGEST_QUERY_BYTES} bytes.")
    if environ.get("CONTENT_LENGTH") and request.content_length and request.path.startswith("/api/"):
        if request.content_length > LARGEST_BODY_BYTES:
            raise RequestEntityTooLarge
        raise UnsupportedMediaType("This API reads no bodies: put the parameters into the address.")
