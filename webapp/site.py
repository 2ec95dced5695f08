"""The public site: pages made on the server, which need no script."""

from flask import Blueprint, render_template

from hallofshame.store import engine

from .revalidation import revalidated
from .world import live_now, world

routes = Blueprint("site", __name__)
routes.after_request(revalidated)


@routes.get("/")
def get_live_page() -> str:
    """The parks that are open now, with their rides that are reported closed."""
    now = world().clock.now()
    with engine.read(world().engine) as conn:
        seen = live_now(conn, now)
    return render_template("live.html", live=seen, now=now)
