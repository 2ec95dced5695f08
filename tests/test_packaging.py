"""What is installed is what the tree holds, and what the requirements pin is what the code imports."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_imports import APPLICATIONS, ROOT, imports, sources

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKED = {
    "requirements-core.txt": PROJECT["dependencies"],
    "requirements.txt": PROJECT["dependencies"] + EXTRAS["mysql"] + EXTRAS["aws"],
    "requirements-dev.txt": PROJECT["dependencies"] + EXTRAS["mysql"] + EXTRAS["aws"] + EXTRAS["dev"],
}


@pytest.mark.integration
@pytest.mark.slow
def test_a_wheel_holds_what_the_tree_holds(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in ("hallofshame", *APPLICATIONS):
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, tree / file)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(tree)]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    files = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    scripts = {name for name in files if ".data/scripts/" in name}
    assert {name.rsplit("/", 1)[1] for name in scripts} == {"hos-cron"}
    assert files - scripts == {installed(path, tree) for path in tree.rglob("*") if is_shipped(path, tree)}


def installed(path: Path, tree: Path) -> str:
    relative = path.relative_to(tree).as_posix()
    return relative if relative.startswith("hallofshame/") else f"hallofshame/{relative}"


def is_shipped(path: Path, tree: Path) -> bool:
    parts = path.relative_to(tree).parts
    in_a_package = path.parent != tree and "build" not in parts and not is_for_a_host(path, parts[0])
    return path.is_file() and in_a_package and path.name != "hos-cron" and ".egg-info" not in str(path)


def is_for_a_host(path: Path, top: str) -> bool:
    """Scripts, units and sites are used from the source tree that a release is, and no part of what is installed."""
    return top == "deployment" and path.suffix != ".py"


@pytest.mark.unit
@pytest.mark.parametrize("name", sorted(LOCKED))
def test_requirements_pin_with_hashes_what_the_project_asks_for(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf8")
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    for wanted in map(Requirement, LOCKED[name]):
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), wanted
    for block in re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block


@pytest.mark.unit
def test_every_import_is_a_declared_dependency() -> None:
    imported = {name.split(".")[0] for _, path in sources() for name in imports(path)}
    others = imported - sys.stdlib_module_names - {"hallofshame"}
    distributions = packages_distributions()
    declared = {canonicalize_name(Requirement(each).name) for each in LOCKED["requirements.txt"]}
    for name in others:
        assert {canonicalize_name(each) for each in distributions[name]} & declared, name
