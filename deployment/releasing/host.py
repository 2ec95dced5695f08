"""One host as a deploy sees it: where things lie, and as whom programs run."""

import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hallofshame import host_file

from ..backups import host_settings
from . import programs

JOBS_USER, WEB_USER = "hallofshame", "hallofshame-web"
ETC = Path(host_file.PATH).parent
SITE = "http://127.0.0.1:5001"  # the application itself, past what Apache keeps of its answers

_VALIDATED_WITHIN_SECONDS = 60
_MIGRATED_WITHIN_SECONDS = 1_800  # a column is added to years of rows
_TOLD_WITHIN_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """What a check of `hos validate` has against a release."""

    check: str
    told: str


@dataclass(frozen=True, slots=True)
class Host:
    """`prefix` holds the releases, `etc` the settings."""

    prefix: Path
    etc: Path = ETC

    def settings(self) -> dict[str, str]:
        """The lines of the host's settings; none before there are any."""
        return _read_if_there(self._settings_file)

    def validate(self, release: Path) -> list[Fault]:
        """What `hos validate` has against a release, for the site and for the jobs, each as its own user."""
        web = _read_if_there(self.etc / "web.env")
        return [
            *self._faults(release, "web", WEB_USER, web),
            *self._faults(release, "jobs", JOBS_USER, {}),
        ]

    def migrate(self, release: Path) -> str:
        """Bring the schema to a release's, as the user who may. Raises Permanent."""
        url = self.etc / "secrets" / "HOS_DATABASE_URL_MIGRATE"
        given = {"HOS_DATABASE_URL_FILE": str(url)} if url.exists() else {}
        user = None if given else JOBS_USER  # the secret is root's alone; an embedded database is its user's
        return self._hos(release, ["migrate"], user, given, _MIGRATED_WITHIN_SECONDS)

    def hos(self, release: Path, *argv: str) -> str:
        """What an operators' command of a release prints. Raises Permanent."""
        return self._hos(release, [*argv], JOBS_USER, {}, _TOLD_WITHIN_SECONDS)

    def hos_as_root(self, release: Path, *argv: str) -> str:
        """The same, for what only root may do: install what starts the jobs. Raises Permanent."""
        return self._hos(release, [*argv], None, {}, _TOLD_WITHIN_SECONDS)

    def python(self, release: Path, *argv: str, within_seconds: float) -> str:
        """What a release's own Python prints, as the jobs' user. Raises Permanent."""
        line = [*_as(JOBS_USER), str(release / ".venv" / "bin" / "python"), *argv]
        return programs.run(line, self.prefix, within_seconds, **self._other_settings())

    def _other_settings(self) -> dict[str, str]:
        return {} if self.etc == ETC else {host_file.VARIABLE: str(self._settings_file)}

    @property
    def _settings_file(self) -> Path:
        return self.etc / "hallofshame.env"

    def _hos(self, release: Path, argv: list[str], user: str | None, given: dict[str, str], within: float) -> str:
        line = [*_as(user), str(release / ".venv" / "bin" / "hos"), *argv]
        return programs.run(line, self.prefix, within, **self._other_settings(), **given)

    def _faults(self, release: Path, purpose: str, user: str, given: dict[str, str]) -> Iterator[Fault]:
        line = [*_as(user), str(release / ".venv" / "bin" / "hos"), "validate", "--for", purpose]
        given = self._other_settings() | given | self._own_jobs(release)
        done = programs.attempt(line, self.prefix, _VALIDATED_WITHIN_SECONDS, **given)
        found = [text.split(maxsplit=2) for text in done.said.splitlines() if text.startswith("fail ")]
        yield from (Fault(check, f"{purpose}: {check}: {told}") for _, check, told in found)
        if done.code and not found:
            yield Fault("validate", f"{purpose}: {done.told()}")

    def _own_jobs(self, release: Path) -> dict[str, str]:
        """Where the settings name the jobs of what serves: those of a release that does not serve yet."""
        named = self.settings().get("HOS_JOBS_FILE", "")
        current = f"{self.prefix / 'current'}/"
        return {"HOS_JOBS_FILE": str(release / named.removeprefix(current))} if named.startswith(current) else {}


def _as(user: str | None) -> list[str]:
    """What makes a program another user's; nothing where this one is not root, or there is no such user."""
    if user is None or os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam(user)
    except KeyError:
        return []
    return ["runuser", "-u", user, "--"]


def _read_if_there(path: Path) -> dict[str, str]:
    return host_settings(path) if path.exists() else {}
