"""A host's folder with two releases that `deployment/deploy` has built, offline and in seconds, from a git of its own.

What they depend on is one wheel made here: its versions differ, and it brings in the packages of a release that was
built in full. So what is tested of a build is all but pip's own work on sixty packages.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.release_host import NOT_RELEASED, PREFIX, ROOT, ReleaseHost, at_prefix

DEPLOY = f"{PREFIX}/source/deployment/deploy"
WHEELS = f"{PREFIX}/wheels"
DEPENDENCY = "hos-others"
_NO_SERVICES = "#!/bin/sh\nexit 0\n"
_GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "core.logAllRefUpdates=false")


@dataclass(frozen=True, slots=True)
class Built:
    """`first` and `second` are names of releases; `first` serves. `said` is what deploy printed for each."""

    folder: Path
    first: str
    second: str
    said: tuple[str, str]


def build(full: ReleaseHost, folder: Path) -> Built:
    """Deploy twice to an empty prefix without services, and go back to the first."""
    host = ReleaseHost(folder)
    (folder / "etc").mkdir(parents=True)
    (folder / "etc" / "hallofshame.env").write_text(_settings(), encoding="utf8")
    (folder / "etc" / "hallofshame.env").chmod(0o640)
    _stub(folder / "bin" / "systemctl")
    [packages] = full.release.glob(".venv/lib/python3.*/site-packages")
    subprocess.run(["cp", "-al", str(packages), str(folder / "packages")], check=True)
    _collect_wheels(folder / "wheels")
    shutil.copytree(ROOT, folder / "source", ignore=NOT_RELEASED, symlinks=True)
    _git(folder, "init", "--quiet")
    said = tuple(_deploy(host, depends_on) for depends_on in ("1.0", "2.0"))
    first, second = sorted(each.name for each in (folder / "releases").iterdir())
    (folder / "current").unlink()
    (folder / "current").symlink_to(f"releases/{first}")
    _keep_first_line(folder / "deploys.jsonl")
    return Built(folder, first, second, (said[0], said[1]))


def commit(folder: Path, message: str) -> None:
    """Commit whatever stands in the host's source tree."""
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", message)


def flags() -> list[str]:
    """What makes `deploy` build from what lies here."""
    return ["--offline", "--wheels", WHEELS]


def _deploy(host: ReleaseHost, depends_on: str) -> str:
    wheel = next((host.folder / "wheels").glob(f"hos_others-{depends_on}-*"))
    pin = f"{DEPENDENCY}=={depends_on} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
    (host.folder / "source" / "requirements.txt").write_text(pin, encoding="utf8")
    commit(host.folder, f"depend on {depends_on}")
    path = f"PATH={PREFIX}/bin:{os.environ['PATH']}"
    here = ["--etc", f"{PREFIX}/etc", "--no-smoke", "--no-window"]
    return at_prefix(host, "env", path, DEPLOY, "deploy", *flags(), *here)


def _settings() -> str:
    lines = {
        "HOS_STATE_DIR": f"{PREFIX}/state",
        "HOS_DATABASE_URL": f"sqlite:///{PREFIX}/state/hallofshame.sqlite3",
        "HOS_JOBS_FILE": f"{PREFIX}/current/jobs.toml",
        "HOS_ALERT_TO": "ops@example.org",
        "HOS_SMTP_URL": "smtp://127.0.0.1:25",
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _stub(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(_NO_SERVICES, encoding="utf8")
    path.chmod(0o755)


def _keep_first_line(path: Path) -> None:
    lines = path.read_text(encoding="utf8").splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]), encoding="utf8")


def _collect_wheels(folder: Path) -> None:
    """What pip needs to build ours, by its index, and both versions of what ours needs."""
    folder.mkdir()
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--dest", str(folder), "setuptools>=80"], check=True)
    for version in ("1.0", "2.0"):
        _write_wheel(folder, version)


def _write_wheel(folder: Path, version: str) -> None:
    info = f"hos_others-{version}.dist-info"
    files = {
        "hos_others.pth": f"{PREFIX}/packages\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {DEPENDENCY}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\ngunicorn = gunicorn.app.wsgiapp:run\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"hos_others-{version}-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)


def _git(folder: Path, *argv: str) -> None:
    subprocess.run([*_GIT, "-C", str(folder / "source"), *argv], check=True, capture_output=True)
