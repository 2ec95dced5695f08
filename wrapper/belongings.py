"""What belongs to a run, wherever it has hidden: found in /proc, and signalled.

That is the job's process group, every descendant of the wrapper (orphans come back to it, see `adopt_orphans`), and
every process that carries the run's id in its environment: one that left group and parent behind before we adopted.
"""

# ruff: noqa: PTH123, PTH208 - pathlib costs more than all of this module

import ctypes
import os

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def find(run_id: str, group: int, outsiders: set[int]) -> list[int]:
    """The pids of all that belongs to the run and is alive. `outsiders` and what they started do not belong."""
    parents: dict[int, int] = {}
    found = set()
    mark = b"HOS_RUN_ID=" + run_id.encode()
    run_start_ticks = start_ticks(os.getpid())
    for pid in _pids():
        state, parent, process_group, ticks = _stat(pid)
        if state in "ZX":
            continue
        parents[pid] = parent
        # What is older than the wrapper cannot know the run; not to read its environment saves half the time.
        if process_group == group or (ticks >= run_start_ticks and mark in _environment(pid)):
            found.add(pid)
    found |= _descendants(parents, os.getpid(), outsiders)
    return sorted(found - outsiders - {os.getpid()})


def signal_all(pids: list[int], number: int) -> None:
    """Send the signal to each of them. Those that are gone, or are another user's, are passed over."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot: tells it from a later one with the same pid."""
    return _stat(pid)[3]


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _stat(pid: int) -> tuple[str, int, int, int]:
    """State letter, parent, process group and start; state X, as in proc(5), when the process has gone."""
    content = _read(f"/proc/{pid}/stat")
    if not content:
        return "X", 0, 0, 0
    # The name in brackets may itself hold brackets and spaces.
    fields = content[content.rindex(b")") + 2 :].split()
    return fields[0].decode(), int(fields[1]), int(fields[2]), int(fields[19])


def _environment(pid: int) -> list[bytes]:
    return _read(f"/proc/{pid}/environ").split(b"\0")


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""  # gone, or another user's


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
