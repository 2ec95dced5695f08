"""The logs of long outputs, below the state directory: `output/JOB/RUN_ID.log`, redacted bytes as the job wrote them.

Output that is no longer than what the record keeps has none. Standard library only: the wrapper imports it.
"""

# ruff: noqa: PTH118 - pathlib costs the wrapper too much

import os

# How much of an output its log keeps; what lies between is counted.
FIRST_BYTES = 8 << 20
LAST_BYTES = 8 << 20

# How many logs of a job stay, the newest first. The newest itself stays whatever its size.
KEPT_LOGS = 20
KEPT_BYTES = 128 << 20


def path(state_directory: str | os.PathLike[str], job: str, run_id: str) -> str:
    """Where the log of a run is, if it has one."""
    return os.path.join(state_directory, "output", job, run_id + ".log")
