"""The web application. Nothing happens at import; `webapp.wsgi` makes the one that is served."""

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider

from hallofshame.clock import Clock, to_iso
from hallofshame.settings import Settings
from hallofshame.store.engine import Engine

from . import ack, api, health, problems, request_id, site, wording, world
from .source import ATTRIBUTION, park_page, ride_page


class _InOrder(DefaultJSONProvider):
    """JSON whose keys stand as they were written."""

    sort_keys = False


def create_app(settings: Settings, clock: Clock, engine: Engine) -> Flask:
    """Make the application: the API, the site and their errors."""
    app = Flask(__name__)
    app.json = _InOrder(app)
    key = settings.signing_key
    world.keep(app, world.World(clock, engine, key.get_secret_value() if key else None))
    app.after_request(_revalidated)  # called last: Flask goes through them backwards
    request_id.register(app)
    problems.register(app)
    for each in (ack, api, health, site):
        app.register_blueprint(each.routes)
    app.jinja_env.filters |= {"ago": wording.ago, "duration": wording.duration, "utc": wording.utc, "iso": to_iso}
    app.jinja_env.filters["local_clock"] = wording.local_clock
    app.jinja_env.globals |= {"attribution": ATTRIBUTION, "park_page": park_page, "ride_page": ride_page}
    app.jinja_env.globals["site_url"] = settings.site_url
    return app


def _revalidated(response: Response) -> Response:
    """Answer 304 to a client that has these very bytes."""
    if response.status_code == 200 and request.method in {"GET", "HEAD"}:
        response.add_etag()
        response.make_conditional(request)
    return response
