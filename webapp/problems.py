"""Every error leaves in one form: problem+json (RFC 9457) from the API, a page from the site, whoever raised it."""

import logging
from http import HTTPStatus

from flask import Flask, Response, jsonify, render_template, request

from hallofshame.errors import Transient

from .source import ATTRIBUTION

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 60

# What a page says above, and what it and the API explain.
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
    app.after_request(_explain)


def _away(error: Transient) -> Response:
    """The database does not answer: this may be over in a minute."""
    log.warning("answered 503: %s", error)
    return Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _explain(response: Response) -> Response:
    """Give an error its body, which Flask has made of HTML; its status and headers stay."""
    if response.status_code < HTTPStatus.BAD_REQUEST or response.is_json:
        return response
    status = HTTPStatus(response.status_code)
    heading, detail = _TOLD.get(status, (status.phrase, status.description))
    if request.path.startswith("/api/"):
        response.data, response.mimetype = _problem(status, detail), "application/problem+json"
    else:
        page = render_template("error.html", heading=heading, detail=detail)
        response.data, response.mimetype = page, "text/html"
    return response


def _problem(status: HTTPStatus, detail: str) -> bytes:
    return jsonify(
        type="about:blank",
        title=status.phrase,
        status=status,
        detail=detail,
        instance=request.path,
        attribution=ATTRIBUTION,
    ).get_data()
