"""The jobs' unit files that are installed, how they differ from what jobs.toml means, and cron beside them."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hallofshame.errors import Permanent
from hallofshame.jobs_file import Job
from hallofshame.whole_files import write_whole

from . import installed_crontab

SYSTEM = Path("/etc/systemd/system")
MARK = "# Rendered from jobs.toml by `hos timers install`; edit that file, not this one."
_PREFIX = "hos-job-"
_CRON_D = Path("/etc/cron.d")


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which what is installed is not what jobs.toml means."""

    kind: str  # missing, drifted, stray, not_active, in_cron
    unit: str
    problem: str
    advice: str

    def __str__(self) -> str:
        return f"{self.unit}: {self.kind.replace('_', ' ')}: {self.problem}; {self.advice}"


def unit(job: str, kind: str) -> str:
    """The name of a job's unit file."""
    return f"{_PREFIX}{job}.{kind}"


class Folder:
    """A folder of unit files. Of the system's own one systemd is asked, and told."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_system = path == SYSTEM

    def __str__(self) -> str:
        return str(self._path)

    def jobs(self) -> list[str]:
        """The jobs that have a timer."""
        timers = (path.name for path in self._own() if path.suffix == ".timer")
        return sorted(name.removeprefix(_PREFIX).removesuffix(".timer") for name in timers)

    def differences(self, wanted: dict[str, str]) -> Iterator[Difference]:
        """Everything in which it is not as wanted."""
        install = "run `hos timers install`"
        for name, text in wanted.items():
            installed = self._read(name)
            if installed is None:
                yield Difference("missing", name, "is not installed", install)
            elif installed != text:
                yield Difference("drifted", name, "is not as jobs.toml has it", install)
            elif name.endswith(".timer") and not self._is_active(name):
                yield Difference("not_active", name, "does not run, or not after the next boot", install)
        for path in self._own():
            if path.name not in wanted:
                yield Difference("stray", path.name, "jobs.toml has no such job", install)

    def install(self, wanted: dict[str, str]) -> bool:
        """Make it so. Returns False where it was so already. Raises Permanent."""
        if not any(self.differences(wanted)):
            return False
        strays = [path for path in self._own() if path.name not in wanted]
        self._systemctl("disable", "--now", names=[path.name for path in strays if path.suffix == ".timer"])
        try:
            for path in strays:
                path.unlink()
            for name, text in wanted.items():
                if self._read(name) != text:
                    write_whole(self._path / name, text.encode())
                    (self._path / name).chmod(0o644)
        except OSError as error:
            raise Permanent(f"{error.filename}: cannot be written ({error.strerror}): run this as root") from None
        self._systemctl("daemon-reload")
        names = [name for name in wanted if name.endswith(".timer")]
        self._systemctl("enable", names=names)
        self._systemctl("restart", names=names)  # one that runs goes on by its old calendar until then
        return True

    def _own(self) -> list[Path]:
        return sorted(path for path in self._path.glob(f"{_PREFIX}*") if path.suffix in {".timer", ".service"})

    def _read(self, name: str) -> str | None:
        try:
            return (self._path / name).read_text(encoding="utf8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Permanent(f"{self._path / name}: cannot be read ({error}): run this as root") from None

    def _is_active(self, name: str) -> bool:
        if not self._is_system:
            return True
        asked = (["systemctl", question, "--quiet", name] for question in ("is-active", "is-enabled"))
        return all(subprocess.run(argv, capture_output=True, check=False).returncode == 0 for argv in asked)

    def _systemctl(self, *verb: str, names: list[str] | None = None) -> None:
        """Tell systemd, but not to do something to no unit at all."""
        if not self._is_system or names == []:
            return
        done = subprocess.run(["systemctl", *verb, *(names or [])], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Permanent(f"systemctl {' '.join(verb)}: {done.stderr.strip()}: run this as root")


def in_cron(jobs: dict[str, Job], user: str) -> list[Difference]:
    """The jobs that cron starts as well, by a line in /etc/cron.d, of that user, or of whoever asks."""
    advice = "choose one: remove the line, or `hos timers` and its units"
    found = [(f"crontab of {user}", installed_crontab.started(_crontab(user), jobs, has_user=False))]
    for path in sorted(_CRON_D.glob("*")):
        lines = installed_crontab.Installed(path, user).read() if installed_crontab.is_read_by_cron(path) else []
        found.append((str(path), installed_crontab.started(lines, jobs, has_user=True)))
    return [
        Difference("in_cron", unit(job, "timer"), f"cron starts {job}, too ({where})", advice)
        for where, names in found
        for job in names
    ]


def _crontab(user: str) -> list[str]:
    """Somebody's crontab; no line where there is none, no cron, or none that may be seen."""
    if shutil.which("crontab") is None:
        return []
    done = subprocess.run(["crontab", "-u", user, "-l"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []
