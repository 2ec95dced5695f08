"""`deployment/restore`: a backup brought back to an empty database and an empty archive, after it has been checked."""

import argparse
import gzip
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hallofshame.errors import HallOfShameError, Permanent
from hallofshame.whole_files import write_whole

from . import backups
from .backups import ARCHIVE, CHUNK_BYTES, DUMP, Database, Manifest

URL_FILE = backups.ENV_FILE.parent / "secrets/HOS_DATABASE_URL_MIGRATE"  # of the user that may make tables


def main(argv: Sequence[str] | None = None) -> int:
    """Restore one backup; says what it did, and exits with 1 where it did not."""
    parser = argparse.ArgumentParser(prog="restore", description="Bring a backup back.")
    parser.add_argument("backup", type=Path, metavar="BACKUP", help="a folder below /var/backups/hallofshame")
    parser.add_argument("--check", action="store_true", help="read the backup through, and change nothing")
    parser.add_argument("--force", action="store_true", help="even where there is data: its tables are removed first")
    parser.add_argument("--no-archive", action="store_true", help="the database alone")
    parser.add_argument("--env-file", type=Path, default=backups.ENV_FILE, metavar="FILE", help="the host's settings")
    parser.add_argument("--database-url-file", type=Path, default=URL_FILE, metavar="FILE", help=f"default {URL_FILE}")
    given = parser.parse_args(argv)
    try:
        manifest = backups.read_manifest(given.backup)
        backups.verify(given.backup, manifest.files)
        told = f"{given.backup} of {manifest.made_at} is whole: {len(manifest.files)} files"
        if not given.check:
            told += f"; {restore(given, manifest)}"
    except (HallOfShameError, OSError) as error:
        sys.stderr.write(f"restore: {error}\n")
        return 1
    sys.stdout.write(f"restore: {told}\n")
    return 0


def restore(given: argparse.Namespace, manifest: Manifest) -> str:
    """Bring it back; looks at both places before it touches one. Raises Permanent or OSError."""
    told = backups.host_settings(given.env_file)
    database = backups.database(told, given.database_url_file)
    archive = None if given.no_archive else _archive(backups.archive_url(told), manifest)
    tables = database.tables()
    if tables and not given.force:
        raise Permanent(f"the database {database.name} has {len(tables)} tables: nothing done; --force removes them")
    if archive and not given.force and next(backups.whole_files_below(archive), None):
        raise Permanent(f"the archive {archive} is not empty: nothing done; --force replaces what the backup has")
    _drop(database, tables)
    _load(database, given.backup / DUMP)
    files = _copy_archive(given.backup / ARCHIVE, archive) if archive else 0
    return f"restored {len(database.tables())} tables of {database.name} and {files} files of the archive"


def _archive(url: str, manifest: Manifest) -> Path | None:
    """The folder to fill; None where there is nothing to fill it with."""
    if not any(name.startswith(f"{ARCHIVE}/") for name in manifest.files):
        return None
    if not url.startswith("file://"):
        raise Permanent(f"the backup holds an archive, but HOS_ARCHIVE_URL is {url}: copy it there, say --no-archive")
    return Path(url.removeprefix("file://"))


def _drop(database: Database, tables: Sequence[str]) -> None:
    if tables:
        names = ", ".join(f"`{name}`" for name in tables)
        with database.command("mariadb") as command:
            backups.run([*command, database.name], f"SET foreign_key_checks = 0; DROP TABLE {names};")


def _load(database: Database, dump: Path) -> None:
    with database.command("mariadb") as command:
        load = subprocess.Popen([*command, "--batch", database.name], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        assert load.stdin is not None  # noqa: S101 - a pipe was asked for
        assert load.stderr is not None  # noqa: S101
        try:
            with gzip.open(dump, "rb") as packed:
                while chunk := packed.read(CHUNK_BYTES):
                    load.stdin.write(chunk)
            load.stdin.close()
        except BrokenPipeError:
            pass  # it says itself why it ended
        said = load.stderr.read().decode(errors="replace").strip()
        load.stderr.close()
        if load.wait():
            raise Permanent(
                f"mariadb: {said or f'exit {load.returncode}'}: repair that, and restore again with --force"
            )


def _copy_archive(source: Path, archive: Path) -> int:
    """Each file whole, and its folders and files owned as the folder is that the archive lies in."""
    archive.mkdir(parents=True, exist_ok=True, mode=0o700)
    owner = archive.parent.stat()
    count = 0
    for path in backups.whole_files_below(source):
        write_whole(archive / path, (source / path).read_bytes())
        count += 1
    if os.geteuid() == 0:
        for each in (archive, *archive.rglob("*")):
            os.chown(each, owner.st_uid, owner.st_gid, follow_symlinks=False)
    return count


if __name__ == "__main__":
    sys.exit(main())
