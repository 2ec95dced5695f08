"""The one envelope of every answer: the data, how recent they are, and whose they are."""

from datetime import datetime
from typing import Any

from flask import Response, jsonify

from hallofshame.clock import to_iso
from hallofshame.rules import live
from hallofshame.rules.live import Freshness

from .source import ATTRIBUTION

_STALE = {Freshness.UNKNOWN: None, Freshness.OK: False, Freshness.WARN: True, Freshness.FAIL: True}
_REASON = {
    Freshness.UNKNOWN: "no park has answered yet",
    Freshness.OK: None,
    Freshness.WARN: "no park has answered for more than 20 minutes",
    Freshness.FAIL: "no park has answered for more than an hour",
}


def envelope(data: Any, as_of: datetime | None, now: datetime, **meta: Any) -> Response:
    """Answer with data that hold as of a moment. Where that is None or long ago, `meta.reason` says so."""
    freshness = live.freshness(as_of, now)
    recency = {"as_of": iso(as_of), "stale": _STALE[freshness], "reason": _REASON[freshness]}
    return jsonify(data=data, meta=meta | recency, attribution=ATTRIBUTION)


def iso(moment: datetime | None) -> str | None:
    """A moment as the API writes it."""
    return None if moment is None else to_iso(moment)
