"""How often one client may ask the API: a minute and a day, counted by its address as the proxy in front saw it.

Counted by `limits`, which Flask-Limiter is made of: that one's own part of a request takes longer than all of ours.
"""

import logging
import math
from collections.abc import Sequence
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Flask, Response, request
from limits import RateLimitItem, parse
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from hallofshame.clock import Clock
from hallofshame.errors import SettingsError
from hallofshame.settings import Settings

from . import problems

log = logging.getLogger(__name__)

_COUNTED = "/api/v1/"  # health, version and metrics are for machines of ours
_IPV6_NETWORK_BITS = 64  # what one household is given
_TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 1}
_AWAY_FOR_SECONDS = 30.0  # so long a store that did not answer is not asked: each request would wait for it


class _Limits:
    """Counts requests, in a store that is shared or in this worker's memory; in the latter while the former is away."""

    def __init__(self, items: Sequence[RateLimitItem], shared_url: str | None, clock: Clock) -> None:
        self._items = items
        self._clock = clock
        self._own = FixedWindowRateLimiter(storage_from_string("memory://"))
        self._shared = None
        self._ask_shared_from = 0.0
        if shared_url:
            self._shared = FixedWindowRateLimiter(storage_from_string(shared_url, wrap_exceptions=True, **_TIMEOUTS))

    def refuse(self) -> Response | None:
        """Count this request; 429 where it is one too many."""
        if not request.environ["PATH_INFO"].startswith(_COUNTED):
            return None
        client = _client(request.environ.get("REMOTE_ADDR"))
        if self._shared and self._clock.monotonic() >= self._ask_shared_from:
            try:
                return self._count(self._shared, client)
            except StorageError as error:
                log.warning("requests are counted in memory, the shared store is away: %s", error.storage_error)
                self._ask_shared_from = self._clock.monotonic() + _AWAY_FOR_SECONDS
        return self._count(self._own, client)

    def _count(self, counter: FixedWindowRateLimiter, client: str) -> Response | None:
        for item in self._items:
            if not counter.hit(item, client):
                left = counter.get_window_stats(item, client).reset_time - self._clock.now().timestamp()
                return _refused(item, left)
        return None


def register(app: Flask, settings: Settings, clock: Clock) -> None:
    """Let an application count, unless no limit is set."""
    storage = settings.rate_limit_storage_url
    # Each worker that counts alone sees its share of a client's requests.
    counters = settings.web_workers if storage is None else 1
    items = [
        parse(f"{math.ceil(allowed / counters)} per {unit}")
        for allowed, unit in ((settings.requests_per_minute, "minute"), (settings.requests_per_day, "day"))
        if allowed
    ]
    if not items:
        return
    try:
        limits = _Limits(items, storage.get_secret_value() if storage else None, clock)
    except ConfigurationError as error:
        raise SettingsError([f"HOS_RATE_LIMIT_STORAGE_URL: {error}: install hallofshame[redis]"]) from None
    app.before_request(limits.refuse)


def _refused(item: RateLimitItem, left_seconds: float) -> Response:
    """429, with the seconds until the window that was used up is over."""
    response = problems.answer(HTTPStatus.TOO_MANY_REQUESTS, f"More than {item} from your address.")
    response.headers["Retry-After"] = str(math.ceil(min(max(left_seconds, 1), item.get_expiry())))
    return response


def _client(address: str | None) -> str:
    """An address, of IPv6 its network: one client has as many addresses as it likes there."""
    if not address or ":" not in address:
        return address or "unknown"
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped:
        return str(ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))
    return address
