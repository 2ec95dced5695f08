"""A release as a host has it, made once for all tests: the source tree with a venv of Debian's own Python.

It is made where it will be seen, below /srv/hallofshame, in a mount namespace: the scripts of a venv name their
interpreter by its path. On this machine it lies in a folder of the tests, to be bound there once more.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PREFIX = Path("/srv/hallofshame")
NAME = "20260501T120000Z-0000000"
PYTHON = "/usr/bin/python3"  # a release's: those of pyenv and the like lie in a home directory
NOT_RELEASED = shutil.ignore_patterns(
    *(".git", ".venv", ".env", "var", "build", "dist", "*.egg-info"),
    *("__pycache__", ".*_cache", ".hypothesis", ".coverage*"),
)

_AT_PREFIX = """\
set -e
mount -t tmpfs tmpfs "$(dirname "$2")"
mkdir "$2"
mount --bind "$1" "$2"
shift 2
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class ReleaseHost:
    """`folder` is what is to be seen as /srv/hallofshame."""

    folder: Path
    name: str = NAME

    @property
    def release(self) -> Path:
        return self.folder / "releases" / self.name

    def copy(self, folder: Path) -> "ReleaseHost":
        """One for a test to change: by hard links, so that files are to be replaced and not written to."""
        subprocess.run(["cp", "-al", str(self.folder), str(folder)], check=True)
        return ReleaseHost(folder, self.name)


@pytest.fixture(scope="session")
def release_host(tmp_path_factory: pytest.TempPathFactory) -> ReleaseHost:
    """The working tree as a release, and `current` that points to it; shared by all workers of a session."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    host = ReleaseHost(shared / "release-host")
    with _alone(shared / "release-host.lock"):
        if not (host.folder / "current").is_symlink():
            build(host)
    return host


def build(host: ReleaseHost) -> None:
    """Make the release, and switch to it last."""
    assert os.geteuid() == 0, "a release is made below /srv: this needs root"
    shutil.rmtree(host.folder, ignore_errors=True)
    shutil.copytree(ROOT, host.release, ignore=NOT_RELEASED, symlinks=True)
    below = PREFIX / "releases" / host.name
    pip = [f"{below}/.venv/bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    at_prefix(host, PYTHON, "-m", "venv", f"{below}/.venv")
    at_prefix(host, *pip, "--require-hashes", "--requirement", f"{below}/requirements.txt")
    at_prefix(host, *pip, "--no-deps", str(below))
    told = {"name": host.name, "commit": "0" * 40, "built_at": "2026-05-01T12:00:00Z"}
    (host.release / "RELEASE").write_text(json.dumps(told), encoding="utf8")
    (host.folder / "current").symlink_to(f"releases/{host.name}")


def at_prefix(host: ReleaseHost, *argv: str) -> str:
    """Run a command that sees the host's folder as /srv/hallofshame; returns what it printed."""
    argv = ("unshare", "--mount", "--propagation", "private", "sh", "-c", _AT_PREFIX, "sh", *_places(host), *argv)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HOS_", "VIRTUAL_ENV"))}
    done = subprocess.run(argv, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def _places(host: ReleaseHost) -> tuple[str, str]:
    return str(host.folder), str(PREFIX)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
