"""The simulator's command line: serve the feed, or print what truly happened."""

import argparse
import json
import signal
from dataclasses import asdict
from datetime import date, datetime, timedelta

from .quirks import Quirk, read_quirks
from .server import Settings, read_moment, serve
from .world import World

_ENDING = {signal.SIGINT, signal.SIGTERM}


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; with --truth print and end."""
    asked = _parser().parse_args(argv)
    world = World(asked.seed, asked.parks)
    if asked.truth:
        _print_truth(world, *asked.truth)
        return 0
    quirks = frozenset().union(*asked.quirk)
    # Blocked before the first thread starts, so that the signal waits for sigwait whichever thread it comes to.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    with serve(world, asked.port, Settings(asked.at, quirks, asked.latency / 1_000)) as url:
        print(f"simulator on {url}", flush=True)
        signal.sigwait(_ENDING)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simulate_feed.py",
        description="Serve an invented Queue-Times feed on 127.0.0.1, or print the breakdowns behind it.",
        epilog="Any path may be asked for as /at/2026-05-01T12:00:00Z/… and /quirk/html:6,429:8/… . "
        f"Quirks: {' '.join(Quirk)}",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="0, the default, takes a free port; the first line names it"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parks", type=int, metavar="N", help="only the N parks with the lowest ids")
    parser.add_argument("--at", type=read_moment, metavar="TIME", help="the moment to serve; the default is now")
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="milliseconds before each answer")
    parser.add_argument(
        "--quirk", type=read_quirks, action="append", default=[], metavar="NAME[:PARK]", help="may be given again"
    )
    parser.add_argument(
        "--truth",
        type=date.fromisoformat,
        nargs=2,
        metavar=("FROM", "TO"),
        help="print the true breakdowns of these park-days, both included, as JSON lines",
    )
    return parser


def _print_truth(world: World, first: date, last: date) -> None:
    for days in range((last - first).days + 1):
        for park_id in world.parks:
            for breakdown in world.breakdowns(park_id, first + timedelta(days)):
                print(json.dumps(asdict(breakdown), default=_utc_text, ensure_ascii=False))


def _utc_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
