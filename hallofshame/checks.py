"""How a host is checked: each check by itself, so that none waits for another, hides another or keeps whoever asked."""

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from threading import Thread

from hallofshame.clock import SystemClock
from hallofshame.errors import HallOfShameError
from hallofshame.settings import Settings

log = logging.getLogger(__name__)

LITTLE_FREE_BYTES, LEAST_FREE_BYTES = 1 << 30, 100 << 20
LEAST_FREE_FILES = 1_000


class Level(Enum):
    """How much it matters. Declared from good to bad."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found, and what to do about it."""

    check: str
    level: Level
    message: str


@dataclass(frozen=True, slots=True)
class Host:
    """What the checks look at."""

    settings: Settings
    settings_problems: tuple[str, ...]
    now: datetime


Answers = Iterator[tuple[Level, str]]
Check = Callable[[Host], Answers]


def examine(checks: Mapping[str, Check], host: Host, within_seconds: float) -> list[Finding]:
    """Make every check at once. What has not answered in time has failed."""
    unanswered = f"no answer within {within_seconds:g} s"
    examinations = [_Examination(name, check, host, unanswered) for name, check in checks.items()]
    clock = SystemClock()
    gives_up_at = clock.monotonic() + within_seconds
    for each in examinations:
        each.join(max(0.0, gives_up_at - clock.monotonic()))
    return [finding for each in examinations for finding in each.findings()]


def has_failed(findings: Sequence[Finding]) -> bool:
    """Tell whether anything has."""
    return any(finding.level is Level.FAIL for finding in findings)


def told(findings: Sequence[Finding], *, as_json: bool) -> str:
    """All of them, one line each."""
    if as_json:
        return json.dumps([_plain(finding) for finding in findings], indent=2)
    return "\n".join(f"{each.level.value:<5} {each.check:<16} {each.message}" for each in findings)


class _Examination(Thread):
    """One check on its way. A daemon: one that hangs does not keep the process."""

    def __init__(self, name: str, check: Check, host: Host, unanswered: str) -> None:
        super().__init__(name=name, daemon=True)
        self._check = check
        self._host = host
        self._answers: list[tuple[Level, str]] = [(Level.FAIL, unanswered)]
        self.start()

    def run(self) -> None:
        try:
            self._answers = list(self._check(self._host))
        except (HallOfShameError, OSError) as error:
            self._answers = [(Level.FAIL, str(error))]
        except Exception as error:
            log.exception("the check of %s is broken", self.name)
            self._answers = [(Level.FAIL, f"the check itself is broken: {error!r}")]

    def findings(self) -> list[Finding]:
        return [Finding(self.name, level, " ".join(message.split())) for level, message in self._answers]


def _plain(finding: Finding) -> dict[str, str]:
    return {"check": finding.check, "level": finding.level.value, "message": finding.message}


def settings_are_right(host: Host) -> Answers:
    """Tell each problem that reading them has found."""
    for problem in host.settings_problems:
        yield Level.FAIL, problem
    if not host.settings_problems:
        yield Level.OK, "all are as expected"


def disk_has_room(folder: Path) -> Answers:
    """Tell how much is free where a folder is, or would be made."""
    disk = os.statvfs(nearest_existing(folder))
    free_bytes = disk.f_bavail * disk.f_frsize
    free = f"{free_bytes / (1 << 30):.1f} GiB free where {folder} is"
    if free_bytes < LEAST_FREE_BYTES:
        yield Level.FAIL, f"{free}: make room, records and readings are about to be lost"
    elif disk.f_files and disk.f_favail < LEAST_FREE_FILES:
        yield Level.FAIL, f"{disk.f_favail} files can still be made where {folder} is: remove some"
    elif free_bytes < LITTLE_FREE_BYTES:
        yield Level.WARN, f"{free}: make room"
    else:
        yield Level.OK, free


def nearest_existing(path: Path) -> Path:
    """The path, or what of it there is."""
    return next(each for each in (path, *path.parents) if each.exists())
