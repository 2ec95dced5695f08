"""What hos-cron costs: start, whole, a large output, an idle minute, a world that never answers.

Installed from a wheel, beside what people use instead, in one run: figures of two runs say nothing about each other.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.black_holes import black_holes

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 30
START_TARGET, SECONDS_TARGET, MEMORY_TARGET_MB, IDLE_TARGET_PERCENT = 2.0, 1.5, 24, 0.1
HOLE_START_TARGET_MS, HOLE_EXIT_TARGET_MS = 50, 1_000
IDLE_JOB_SECONDS, SETTLED_AFTER_SECONDS = 60, 5

# The peak of a child, told by a small process: the kernel counts what a child's parent held when it started.
MEASURE = """\
import resource, os, sys
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
os.write(2, b"%d" % usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
CLOCK = ("date", "+%s.%N")  # takes about a millisecond itself


def main(argv: Sequence[str] = ()) -> None:
    """Print the figures. `argv` may hold the number of rounds."""
    rounds = int(argv[0]) if argv else ROUNDS
    with TemporaryDirectory() as name, _installed(Path(name)) as programs:
        _print_start_and_whole(programs, rounds)
        for label, command in (
            ("1 GiB of zeros", ("head", "-c", "1G", "/dev/zero")),
            ("2 million lines", ("sh", "-c", "yes | head -n 2000000")),
        ):
            _print_output(programs, label, command)
        _lend_dependencies(programs)
        _printblack_holes(programs, rounds)
        _print_idle(programs)


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


def _lend_dependencies(programs: Path) -> None:
    """Let the recorder find the libraries of this environment: without them it would not call anybody."""
    [packages] = (programs.parent / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf8")


def _print_start_and_whole(programs: Path, rounds: int) -> None:
    """How long until the job's first instruction, and what the whole adds to `true`, each beside its peers."""
    peers = {
        "timeout": ["timeout", "60"],
        "flock": ["flock", str(programs / "lock")],
        "chronic": ["chronic"],
        "hos-cron": _hos_cron(programs),
    }
    missing = [name for name in peers if name != "hos-cron" and not shutil.which(name)]
    for name in missing:
        print(f"{name} is not installed")
        del peers[name]
    bare = [str(programs / "python"), "-I", "-S", "-c", "pass"]
    floor, alone = [], []
    starts: dict[str, list[float]] = {name: [] for name in peers}
    wholes: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(rounds):
        floor.append(_seconds(bare))
        alone.append(_seconds(["true"]))
        for name, prefix in peers.items():
            starts[name].append(_seconds_to_first_instruction(prefix))
            _wait_for_recorder()
            wholes[name].append(_seconds([*prefix, "true"]))
            _wait_for_recorder()
    print(f"python -I -S -c pass     {_milliseconds(floor)}")
    print(f"true                     {_milliseconds(alone)}")
    for name, seconds in starts.items():
        target = f" (target {START_TARGET:g})" if name == "hos-cron" else ""
        print(f"{name + ', to the job':24} {_milliseconds(seconds)}  {_ratio(seconds, floor)} x bare{target}")
    for name, seconds in wholes.items():
        added = [whole - own for whole, own in zip(seconds, alone, strict=True)]
        print(f"{name + ', added to true':24} {_milliseconds(added)}  {_ratio(added, floor)} x bare")


def _print_output(programs: Path, label: str, command: Sequence[str]) -> None:
    floor = min(_seconds(["sh", "-c", '"$@" | cat', "sh", *command]) for _ in range(3))
    seconds, peak_kib = [], 0
    for _ in range(3):
        line = [str(programs / "python"), "-I", "-S", "-c", MEASURE, *_hos_cron(programs), *command]
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


def _printblack_holes(programs: Path, rounds: int) -> None:
    """The job fails, so that there is a mail to send; whatever is called accepts, and never answers."""
    starts, exits = [], []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = os.environ | black_holes(silent.getsockname()[1])
        line = [*_hos_cron(programs), "sh", "-c", f"{' '.join(CLOCK)}; {' '.join(CLOCK)}; exit 3"]
        for _ in range(rounds):
            begun = time.time()
            done = subprocess.run(line, capture_output=True, env=environment, check=False)
            ended = time.time()
            job_started, job_ended = map(float, done.stdout.split())
            starts.append(job_started - begun)
            exits.append(ended - job_ended)
            _let_go(silent)
    for label, seconds, target in (
        ("black holes, to the job", starts, HOLE_START_TARGET_MS),
        ("black holes, to the exit", exits, HOLE_EXIT_TARGET_MS),
    ):
        print(f"{label:24} {_milliseconds(seconds)}  at most {max(seconds) * 1_000:.0f} ms (target {target} ms)")


def _let_go(silent: socket.socket) -> None:
    """Hang up on the recorder until it gives up, so that it does not disturb the next figure."""
    silent.settimeout(0.05)
    while _recorder_is_alive():
        with suppress(TimeoutError):
            silent.accept()[0].close()


def _print_idle(programs: Path) -> None:
    """What the wrapper itself computes while its job sleeps, told by the kernel in ticks of a hundredth second."""
    with subprocess.Popen([*_hos_cron(programs), "sleep", str(IDLE_JOB_SECONDS)]) as wrapper:
        time.sleep(SETTLED_AFTER_SECONDS)
        before, started = _processor_seconds(wrapper.pid), time.monotonic()
        time.sleep(IDLE_JOB_SECONDS - SETTLED_AFTER_SECONDS - 1)
        used, passed = _processor_seconds(wrapper.pid) - before, time.monotonic() - started
    percent = 100 * used / passed
    print(
        f"{f'idle, job of {IDLE_JOB_SECONDS} s':24} {percent:7.3f} %   of a processor, user and system, "
        f"in the {passed:.0f} s after the first {SETTLED_AFTER_SECONDS} (target {IDLE_TARGET_PERCENT:g} %)"
    )


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _hos_cron(programs: Path) -> list[str]:
    return [str(programs / "hos-cron"), "bench", "--"]


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _seconds_to_first_instruction(prefix: Sequence[str]) -> float:
    """Until the job reads the clock. chronic shows what it read only when the job fails."""
    command = ["sh", "-c", f"{' '.join(CLOCK)}; exit 1"] if prefix[0] == "chronic" else CLOCK
    started = time.time()
    done = subprocess.run([*prefix, *command], stdout=subprocess.PIPE, check=False)
    return float(done.stdout) - started


def _wait_for_recorder() -> None:
    """Let the recorder end, which nobody waits for in earnest but which would disturb the next figure."""
    while _recorder_is_alive():
        time.sleep(0.01)


def _recorder_is_alive() -> bool:
    return any(_is_recorder(path) for path in Path("/proc").glob("[0-9]*/cmdline"))


def _is_recorder(path: Path) -> bool:
    try:
        return path.read_bytes().endswith(b"hallofshame.wrapper.record\0")
    except OSError:
        return False


def _milliseconds(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1_000:7.2f} ms"


def _ratio(seconds: list[float], floor: list[float]) -> str:
    return f"{statistics.median(seconds) / statistics.median(floor):.2f}"


def _quietly(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main(sys.argv[1:])
