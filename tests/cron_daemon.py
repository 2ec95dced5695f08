"""Debian's own cron, alone with one crontab: in namespaces of its own, so that the machine's crontabs are never seen.

Needs root. Whatever it started is gone once it has been stopped: all of it lives in its process namespace.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

_IN_NAMESPACES = """\
set -e
mount --bind "$1/spool" /var/spool/cron
mount --bind "$1/cron.d" /etc/cron.d
mount --bind "$1/crontab" /etc/crontab
mount -t tmpfs tmpfs /run
crontab "$1/lines"
[ -z "$2" ] || export LD_PRELOAD="$2"
exec cron -f
"""


@contextmanager
def running(folder: Path, lines: list[str], *, clock_offset_seconds: int | None = None) -> Iterator[None]:
    """Run the crontab. The offset moves the clock of daemon and jobs, by libfaketime."""
    assert os.geteuid() == 0, "cron needs root"
    for program in ("cron", "crontab", "unshare"):
        assert shutil.which(program), f"no {program} here: scripts/test says what to install"
    for name in ("spool/crontabs", "cron.d"):
        (folder / name).mkdir(parents=True)
    (folder / "crontab").touch()
    variables: dict[str, str] = {}
    if clock_offset_seconds is not None:
        assert Path(FAKETIME).exists(), "no libfaketime here: scripts/test says what to install"
        variables = {"LD_PRELOAD": FAKETIME, "FAKETIME": str(clock_offset_seconds)}
    given = [f"{name}={value}" for name, value in variables.items()]
    (folder / "lines").write_text("".join(f"{line}\n" for line in [*given, *lines]), encoding="utf8")
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
    preload = variables.pop("LD_PRELOAD", "")
    process = subprocess.Popen(
        [*unshare, "sh", "-c", _IN_NAMESPACES, "sh", str(folder), preload],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TZ": "UTC"} | variables,
        stdin=subprocess.DEVNULL,
    )
    try:
        yield
        assert process.poll() is None, "cron has ended by itself"
    finally:
        process.kill()  # unshare does not heed TERM; its child, which is init in there, is killed with it
        process.wait()
