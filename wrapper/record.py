"""The recorder: a short process that brings the journal to the database, so that neither job nor wrapper waits for it.

Started by the wrapper (`-m hallofshame.wrapper.record`). Makes the log of a long output first, for nobody else can.
Whatever else goes wrong here is told on stderr and left to the next run, `hos flush` or the watcher: the journal still
has it.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hallofshame.errors import HallOfShameError

from . import output_log

LONGEST_SECONDS = 60


def main() -> int:
    """Do what stdin asks for, and bring over the journal. Returns 0, or 1 when something failed."""
    signal.alarm(LONGEST_SECONDS)  # its default action ends this process even inside a hanging connect
    handed_over = json.loads(sys.stdin.read() or "{}")
    logged = _done(_keep_output, handed_over.get("output"))
    brought_over = _done(_bring_over, handed_over.get("record"))
    return 0 if logged and brought_over else 1


def _done(step: Callable[[dict[str, Any] | None], None], given: dict[str, Any] | None) -> bool:
    try:
        step(given)
    except (HallOfShameError, OSError) as error:
        _say(str(error))
        return False
    except Exception:  # noqa: BLE001 - a process edge: nothing may escape, and nothing is silenced
        traceback.print_exc()
        return False
    return True


def _keep_output(output: dict[str, Any] | None) -> None:
    if output:
        output_log.keep(Path(output["path"]), output["spooled"], output["byte_count"])


def _bring_over(record: dict[str, Any] | None) -> None:
    # Here, so that a library which fails on import is told like everything else.
    from hallofshame import replay, settings  # noqa: PLC0415

    loaded, problems = settings.load_or_default(os.environ)
    for problem in problems:
        _say(problem)
    replay.flush(loaded, handed_over=[record] if record else [])  # a record that the journal could not take


def _say(text: str) -> None:
    for line in text.splitlines():
        print(f"hos-cron: recorder: {line}", file=sys.stderr)  # noqa: T201 - the recorder's only voice


if __name__ == "__main__":
    raise SystemExit(main())
