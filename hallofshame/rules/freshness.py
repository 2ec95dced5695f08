"""How recent a thing is that comes again and again: polls, the hourly and the daily judgement, the watcher's looks."""

from datetime import datetime, timedelta
from enum import Enum

from hallofshame.rules.constants import LIVE_WITHIN_SECONDS, LOST_AFTER_SECONDS

# Operators' matters, which no figure stands on: how old the newest hourly judgement may be, and the watcher's look.
UNJUDGED_AFTER_SECONDS = 7_200  # one run may be lost
STANDS_STILL_AFTER_SECONDS = 10_800
UNWATCHED_AFTER_SECONDS = 180  # it looks each minute
BLIND_AFTER_SECONDS = 900


class Freshness(Enum):
    """How old the newest one is: none ever, recent, late, lost (domain page, 4.8, S19)."""

    UNKNOWN = "unknown"
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


def of_poll(polled_at: datetime | None, now: datetime) -> Freshness:
    """Judge the newest successful poll: while it is recent it speaks of now."""
    return _judge(polled_at, now, LIVE_WITHIN_SECONDS, LOST_AFTER_SECONDS)


def of_judgement(computed_at: datetime | None, now: datetime) -> Freshness:
    """Judge the newest judgement of an unfinished day, which comes each hour."""
    return _judge(computed_at, now, UNJUDGED_AFTER_SECONDS, STANDS_STILL_AFTER_SECONDS)


def of_tick(ticked_at: datetime | None, now: datetime) -> Freshness:
    """Judge the watcher's newest look, which comes each minute."""
    return _judge(ticked_at, now, UNWATCHED_AFTER_SECONDS, BLIND_AFTER_SECONDS)


def of_closing(parks_behind: int, parks: int) -> Freshness:
    """Judge how many parks' last operating day is still not closed: a day without polls never is, many are a fault."""
    if not parks:
        return Freshness.UNKNOWN
    if not parks_behind:
        return Freshness.OK
    return Freshness.FAIL if 2 * parks_behind > parks else Freshness.WARN


def _judge(newest: datetime | None, now: datetime, late_after_s: int, lost_after_s: int) -> Freshness:
    if newest is None:
        return Freshness.UNKNOWN
    age = now - newest
    if age <= timedelta(seconds=late_after_s):
        return Freshness.OK
    return Freshness.WARN if age <= timedelta(seconds=lost_after_s) else Freshness.FAIL
