"""The code as it was before the newest migration, laid out beside this tree: to be run, and to run its own tests."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.deployment import tables_touched
from tests.shared_data import SHARED
from tests.wrapper.conftest import without_coverage

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = Path("hallofshame/store/migrations/versions")
TESTS_WITHIN_SECONDS = 600
_ALL_PASSED, _SOME_FAILED = 0, 1


class NoReleaseBeforeError(LookupError):
    """It cannot be had from this checkout; says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What tests came to, by `module::name[parameters]`; of one that failed, why. Tables are those of their release."""

    passed: frozenset[str]
    failed: Mapping[str, str]
    tables: frozenset[str]
    written: frozenset[str]
    read: frozenset[str]

    @property
    def names(self) -> set[str]:
        """Without parameters."""
        return {name.partition("[")[0] for name in {*self.passed, *self.failed}}


def newest_migration(tree: Path) -> Path:
    """Relative to the tree. Files begin with the number of their revision."""
    return max((tree / VERSIONS).glob("[0-9]*.py")).relative_to(tree)


def commit_before(tree: Path, migration: Path) -> str:
    """The newest commit without that migration; HEAD when it is not committed yet."""
    if not (tree / ".git").exists():
        raise NoReleaseBeforeError("this is no git checkout, so nobody knows the release before: clone the repository")
    added = _git(tree, "log", "--diff-filter=A", "--format=%H %P", "--", str(migration)).splitlines()
    if not added:
        return _git(tree, "rev-parse", "HEAD").strip()
    _, *parents = added[0].split()  # of several it is the last one: what was taken out and came back
    if not parents:
        raise NoReleaseBeforeError(f"this clone begins after {migration.name} came: git fetch --unshallow")
    return parents[0]


def lay_out(commit: str, folder: Path) -> Path:
    """Lay it out in that folder, with a Python environment of its own: its code, and the packages of these tests."""
    tree = folder / "tree"
    tree.mkdir(parents=True)
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", commit], capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive.stdout, check=True)
    (folder / "shared").symlink_to(SHARED)  # where its tests look for it, whether it is there or not
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tree / ".venv")], check=True)
    [packages] = (tree / ".venv").glob("lib/python3.*/site-packages")
    (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf8")
    uv = [sys.executable, "-m", "uv", "--quiet", "--no-cache", "pip", "install", "--offline", "--no-deps"]
    own = ["--no-build-isolation", "--python", str(tree / ".venv/bin/python"), "--editable", str(tree)]
    subprocess.run([*uv, *own], check=True)
    return tree


def give_migrations(tree: Path, source: Path = ROOT) -> None:
    """Have its databases brought to the schema of another tree."""
    shutil.rmtree(tree / VERSIONS)
    shutil.copytree(source / VERSIONS, tree / VERSIONS, ignore=shutil.ignore_patterns("__pycache__"))


def run_its_tests(tree: Path, folder: Path, *arguments: str) -> Outcome:
    """Run them as it is set up to, on the database server of these tests. `folder` is for what they write."""
    plugins, touched, told = folder / "plugins", folder / "touched", folder / "told.xml"
    for each in (plugins, touched):
        each.mkdir(parents=True)
    shutil.copy(tables_touched.__file__, plugins)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(plugins), tables_touched.FOLDER_VARIABLE: str(touched)}
    flags = ["-p", "tables_touched", "-p", "no:cacheprovider", "--basetemp", str(folder / "tmp"), "--tb", "short"]
    done = subprocess.run(
        [str(tree / ".venv/bin/python"), "-m", "pytest", *flags, "--junitxml", str(told), *arguments],
        cwd=tree,
        env=without_coverage(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TESTS_WITHIN_SECONDS,
        check=False,
    )
    assert done.returncode in {_ALL_PASSED, _SOME_FAILED}, done.stdout[-5_000:]
    return _outcome(told, [json.loads(path.read_text(encoding="utf8")) for path in touched.iterdir()])


def _outcome(told: Path, touched: list[dict[str, list[str]]]) -> Outcome:
    passed, failed = set(), {}
    for case in ET.parse(told).getroot().iter("testcase"):  # noqa: S314 - pytest has just written it
        name = f"{case.get('classname')}::{case.get('name')}"
        faults = [child.get("message", "") for child in case if child.tag in {"failure", "error"}]
        if faults:
            failed[name] = faults[0]
        elif case.find("skipped") is None:
            passed.add(name)
    tables, written, read = (
        frozenset(table for each in touched for table in each[key]) for key in ("tables", "written", "read")
    )
    return Outcome(frozenset(passed), failed, tables, written, read)


def _git(tree: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(tree), *arguments], capture_output=True, text=True, check=True).stdout
