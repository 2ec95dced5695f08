"""A release as it lies on a host: below releases/, in a venv of the host's own Python, by a wheel of this tree."""

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.test_imports import APPLICATIONS, ROOT

NAME = "20260501T120000Z-0123abc"
SYSTEM_PYTHON = "/usr/bin/python3"


def fits() -> bool:
    """Tell whether the host's Python can load what is installed for that of the tests."""
    return Path(SYSTEM_PYTHON).resolve().name == f"python3.{sys.version_info.minor}"


def install(prefix: Path) -> Path:
    """Install one; returns its folder. Packages of others are those of the tests."""
    release = prefix / "releases" / NAME
    _copy_tree(release)
    venv = release / ".venv"
    subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", str(venv)], check=True)
    others = site_packages(release) / "others.pth"
    others.write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf8")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(prefix), str(release)]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = prefix.glob("*.whl")
    uv = [sys.executable, "-m", "uv", "--no-cache", "pip", "install", "--offline", "--no-deps", "--compile-bytecode"]
    subprocess.run([*uv, "--python", str(venv / "bin" / "python"), str(wheel)], check=True, capture_output=True)
    mark = {"name": NAME, "commit": "0123abc", "built_at": "2026-05-01T12:00:00Z"}
    (release / "RELEASE").write_text(json.dumps(mark), encoding="utf8")
    return release


def site_packages(release: Path) -> Path:
    return release / ".venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"


def _copy_tree(release: Path) -> None:
    for folder in ("hallofshame", *APPLICATIONS):
        shutil.copytree(ROOT / folder, release / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "jobs.toml"):
        shutil.copy(ROOT / file, release / file)
