"""Whether the release that runs was built to its end, and where whoever runs it finds it."""

import csv
import json
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from hallofshame import release

from .releasing.releases import MARK

NAME = "hallofshame"

# What ProtectHome= of a unit hides, and other users have no access to.
HOMES = (Path("/home"), Path("/root"), Path("/run/user"))

_BUILD_ANEW = "build the release anew"


def folder() -> Path | None:
    """The folder of the release that runs; None for a checkout."""
    found = release.folder_of(__file__)
    return Path(found) if found else None


def faults() -> Iterator[str]:
    """What is wrong with it."""
    root = folder()
    if root:
        yield from _unfinished(root)
        yield from _below_a_home(Path(sys.executable).resolve(), Path(sys.prefix).resolve())
    yield from _damaged_files()
    yield from _missing_packages()


def _unfinished(root: Path) -> Iterator[str]:
    mark = root / MARK
    try:
        named = json.loads(mark.read_text(encoding="utf8"))["name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield f"{mark} does not say that the build came to its end ({error!r}): {_BUILD_ANEW}"
    else:
        if named != root.name:
            yield f"{mark} is that of {named}: {_BUILD_ANEW}"


def _below_a_home(*paths: Path) -> Iterator[str]:
    for path in paths:
        if any(path.is_relative_to(home) for home in HOMES):
            yield f"{path} lies below a home directory, which services cannot reach: make .venv with /usr/bin/python3"


def _damaged_files() -> Iterator[str]:
    """Files of ours that are not as they were installed: a full disk leaves such, or an edit on the host."""
    ours = metadata.distribution(NAME)
    for name, _, size in csv.reader((ours.read_text("RECORD") or "").splitlines()):
        path = Path(str(ours.locate_file(name)))
        if not size:  # caches, and the list itself
            continue
        if not path.is_file():
            yield f"{path} is missing: {_BUILD_ANEW}"
        elif path.stat().st_size != int(size):
            yield f"{path} is not as it was installed: {_BUILD_ANEW}"


def _missing_packages() -> Iterator[str]:
    for requirement in metadata.requires(NAME) or ():
        found = re.match(r"[\w.-]+", requirement)
        if found is None or "extra ==" in requirement:
            continue
        try:
            metadata.distribution(found[0])
        except metadata.PackageNotFoundError:
            yield f"the package {found[0]} is not installed: {_BUILD_ANEW}"
