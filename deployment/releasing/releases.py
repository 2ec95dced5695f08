"""The releases on a host: folders by name, `current` that points to one, and which of them go when there are many."""

import json
import os
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hallofshame.errors import Permanent
from hallofshame.whole_files import sync_folder

KEPT = 3
MARK = "RELEASE"  # written last: without it a build did not come to its end
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{7}")


@dataclass(frozen=True, slots=True)
class Release:
    """A folder below releases/. `commit` is None for one that was not built to its end."""

    folder: Path
    commit: str | None
    built_at: str = ""

    @property
    def name(self) -> str:
        return self.folder.name


def name_of(commit: str, now: datetime) -> str:
    """What a release that is built now is called."""
    return f"{now:%Y%m%dT%H%M%SZ}-{commit[:7]}"


def every(prefix: Path) -> list[Release]:
    """All of them, oldest first, the unfinished ones included."""
    folder = prefix / "releases"
    if not folder.is_dir():
        return []
    return [_read(each) for each in sorted(folder.iterdir()) if _NAME.fullmatch(each.name) and each.is_dir()]


def built(prefix: Path) -> dict[str, Release]:
    """Those that came to their end, by name, oldest first."""
    return {each.name: each for each in every(prefix) if each.commit}


def named(prefix: Path, name: str) -> Release:
    """A release by its name, or by as much of it as no other has: its commit. Raises Permanent."""
    there = built(prefix)
    found = [each for each in there.values() if name in {each.name, each.name.partition("-")[2]}]
    if len(found) != 1:
        what = "more than one release is" if found else "no release is"
        raise Permanent(f"{what} called {name}; there are: {', '.join(there) or 'none'}")
    return found[0]


def current(prefix: Path) -> str | None:
    """The name of what `current` points to."""
    try:
        return (prefix / "current").readlink().name
    except OSError:
        return None


def switch(prefix: Path, name: str | None) -> None:
    """Point `current` to a release, or to none, in one step. Raises OSError."""
    link, beside = prefix / "current", prefix / ".current"
    beside.unlink(missing_ok=True)
    if name is None:
        link.unlink(missing_ok=True)
    else:
        beside.symlink_to(f"releases/{name}")
        beside.replace(link)
    sync_folder(prefix)


def remove_unfinished(prefix: Path) -> list[str]:
    """Remove what builds have left that broke off; returns their names."""
    names = [each.name for each in every(prefix) if each.commit is None]
    for name in names:
        remove(prefix, name)
    return names


def prune(prefix: Path, protected: Collection[str | None]) -> list[str]:
    """Remove all but the newest few and those protected, never one in use; returns their names."""
    there = list(built(prefix))
    used = in_use(prefix)
    gone = [name for name in there[:-KEPT] if name not in protected and name not in used]
    for name in gone:
        remove(prefix, name)
    return gone


def remove(prefix: Path, name: str) -> None:
    """Remove one; it is no release any more from the first file that goes."""
    folder = prefix / "releases" / name
    (folder / MARK).unlink(missing_ok=True)
    shutil.rmtree(folder)


def in_use(prefix: Path) -> set[str]:
    """The releases that a living process runs from, by all that /proc tells of it."""
    below = os.fsencode(prefix / "releases") + b"/"
    name = re.compile(re.escape(below) + rb"(" + _NAME.pattern.encode() + rb")")
    found: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        found |= {each.decode() for each in name.findall(_told_of(process))}
    return found


def _told_of(process: Path) -> bytes:
    """A script's interpreter is the system's: the release shows in what it was called by, and is given to its job."""
    told = []
    for name in ("cmdline", "environ", "maps"):
        try:
            told.append((process / name).read_bytes())
        except OSError:  # it has ended
            continue
    for name in ("exe", "cwd"):
        try:
            told.append(os.fsencode((process / name).readlink()) + b"/")
        except OSError:
            continue
    return b"\n".join(told)


def _read(folder: Path) -> Release:
    try:
        told = json.loads((folder / MARK).read_text(encoding="utf8"))
        return Release(folder, str(told["commit"]), str(told["built_at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Release(folder, None)
