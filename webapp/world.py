"""What every view is given, kept by the application that serves the request."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask, current_app

from hallofshame.clock import Clock
from hallofshame.store.engine import Connection, Engine

from .data_version import Versions
from .live import Live
from .live_board import LiveBoard
from .response_cache import ResponseCache

_KEY = "hallofshame"


@dataclass(frozen=True, slots=True)
class World:
    """A request's world. `signing_key` is None where no links are signed, `release` where it runs from none."""

    clock: Clock
    engine: Engine
    signing_key: str | None
    release: str | None
    versions: Versions
    cache: ResponseCache
    live_board: LiveBoard


def keep(app: Flask, world: World) -> None:
    """Give an application its world."""
    app.extensions[_KEY] = world


def live_now(conn: Connection, now: datetime) -> Live:
    """How every park stands right now."""
    here = world()
    return here.live_board.read(conn, here.versions.current(), now)


def world() -> World:
    """The world of the application that serves this request."""
    return cast("World", current_app.extensions[_KEY])
