"""The recorder: a short process that brings the journal to the database, so that neither job nor wrapper waits for it.

Started by the wrapper (`-m hallofshame.wrapper.record`). Whatever goes wrong here is told on stderr and left to the
next run, `hos flush` or the watcher: the journal still has it.
"""

import json
import os
import signal
import sys
import traceback
from tempfile import TemporaryDirectory
from typing import Any

from hallofshame.journal import Journal

LONGEST_SECONDS = 60


def main() -> int:
    """Bring over the record on stdin, if the journal could not take it, and the journal. Returns 0, or 1 on failure."""
    signal.alarm(LONGEST_SECONDS)  # its default action ends this process even inside a hanging connect
    try:
        _bring_over([json.loads(line) for line in sys.stdin])
    except Exception:  # noqa: BLE001 - a process edge: nothing may escape, and nothing is silenced
        traceback.print_exc()
        return 1
    return 0


def _bring_over(handed_over: list[dict[str, Any]]) -> None:
    # Here, so that a library which fails on import is told like everything else.
    from hallofshame import replay, settings  # noqa: PLC0415

    loaded, problems = settings.load_or_default(os.environ)
    for problem in problems:
        print(f"hos-cron: recorder: {problem}", file=sys.stderr)  # noqa: T201 - the recorder's only voice
    if handed_over:
        with TemporaryDirectory() as elsewhere:
            for record in handed_over:
                Journal(elsewhere).append(record)
            replay.flush(loaded.model_copy(update={"state_dir": elsewhere}))
    replay.flush(loaded)


if __name__ == "__main__":
    raise SystemExit(main())
