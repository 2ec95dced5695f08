"""How every park stands right now, looked at once a minute and version of the data by each worker, for all who ask."""

from datetime import datetime
from threading import Lock

from hallofshame.store.engine import Connection

from . import live
from .live import Live
from .response_cache import Token


class LiveBoard:
    """The newest look."""

    def __init__(self) -> None:
        self._looking = Lock()
        self._seen: tuple[Token, Live] | None = None

    def read(self, conn: Connection, version: object, now: datetime) -> Live:
        """As `live.read`. Whoever comes while another looks waits for what that one sees."""
        token = Token.of(version, now)
        with self._looking:
            if self._seen is None or self._seen[0] != token:
                self._seen = (token, live.read(conn, now))
            return self._seen[1]
