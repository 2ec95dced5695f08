"""What the links of alert mails lead to: GET shows what would be done, POST asks for it (mail scanners follow links).

The host of the incident does it at its next tick; the request waits in the database.
"""

from functools import partial
from http import HTTPStatus
from uuid import uuid4

from flask import Blueprint, Response, abort, make_response, render_template

from hallofshame.alerts import ack_links
from hallofshame.alerts.ack_links import Request
from hallofshame.errors import Permanent
from hallofshame.store import engine, incidents
from hallofshame.store.incidents import Row

from .world import world

routes = Blueprint("ack", __name__)


@routes.get("/ack/<token>")
def get_request(token: str) -> Response:
    """Show what the link is for, with the button that does it."""
    request, incident = _read(token)
    return _page("ack.html", request=request, incident=incident)


@routes.post("/ack/<token>")
def post_request(token: str) -> Response:
    """Ask for it. To ask twice is to ask."""
    request, incident = _read(token)
    asked = {
        "request_id": str(uuid4()),
        "incident_id": request.incident_id,
        "action": request.action,
        "asked_at": world().clock.now(),
    }
    engine.write(world().engine, partial(incidents.ask, request=asked))
    return _page("acked.html", request=request, incident=incident)


def _read(token: str) -> tuple[Request, Row]:
    """What a token asks for, and its incident. Aborts where we did not sign it, or know of no such incident."""
    key = world().signing_key
    if key is None:
        abort(HTTPStatus.NOT_FOUND)
    try:
        request = ack_links.read(key, token, world().clock.now())
    except Permanent as error:
        abort(HTTPStatus.FORBIDDEN, str(error))
    with engine.read(world().engine) as conn:
        incident = incidents.known(conn, request.incident_id)
    if incident is None:
        abort(HTTPStatus.NOT_FOUND)
    return request, incident


def _page(template: str, request: Request, incident: Row) -> Response:
    """A page that no proxy keeps, and that tells nobody where its reader came from: the address is a permission."""
    response = make_response(render_template(template, request=request, incident=incident))
    response.headers |= {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return response
