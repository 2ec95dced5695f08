"""The first that is written down of a run, before it takes its lock: a wrapper killed later leaves at least this.

A line of the journal like any other, written without its module, which would delay every job.
"""

# ruff: noqa: PTH118 - pathlib would delay every job

import os

from hallofshame import processes

from .run import Run, iso

_LINE = (
    '{{"run_id":"{run_id}","job":"{job}","state":"running","host":"{host}","boot_id":"{boot_id}","pid":{pid},'
    '"pid_start_ticks":{ticks},"argv":[],"scheduled_at":"{scheduled_at}","started_at":"{started_at}","attempts":0}}\n'
)


def declare(run: Run) -> None:
    """Put it in the journal, not yet for good. What cannot be written is told when the run begins."""
    pid = os.getpid()
    line = _LINE.format(
        run_id=run.run_id,
        job=run.flags.job,
        host="".join(letter for letter in os.uname().nodename if letter.isalnum() or letter in ".-_"),
        boot_id=processes.boot_id(),
        pid=pid,
        ticks=processes.start_ticks(pid),
        scheduled_at=iso(run.scheduled_at),
        started_at=iso(run.started_at),
    )
    try:
        path = os.path.join(run.state_directory, "journal", run.run_id + ".jsonl")
        file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)
    except OSError:
        return
