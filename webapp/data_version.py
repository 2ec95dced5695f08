"""Which version of the data is served. The database is asked for it at most once a second by each worker."""

from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from hallofshame.clock import Clock
from hallofshame.errors import Transient
from hallofshame.store import data_version, engine, live
from hallofshame.store.engine import Engine

ASKED_EVERY_SECONDS = 1.0
AWAY_FOR_SECONDS = 2.0  # so long nobody asks a database that did not answer: each answer would wait for it


@dataclass(frozen=True, slots=True)
class DataVersion:
    """The version (0 before the first), when it came, and when the newest answer of a park did."""

    number: int
    stepped_at: datetime | None
    as_of: datetime | None


class Versions:
    """The newest version that is known."""

    def __init__(self, database: Engine, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._asking = Lock()
        self._known: DataVersion | None = None
        self._ask_from = 0.0
        self._away: Transient | None = None

    def current(self) -> DataVersion:
        """The version that is at most a second old. Raises Transient while the database is away."""
        is_old = self._clock.monotonic() >= self._ask_from
        # Whoever comes while another asks takes what is known.
        if is_old and self._asking.acquire(blocking=self._known is None and self._away is None):
            try:
                self._ask()
            finally:
                self._asking.release()
        if self._away:
            raise Transient(str(self._away)) from self._away
        if self._known is None:
            raise Transient("the database has not been asked yet")
        return self._known

    def _ask(self) -> None:
        if self._clock.monotonic() < self._ask_from:
            return
        try:
            self._known, self._away = self._read(), None
            self._ask_from = self._clock.monotonic() + ASKED_EVERY_SECONDS
        except Transient as error:
            self._away = error
            self._ask_from = self._clock.monotonic() + AWAY_FOR_SECONDS

    def _read(self) -> DataVersion:
        with engine.read(self._database) as conn:
            number, stepped_at = data_version.current(conn) or (0, None)
            if self._known and self._known.number == number and number:
                return self._known
            return DataVersion(number, stepped_at, max(live.latest_polls(conn).values(), default=None))
