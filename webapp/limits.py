"""How often one client may ask the API: a minute and a day, counted by its address as the proxy in front saw it."""

import math
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Flask, Response, request
from flask_limiter import Limiter, RateLimitExceeded
from limits.errors import ConfigurationError

from hallofshame.errors import SettingsError
from hallofshame.settings import Settings

from . import problems
from .world import world

_COUNTED = "/api/v1/"  # health, version and metrics are for machines of ours
_IPV6_NETWORK_BITS = 64  # what one household is given


def register(app: Flask, settings: Settings) -> None:
    """Let an application count, unless no limit is set."""
    storage = settings.rate_limit_storage_url
    # Each worker sees its share of a client's requests.
    counters = settings.web_workers if storage is None else 1
    limits = [
        f"{math.ceil(allowed / counters)} per {unit}"
        for allowed, unit in ((settings.requests_per_minute, "minute"), (settings.requests_per_day, "day"))
        if allowed
    ]
    if not limits:
        return
    try:
        limiter = Limiter(
            _client,
            app=app,
            application_limits=["; ".join(limits)],
            application_limits_exempt_when=lambda: not request.path.startswith(_COUNTED),
            storage_uri=storage.get_secret_value() if storage else "memory://",
            storage_options={"socket_connect_timeout": 1, "socket_timeout": 1} if storage else {},
            swallow_errors=True,
            in_memory_fallback_enabled=storage is not None,
        )
    except ConfigurationError as error:
        raise SettingsError([f"HOS_RATE_LIMIT_STORAGE_URL: {error}: install hallofshame[redis]"]) from None
    app.register_error_handler(RateLimitExceeded, lambda error: _refused(error, limiter))


def _refused(error: RateLimitExceeded, limiter: Limiter) -> Response:
    """429, with the seconds until the window that was used up is over."""
    at_most = error.limit.limit.get_expiry()
    left = limiter.current_limit.reset_at - world().clock.now().timestamp() if limiter.current_limit else at_most
    response = problems.answer(HTTPStatus.TOO_MANY_REQUESTS, f"More than {error.description} from your address.")
    response.headers["Retry-After"] = str(math.ceil(min(max(left, 1), at_most)))
    return response


def _client() -> str:
    """An address, of IPv6 its network: one client has as many addresses as it likes there."""
    address = request.remote_addr or "unknown"
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped:
        return str(ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))
    return address
