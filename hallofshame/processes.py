"""Processes of this host, as /proc tells of them. Standard library only: the wrapper imports it while a job runs."""

# ruff: noqa: PTH123, PTH208 - pathlib costs the wrapper too much

import os


def boot_id() -> str:
    """Which boot of the machine this is: a pid says nothing about a process of another one."""
    return read("/proc/sys/kernel/random/boot_id").decode("ascii").strip() or "unknown"  # some sandboxes hide it


def stat(pid: int) -> tuple[str, int, int, int]:
    """State letter, parent, process group and start; state X, as in proc(5), when the process has gone."""
    content = read(f"/proc/{pid}/stat")
    if not content:
        return "X", 0, 0, 0
    # The name in brackets may itself hold brackets and spaces.
    fields = content[content.rindex(b")") + 2 :].split()
    return fields[0].decode(), int(fields[1]), int(fields[2]), int(fields[19])


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot: tells it from a later one with the same pid."""
    return stat(pid)[3]


def is_alive(boot: str, pid: int, ticks: int) -> bool:
    """True when the process that had this pid, and started then, in that boot, still runs."""
    state, _, _, started = stat(pid)
    return boot == boot_id() and started == ticks and state not in "ZX"


def pids() -> list[int]:
    """Every process of this host."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def environment(pid: int) -> list[bytes]:
    """The `NAME=value` that the process was started with."""
    return read(f"/proc/{pid}/environ").split(b"\0")


def of_run(run_id: str) -> list[int]:
    """Every living process that carries the run's id in its environment."""
    mark = b"HOS_RUN_ID=" + run_id.encode()
    return [pid for pid in pids() if mark in environment(pid) and stat(pid)[0] not in "ZX"]


def signal_all(targets: list[int], number: int) -> None:
    """Send the signal to each of them. Those that are gone, or are another user's, are passed over."""
    for pid in targets:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def read(path: str) -> bytes:
    """What the file holds; nothing when it has gone, or is another user's."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""
