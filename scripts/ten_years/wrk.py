"""wrk, which asks over many kept connections at once."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

_MIX = Path(__file__).with_name("mix.lua")
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. `errors`: connections that failed or waited too long, and answers of 400 and more."""

    requests_a_second: float
    median_seconds: float
    p99_seconds: float
    errors: int


def ask(
    url: str, paths: Sequence[str], *, clients: int, seconds: float, threads: int = 1, headers: Sequence[str] = ()
) -> Load:
    """Ask a site for some paths in turn, as fast as so many clients can."""
    with TemporaryDirectory(prefix="hos-bench-") as name:
        listed = Path(name) / "paths"
        listed.write_text("\n".join(paths), encoding="utf8")
        sent = [part for header in headers for part in ("-H", header)]
        command = ["wrk", f"-t{threads}", f"-c{clients}", f"-d{seconds:.0f}s", "--timeout", "5s", *sent]
        done = subprocess.run(
            [*command, "-s", str(_MIX), url, "--", str(listed)], check=True, capture_output=True, text=True
        )
    [told] = [line for line in done.stdout.splitlines() if line.startswith("told ")]
    requests, duration, median, p99, errors = map(int, told.split()[1:])
    return Load(requests * _MICROSECONDS / duration, median / _MICROSECONDS, p99 / _MICROSECONDS, errors)
