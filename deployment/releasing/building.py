"""A release built aside: the tree as it was committed, with a Python environment of its own.

It is built in the folder it stays in, because the programs of an environment name their interpreter by its path.
RELEASE is written last: a folder without it is no release.
"""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hallofshame.clock import to_iso
from hallofshame.errors import Permanent
from hallofshame.whole_files import write_whole

from . import programs, releases, source
from .source import Source

PYTHON = "/usr/bin/python3"  # the distribution's: services and mod_wsgi can reach no other
FULL_BYTES = 20_000_000  # less than any part of a release needs
_INSTALLED_WITHIN_SECONDS = 900
_MADE_WITHIN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Builder:
    """`wheels`: a folder of packages that are there already, asked first."""

    prefix: Path
    wheels: Path | None = None
    is_offline: bool = False

    def build(self, wanted: Source, now: datetime) -> str:
        """Build a commit; returns the release's name. Raises Permanent, and leaves nothing then."""
        name = releases.name_of(wanted.commit, now)
        folder = self.prefix / "releases" / name
        try:
            folder.mkdir(parents=True)
            self._fill(folder, wanted)
            told = {"name": name, "commit": wanted.commit, "built_at": to_iso(now)}
            write_whole(folder / releases.MARK, json.dumps(told).encode())
            (folder / releases.MARK).chmod(0o644)
        except (Permanent, OSError) as error:
            full = _full(self.prefix)
            shutil.rmtree(folder, ignore_errors=True)
            raise Permanent(f"{name} cannot be built: {full}{error}") from None
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return name

    def _fill(self, folder: Path, wanted: Source) -> None:
        source.unpack(wanted, folder)
        venv = folder / ".venv"
        self._run([PYTHON, "-m", "venv", str(venv)], folder, _MADE_WITHIN_SECONDS)
        self._install(folder, "--require-hashes", "--requirement", str(folder / "requirements.txt"))
        self._install(folder, "--no-deps", str(folder))
        for left in (folder / "build", *folder.glob("*.egg-info")):
            shutil.rmtree(left, ignore_errors=True)
        os.sync()  # a host that loses its power now has whole files below a name that says so

    def _install(self, folder: Path, *what: str) -> None:
        pip = [str(folder / ".venv" / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        found = ["--find-links", str(self.wheels)] if self.wheels else []
        offline = ["--no-index"] if self.is_offline else []
        self._run([*pip, *found, *offline, *what], folder, _INSTALLED_WITHIN_SECONDS)

    def _run(self, argv: list[str], folder: Path, within_seconds: float) -> None:
        # Temporary files beside the release: /tmp is small on a small host, and often memory.
        beside = folder / ".tmp"
        beside.mkdir()
        try:
            programs.run(argv, folder, within_seconds, TMPDIR=str(beside))
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _full(prefix: Path) -> str:
    """That the disk is full, where it is: not every program that fails of it says so."""
    free_bytes = shutil.disk_usage(prefix / "releases").free
    return f"No space left on device for {prefix}/releases: prune, or make room\n  " if free_bytes < FULL_BYTES else ""
