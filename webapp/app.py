"""The web application. Nothing happens at import; `webapp.wsgi` makes the one that is served."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from hallofshame.clock import Clock, to_iso
from hallofshame.settings import Settings
from hallofshame.store.engine import Engine

from . import ack, guards, health, limits, metrics, problems, request_id, site, static_files, version, wording, world
from .api import blueprint as api
from .api import documentation
from .data_version import Versions
from .live_board import LiveBoard
from .response_cache import ResponseCache
from .source import ATTRIBUTION, park_page, ride_page


class _App(Flask):
    """Flask without its question, at every call, whether a view is a coroutine: none is. Static files have digests."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def send_static_file(self, filename: str) -> Response:
        return super().send_static_file(static_files.name_of(filename))


class _InOrder(DefaultJSONProvider):
    """JSON whose keys stand as they were written."""

    sort_keys = False


def create_app(settings: Settings, clock: Clock, engine: Engine) -> Flask:
    """Make the application: the API, the site and their errors."""
    app = _App(__name__)
    app.json = _InOrder(app)
    key = settings.signing_key
    signing_key = key.get_secret_value() if key else None
    world.keep(
        app,
        world.World(
            clock, engine, signing_key, settings.release, Versions(engine, clock), ResponseCache(), LiveBoard()
        ),
    )
    app.wsgi_app = request_id.named(app.wsgi_app)  # type: ignore[method-assign, assignment]
    _stand_behind_proxies(app, settings.trusted_proxies)
    problems.register(app)
    guards.register(app)
    limits.register(app, settings, clock)
    if settings.cors_origins:
        app.after_request(_told_apart_by_origin)
        CORS(app, origins=list(settings.cors_origins), resources=r"/api/*", methods=["GET", "HEAD"], max_age=86_400)
    for each in (ack, api, documentation, health, metrics, site, version):
        app.register_blueprint(each.routes)
    app.jinja_env.filters |= {"ago": wording.ago, "duration": wording.duration, "utc": wording.utc, "iso": to_iso}
    app.jinja_env.filters["local_clock"] = wording.local_clock
    app.jinja_env.globals |= {"attribution": ATTRIBUTION, "park_page": park_page, "ride_page": ride_page}
    app.jinja_env.globals["static_file"] = static_files.address
    app.jinja_env.globals["site_url"] = settings.site_url
    return app


def _told_apart_by_origin(response: Response) -> Response:
    """Have caches keep an answer for each origin: one that is kept for nobody's page names none that may read it."""
    if request.path.startswith("/api/"):
        response.vary.add("Origin")
    return response


def _stand_behind_proxies(app: Flask, count: int) -> None:
    """Believe the last `count` entries of what proxies say of the client; what stands before was said by anyone."""
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
