"""A limiter that several workers share: no more than so many requests a second, and none while told to wait."""

from threading import Lock

from hallofshame.clock import Clock


class Limiter:
    """Hand out starting moments, evenly spaced. `requests_per_second` 0 means no limit, but a pause still holds."""

    def __init__(self, requests_per_second: float, clock: Clock) -> None:
        self._spacing_seconds = 1 / requests_per_second if requests_per_second else 0.0
        self._clock = clock
        self._lock = Lock()
        self._next_start = clock.monotonic()

    def wait(self) -> None:
        """Return when the caller may send its request."""
        with self._lock:
            now = self._clock.monotonic()
            start = max(now, self._next_start)
            self._next_start = start + self._spacing_seconds
        if start > now:
            self._clock.sleep(start - now)

    def pause(self, seconds: float) -> None:
        """Let nobody start for this long (the server said Retry-After)."""
        with self._lock:
            self._next_start = max(self._next_start, self._clock.monotonic() + seconds)
