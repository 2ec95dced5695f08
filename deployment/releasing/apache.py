"""Apache, as this host has it: in front of hos-web.service, or, by mod_wsgi, with the application inside it."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from hallofshame.clock import SystemClock
from hallofshame.errors import Permanent

from . import programs

SERVICE = "apache2.service"
_SITES = Path("/etc/apache2/sites-enabled")
_IN_FRONT, _INSIDE = "hallofshame.conf", "hallofshame-mod-wsgi.conf"
_WITHIN_SECONDS = 30  # longer than the time-outs of the site's processes, together


def has_application() -> bool:
    """Tell whether it serves the site by itself, in the place of hos-web.service: by which of its sites is enabled."""
    return (_SITES / _INSIDE).exists()


def load_application() -> None:
    """Have `current` loaded inside it. Raises Permanent where it does not run, or what is under way does not end.

    Each of mod_wsgi's processes answers what it has begun, and another takes its place: whoever comes meanwhile waits.
    (Told to reload, Apache itself would break both off.)
    """
    before = _processes()
    if not before:
        raise Permanent(f"{SERVICE} does not run, or not with the application in it")
    for pid in before:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR1)
    clock = SystemClock()
    give_up_at = clock.monotonic() + _WITHIN_SECONDS
    while still := before & _processes():
        if clock.monotonic() > give_up_at:
            raise Permanent(f"{SERVICE}: {len(still)} processes do not end")
        clock.sleep(0.1)


def reload_where_changed(before: Path | None, release: Path) -> None:
    """Have it read what a site includes of a release, if that is another now. Raises Permanent where it cannot."""
    if before is None or _included(before) == _included(release) or not (_is_enabled() and _is_running()):
        return
    for argv in (["apachectl", "configtest"], ["systemctl", "reload", SERVICE]):
        programs.run(argv, Path("/"), _WITHIN_SECONDS)


def _processes() -> set[int]:
    """Those that mod_wsgi runs the application in, which it names by their group."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            if (process / "cmdline").read_bytes().startswith(b"(wsgi:hallofshame"):
                found.add(int(process.name))
    return found


def _included(release: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (release / "deployment" / "apache").glob("*-common.conf")}


def _is_enabled() -> bool:
    return any((_SITES / name).exists() for name in (_IN_FRONT, _INSIDE))


def _is_running() -> bool:
    return programs.attempt(["systemctl", "is-active", SERVICE], Path("/"), _WITHIN_SECONDS).code == 0
