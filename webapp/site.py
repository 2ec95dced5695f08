"""The public site: pages made on the server, which need no script."""

from flask import Blueprint, render_template

from . import live
from .world import world

routes = Blueprint("site", __name__)


@routes.get("/")
def get_live_page() -> str:
    """The parks that are open now, with their rides that are reported closed."""
    now = world().clock.now()
    return render_template("live.html", live=live.read(world().engine, now), now=now)
