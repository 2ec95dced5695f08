"""`hos audit`."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import click

from hallofshame import judging, settings
from hallofshame.archive import Archive
from hallofshame.auditing import Audit, reasons
from hallofshame.auditing import audit as judge_again
from hallofshame.clock import to_iso
from hallofshame.commands.parameters import Day
from hallofshame.errors import Permanent
from hallofshame.rules import calendar, history
from hallofshame.rules.park_day import Operation
from hallofshame.rules.ride_day import RideDay
from hallofshame.store import database, engine, rides
from hallofshame.store.engine import Engine

_SUBJECT = re.compile(r"(park|ride):(\d+)")


@click.command()
@click.argument("subject", metavar="park:ID|ride:ID")
@click.argument("day", type=Day())
@click.option("--json", "as_json", is_flag=True, help="Print the JSON of hos judge, and what is stored otherwise.")
def audit(subject: str, day: date, *, as_json: bool) -> None:
    """Show how a park's or a ride's figures of an operating day came about, stretch by stretch.

    They are judged again, from the readings or from the archive, and held against what is stored.
    """
    loaded = settings.load()
    opened = database.open_ready(loaded.database_url.get_secret_value())
    park_id, ride_id = _park_and_ride(opened, subject)
    audited = judge_again(opened, Archive(loaded.archive_url), park_id, day)
    if as_json:
        click.echo(json.dumps(_plain(audited, park_id, ride_id), ensure_ascii=False))
        return
    for line in _lines(audited, park_id, ride_id):
        click.echo(line)


def _park_and_ride(opened: Engine, subject: str) -> tuple[int, int | None]:
    found = _SUBJECT.fullmatch(subject)
    if not found:
        raise Permanent(f"{subject!r}: expected park:6 or ride:12 (the two are numbered apart)")
    kind, number = found[1], int(found[2])
    if kind == "park":
        return number, None
    with engine.read(opened) as conn:
        ride = rides.known(conn).get(number)
    if ride is None:
        raise Permanent(f"{subject}: no such ride is stored")
    return ride.park_id, number


def _plain(audited: Audit, park_id: int, ride_id: int | None) -> dict[str, Any]:
    day = judging.as_json(audited.judged, audited.names, segments=True)
    if audited.judged.operation:
        day["rides"] = {
            str(ride.ride_id): day["rides"][str(ride.ride_id)] | {"reasons": reasons(ride, _usual(audited, ride))}
            for ride in _chosen(audited.judged.operation, ride_id)
        }
    return {
        "park_id": park_id,
        "timezone": audited.day.timezone,
        "rules_version": audited.stored["rules_version"],
        "is_final": audited.stored["is_final"],
        "computed_at": to_iso(audited.stored["computed_at"]),
        "stored_otherwise": list(audited.differences),
        "day": day,
    }


def _lines(audited: Audit, park_id: int, ride_id: int | None) -> Iterator[str]:
    stored, judged = audited.stored, audited.judged
    state = "final" if stored["is_final"] else "provisional"
    yield (
        f"park {park_id}, {judged.op_day} ({audited.day.timezone}), {state}, "
        f"judged {to_iso(stored['computed_at'])} by rules version {stored['rules_version']}"
    )
    yield f"{judged.snapshots} of {audited.day.expected_polls} polls; {judged.rides_open_any} rides opened"
    if judged.operation is None:
        yield "the park did not operate: too few rides with a wait, or for less than an hour"
    else:
        yield from _operation(judged.operation, audited)
        for ride in _chosen(judged.operation, ride_id):
            yield from _ride(ride, audited)
    yield from (audited.differences or ("what is stored is what is recomputed",))


def _operation(ran: Operation, audited: Audit) -> Iterator[str]:
    edges = {True: "seen", False: "not seen: the day is partial"}
    yield (
        f"the park ran from {_local(audited, ran.opened_at)} ({edges[ran.open_edge_known]}) "
        f"to {_local(audited, ran.closed_at)} ({edges[ran.close_edge_known]}), {_length(ran.window_s)}; "
        f"observed {ran.observed_s / ran.window_s:.1%}, stood still {_length(ran.stop_s)}"
    )
    yield (
        f"{len(ran.rides)} rides seen, {ran.rides_opened} opened, {ran.rides_counted} counted, "
        f"{ran.rides_closed_all_day} closed all day; up {_length(ran.sums.up_s)}, down {_length(ran.sums.down_s)}"
    )


def _ride(ride: RideDay, audited: Audit) -> Iterator[str]:
    counted = f"counted with weight {ride.weight}" if ride.is_counted else "not counted"
    queue = "" if ride.is_queue_ride else ", no wait was ever reported"
    outages = f"{len(ride.outages)} outages, the longest {_length(ride.longest_outage_s)}"
    yield f"ride {ride.ride_id}, {audited.names[ride.ride_id]}: {counted}{queue}; {outages}"
    for segment, reason in zip(ride.segments, reasons(ride, _usual(audited, ride)), strict=True):
        began = _local(audited, segment.began_at)
        yield f"  {began}  {_length(segment.length_s):>8}  {segment.bucket.value:<6}  {reason}"


def _chosen(ran: Operation, ride_id: int | None) -> list[RideDay]:
    chosen = [ride for ride in ran.rides if ride_id in {None, ride.ride_id}]
    if not chosen:
        raise Permanent(f"ride {ride_id} was not in the park's feed while the park ran that day, or is no ride")
    return chosen


def _usual(audited: Audit, ride: RideDay) -> history.Usual:
    return audited.usual.get(ride.ride_id, history.UNKNOWN)


def _local(audited: Audit, moment: datetime) -> str:
    return f"{moment.astimezone(calendar.zone(audited.day.timezone)):%H:%M:%S}"


def _length(seconds: int) -> str:
    return f"{seconds // 3_600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
