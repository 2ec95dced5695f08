"""Where a release comes from: a commit of a git checkout, exactly as it was committed."""

from dataclasses import dataclass
from pathlib import Path

from hallofshame.errors import Permanent

from . import programs

_WITHIN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Source:
    """A commit of a checkout."""

    checkout: Path
    commit: str


def find(checkout: Path, reference: str) -> Source:
    """The commit that a branch, tag or start of an id means there. Raises Permanent."""
    if reference.startswith("-"):
        raise Permanent(f"{reference} is no commit: name a branch, a tag or an id")
    try:
        said = _git(checkout, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    except Permanent as error:
        advice = "name a branch, tag or id of it, or another checkout by --checkout"
        raise Permanent(f"{reference} is no commit of {checkout}: {advice}\n  {error}") from None
    return Source(checkout, said.split()[-1])


def unpack(source: Source, folder: Path) -> None:
    """Lay the files of the commit into a folder; what was not committed stays behind. Raises Permanent or OSError."""
    archive = folder / ".tree.tar"
    _git(source.checkout, "archive", "--format=tar", f"--output={archive}", source.commit)
    unpack_it = ["tar", "--extract", f"--file={archive}", f"--directory={folder}", "--no-same-owner"]
    programs.run(unpack_it, folder, _WITHIN_SECONDS)
    archive.unlink()


def _git(checkout: Path, *argv: str) -> str:
    return programs.run(["git", "-C", str(checkout), *argv], checkout, _WITHIN_SECONDS)
