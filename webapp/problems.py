"""Every error leaves in one form: problem+json (RFC 9457) from the API, a page from the site, whoever raised it."""

import logging
from http import HTTPStatus

from flask import Flask, Response, json, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from hallofshame.errors import Transient

from .source import ATTRIBUTION

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 60

# What a page says above, and what it and the API explain where the error does not say more.
_TOLD = {
    HTTPStatus.NOT_FOUND: ("There is no such page", "Nothing stands at this address."),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("Something went wrong", "The mistake is ours, and it is logged."),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "The data are away for a moment",
        "Our database does not answer. Please come back in a minute.",
    ),
}


def register(app: Flask) -> None:
    """Let an application answer its errors so."""
    app.register_error_handler(Transient, _away)
    app.register_error_handler(HTTPException, _explained)


def _away(error: Transient) -> Response:
    """The database does not answer: this may be over in a minute."""
    log.warning("answered 503: %s", error)
    response = answer(HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _explained(error: HTTPException) -> Response:
    """Give an error its body; its status and its headers stay, such as Allow."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    detail = error.description if error.description != type(error).description else None
    response = answer(status, detail)
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response


def answer(status: HTTPStatus, detail: str | None = None) -> Response:
    """An error as this request may read it. `detail`: what there is to say beyond the usual."""
    heading, usual_detail = _TOLD.get(status, (status.phrase, status.description))
    detail = detail or usual_detail
    if request.path.startswith("/api/"):
        response = make_response(json.dumps(_problem(status, detail)), status)
        response.mimetype = "application/problem+json"
    else:
        response = make_response(render_template("error.html", heading=heading, detail=detail), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _problem(status: HTTPStatus, detail: str) -> dict[str, object]:
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "attribution": ATTRIBUTION,
    }
