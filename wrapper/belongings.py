"""What belongs to a run, wherever it has hidden: found in /proc.

That is the job's process group, every descendant of the wrapper (orphans come back to it, see `adopt_orphans`), and
every process that carries the run's id in its environment: one that left group and parent behind before we adopted.
"""

import ctypes
import os

from hallofshame import processes

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def find(run_id: str, group: int, outsiders: set[int]) -> list[int]:
    """The pids of all that belongs to the run and is alive. `outsiders` and what they started do not belong."""
    parents: dict[int, int] = {}
    found = set()
    mark = b"HOS_RUN_ID=" + run_id.encode()
    run_start_ticks = processes.start_ticks(os.getpid())
    for pid in processes.pids():
        state, parent, process_group, ticks = processes.stat(pid)
        if state in "ZX":
            continue
        parents[pid] = parent
        # What is older than the wrapper cannot know the run; not to read its environment saves half the time.
        if process_group == group or (ticks >= run_start_ticks and mark in processes.environment(pid)):
            found.add(pid)
    found |= _descendants(parents, os.getpid(), outsiders)
    return sorted(found - outsiders - {os.getpid()})


def _descendants(parents: dict[int, int], ancestor: int, outsiders: set[int]) -> set[int]:
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    unvisited = [ancestor]
    while unvisited:
        for child in children.get(unvisited.pop(), ()):
            if child not in outsiders and child not in found:
                found.add(child)
                unvisited.append(child)
    return found
