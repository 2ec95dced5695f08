"""What hos-cron costs: start, whole, and a large output, installed from a wheel, beside what people use instead."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 30
START_TARGET, SECONDS_TARGET, MEMORY_TARGET_MB = 2.0, 1.5, 24

# The peak of a child, told by a small process: the kernel counts what a child's parent held when it started.
MEASURE = """\
import resource, os, sys
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
os.write(2, b"%d" % usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def main(argv: Sequence[str] = ()) -> None:
    """Print the figures. `argv` may hold the number of rounds."""
    rounds = int(argv[0]) if argv else ROUNDS
    with TemporaryDirectory() as name, _installed(Path(name)) as programs:
        _print_start(programs, rounds)
        _print_whole(programs, rounds)
        for label, command in (
            ("1 GiB of zeros", ("head", "-c", "1G", "/dev/zero")),
            ("2 million lines", ("sh", "-c", "yes | head -n 2000000")),
        ):
            _print_output(programs, label, command)


@contextmanager
def _installed(folder: Path) -> Iterator[Path]:
    """Build a wheel of the working tree, install it without its dependencies, and work in an empty folder."""
    tree, wheels, environment = folder / "tree", folder / "wheels", folder / "environment"
    ignored = shutil.ignore_patterns(".*", "var", "build", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, tree, ignore=ignored)
    _quietly(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(tree))
    _quietly(sys.executable, "-m", "venv", str(environment))
    [wheel] = wheels.glob("*.whl")
    _quietly(str(environment / "bin" / "pip"), "install", "--no-deps", "--no-index", str(wheel))
    os.environ["HOS_STATE_DIR"] = str(folder / "state")
    yield environment / "bin"


def _print_start(programs: Path, rounds: int) -> None:
    bare = [str(programs / "python"), "-I", "-S", "-c", "pass"]
    floor, start = [], []
    for _ in range(rounds):
        floor.append(_seconds(bare))
        start.append(_seconds_to_first_instruction([str(programs / "hos-cron"), "bench", "--"]))
        _wait_for_recorder()
    ratio = statistics.median(start) / statistics.median(floor)
    print(f"python -I -S -c pass     {_milliseconds(floor)}")
    print(f"hos-cron, to the job     {_milliseconds(start)}  {ratio:.2f} x bare (target {START_TARGET:g})")


def _print_whole(programs: Path, rounds: int) -> None:
    peers = {
        "timeout": ["timeout", "60"],
        "flock": ["flock", str(programs / "lock")],
        "chronic": ["chronic"],
        "hos-cron": [str(programs / "hos-cron"), "bench", "--"],
    }
    found = {name: prefix for name, prefix in peers.items() if name == "hos-cron" or shutil.which(name)}
    times: dict[str, list[float]] = {name: [] for name in ("", *found)}
    for _ in range(rounds):
        times[""].append(_seconds(["true"]))
        for name, prefix in found.items():
            times[name].append(_seconds([*prefix, "true"]))
        _wait_for_recorder()
    print(f"true                     {_milliseconds(times.pop(''))}")
    for name, seconds in times.items():
        print(f"{name + ' true':24} {_milliseconds(seconds)}")


def _print_output(programs: Path, label: str, command: Sequence[str]) -> None:
    floor = min(_seconds(["sh", "-c", '"$@" | cat', "sh", *command]) for _ in range(3))
    seconds, peak_kib = [], 0
    for _ in range(3):
        line = [
            str(programs / "python"),
            "-I",
            "-S",
            "-c",
            MEASURE,
            str(programs / "hos-cron"),
            "bench",
            "--",
            *command,
        ]
        started = time.perf_counter()
        done = subprocess.run(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
        seconds.append(time.perf_counter() - started)
        peak_kib = max(peak_kib, int(done.stderr))
        _wait_for_recorder()
    best = min(seconds)
    print(
        f"{label + ', best of 3':24} {best:7.2f} s  {best / floor:.1f} x `| cat` (target {SECONDS_TARGET:g} s), "
        f"peak {peak_kib / 1024:.1f} MB (target {MEMORY_TARGET_MB})"
    )


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _seconds_to_first_instruction(prefix: Sequence[str]) -> float:
    """Until the job reads the clock; `date` itself takes about a millisecond of it."""
    started = time.time()
    done = subprocess.run([*prefix, "date", "+%s.%N"], stdout=subprocess.PIPE, check=True)
    return float(done.stdout) - started


def _wait_for_recorder() -> None:
    """Let the recorder end, which nobody waits for in earnest but which would disturb the next figure."""
    while any(_is_recorder(path) for path in Path("/proc").glob("[0-9]*/cmdline")):
        time.sleep(0.01)


def _is_recorder(path: Path) -> bool:
    try:
        return path.read_bytes().endswith(b"hallofshame.wrapper.record\0")
    except OSError:
        return False


def _milliseconds(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1_000:7.2f} ms"


def _quietly(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main(sys.argv[1:])
