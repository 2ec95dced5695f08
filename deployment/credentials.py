"""`hos credentials`: secrets brought from AWS's parameter store to files, so that no job ever waits for AWS.

The files lie in a folder in memory and outlast every failure of AWS: the last good ones stay until newer ones came.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from hallofshame import settings
from hallofshame.errors import HallOfShameError, Permanent

from . import parameter_store

FOLDER = Path("/run/hallofshame/credentials")
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")  # a setting's: never a path
_READABLE = 0o440  # by the user that fetched, and its group; written by nobody


@click.group()
def credentials() -> None:
    """Bring secrets to this host."""


@credentials.command()
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, show_default=True, help="Where to."
)
def fetch(folder: Path) -> None:
    """Bring every parameter below HOS_SSM_PREFIX to a file of its name.

    Exits with 0 where AWS does not answer but files of an earlier time are there, with 1 where none are.
    """
    prefix = _prefix()
    try:
        found = _named(parameter_store.read(prefix))
        if not found:
            raise Permanent(f"below {prefix} lies no parameter that is named like a setting: is HOS_SSM_PREFIX right?")
    except HallOfShameError as error:
        kept = kept_in(folder)
        if not kept:
            raise
        click.echo(f"hos: {error}; kept as they were: {', '.join(kept)}", err=True)
        return
    _tell(keep(folder, found), folder, found)


def keep(folder: Path, secrets: Mapping[str, str]) -> list[str]:
    """Write each secret that is new or another one, whole; returns their names. Raises Permanent."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        changed = [name for name in sorted(secrets) if _held(folder / name) != secrets[name]]
        for name in changed:
            _write(folder / name, secrets[name])
    except OSError as error:
        raise Permanent(f"cannot write to {folder} ({error.strerror}): see docs/operations.md#secrets") from error
    return changed


def kept_in(folder: Path) -> list[str]:
    """The names of the secrets that an earlier fetch left."""
    try:
        return sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except OSError:
        return []


def _prefix() -> str:
    # Secrets that are still to be fetched are missing now: no other setting is looked at.
    loaded, problems = settings.load_or_default()
    wrong = [each for each in problems if each.startswith("HOS_SSM_PREFIX")]
    if wrong or loaded.ssm_prefix is None:
        raise Permanent(wrong[0] if wrong else "set HOS_SSM_PREFIX, such as /themeparkhallofshame/prod/")
    return loaded.ssm_prefix


def _named(found: Mapping[str, str]) -> dict[str, str]:
    """Those that are named like a setting; the others are told."""
    for name in sorted(found):
        if not _NAME.fullmatch(name):
            click.echo(f"hos: the parameter {name!r} is left out: it is not named like a setting", err=True)
    return {name: value for name, value in found.items() if _NAME.fullmatch(name)}


def _tell(changed: list[str], folder: Path, found: Mapping[str, str]) -> None:
    click.echo(f"{len(found)} secrets in {folder}, new or changed: {', '.join(changed) or 'none'}")
    gone = [name for name in kept_in(folder) if name not in found]
    if gone:
        click.echo(f"hos: no longer in the parameter store, but kept here: {', '.join(gone)}", err=True)


def _held(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf8")
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, secret: str) -> None:
    """Write beside it and put it in its place: a reader finds the old secret or the new one."""
    descriptor, half = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with open(descriptor, "w", encoding="utf8") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(secret)
            os.fchmod(file.fileno(), _READABLE)
        Path(half).replace(path)
    except OSError:
        Path(half).unlink(missing_ok=True)
        raise
