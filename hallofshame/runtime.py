"""What every job is given, and the one way a job is run: settings, clock and store in, figures and exit code out."""

import argparse
import gc
import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hallofshame import logs, settings
from hallofshame.clock import Clock, FixedClock, SystemClock, parse_utc
from hallofshame.errors import HallOfShameError
from hallofshame.settings import RunContext, Settings
from hallofshame.store import database
from hallofshame.store.engine import Engine

# Readings come by the hundred thousand and refer to nothing that refers to them: looking through them after every 700
# new objects, as Python does, takes a fifth of the time of archiving.
COLLECT_AFTER_OBJECTS = 50_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime:
    """A job's world. `at` is the moment asked for by `--at`, None when the clock is the machine's."""

    settings: Settings
    context: RunContext
    clock: Clock
    engine: Engine
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a job did, as figures for its report, and why that is not enough, if it is not."""

    figures: Mapping[str, float] = field(default_factory=dict)
    failure: str | None = None


def execute(name: str, run: Callable[[Runtime], Summary], argv: Sequence[str] | None = None) -> int:
    """Run a job: parse `--at`, open what it needs, report. Returns the exit code: 0, or 1 with a line that says why."""
    at = _parse(name, argv)
    collect_garbage_rarely()
    try:
        context = RunContext.load()
        logs.configure(run_id=context.run_id, level=logging.WARNING if sys.stderr.isatty() else logging.INFO)
        loaded = settings.load()
        clock = FixedClock(at) if at else SystemClock()
        engine = database.open_ready(loaded.database_url.get_secret_value())
        summary = run(Runtime(loaded, context, clock, engine, at))
        _report(context, summary)
    except HallOfShameError as error:
        log.debug("the job ended early", exc_info=True)
        return _fail(name, str(error))
    return _fail(name, summary.failure) if summary.failure else 0


def collect_garbage_rarely() -> None:
    """Leave alone what is loaded by now, and look for cycles among the rest seldom."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS)


def _parse(name: str, argv: Sequence[str] | None) -> datetime | None:
    parser = argparse.ArgumentParser(prog=f"hos-{name}")
    parser.add_argument("--at", type=_moment, metavar="ISO", help="run as if it were this moment")
    at: datetime | None = parser.parse_args(argv).at
    return at


def _moment(text: str) -> datetime:
    try:
        return parse_utc(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _report(context: RunContext, summary: Summary) -> None:
    """Print the figures, and write them where the wrapper looks for them; a full disk does not fail the job."""
    print(" ".join(f"{name}={value:g}" for name, value in summary.figures.items()))  # noqa: T201 - the job's output
    if context.report is not None:
        try:
            context.report.write_text(json.dumps(summary.figures), encoding="utf8")
        except OSError as error:
            log.warning("cannot write the report to HOS_REPORT: %s", error)


def _fail(name: str, why: str) -> int:
    for line in why.splitlines():
        print(f"hos-{name}: {line}", file=sys.stderr)  # noqa: T201 - the line that says why
    return 1
