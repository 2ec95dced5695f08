"""`deployment/backup`: database and archive, whole and read back, in a folder of their own; the newest few stay."""

import argparse
import errno
import fcntl
import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from hallofshame.clock import SystemClock, to_iso
from hallofshame.errors import HallOfShameError, Permanent
from hallofshame.whole_files import sync_folder, write_whole

from . import backups
from .backups import ARCHIVE, CHUNK_BYTES, DUMP, MANIFEST, Database, FileRecord, Manifest

FOLDER, KEEP = Path("/var/backups/hallofshame"), 14
# One moment of all tables, and nobody waits for it; no LOCK TABLES, which whoever restores may not say.
_DUMP_FLAGS = ("--single-transaction", "--quick", "--skip-lock-tables", "--skip-add-locks", "--skip-triggers")
_DUMP_ENDS = b"-- Dump completed"  # without it a dump broke off
_NAME = re.compile(r"\d{8}T\d{6}Z")
_NO_LINK = frozenset({errno.EMLINK, errno.EPERM, errno.EXDEV, errno.ENOTSUP})


def main(argv: Sequence[str] | None = None) -> int:
    """Make one backup; says what it made, and exits with 1 where there is none."""
    parser = argparse.ArgumentParser(prog="backup", description="Back up database and archive.")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help=f"default {FOLDER}")
    parser.add_argument("--keep", type=int, default=KEEP, metavar="N", help=f"how many stay; default {KEEP}")
    parser.add_argument("--env-file", type=Path, default=backups.ENV_FILE, metavar="FILE", help="the host's settings")
    given = parser.parse_args(argv)
    if given.keep < 1:
        parser.error("--keep: at least 1")
    try:
        told = make(given.to, backups.host_settings(given.env_file), SystemClock().now(), given.keep)
    except (HallOfShameError, OSError) as error:
        sys.stderr.write(f"backup: {error}\n")
        return 1
    sys.stdout.write(f"backup: {told}\n")
    return 0


def make(folder: Path, given: Mapping[str, str], now: datetime, keep: int) -> str:
    """Make one and remove those that are too many; returns a sentence. Raises Permanent or OSError, and leaves none."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(folder):
        whole, half = folder / f"{now:%Y%m%dT%H%M%SZ}", folder / ".half"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        try:
            manifest = _fill(half, given, _newest(folder), now)
            half.rename(whole)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
        sync_folder(folder)
        for old in _all(folder)[:-keep]:
            shutil.rmtree(old)
    size = sum(record.size for record in manifest.files.values())
    beside = "" if manifest.archive.startswith("file:") else f"; {manifest.archive} is left to its bucket's versions"
    return f"{whole}: {len(manifest.files)} files, {size / 1e6:.1f} MB, read back and as they were written{beside}"


def _fill(half: Path, given: Mapping[str, str], previous: Path | None, now: datetime) -> Manifest:
    """The archive comes second: readings leave the database once they are in it, so that nothing is in neither."""
    database, url = backups.database(given), backups.archive_url(given)
    files = {DUMP: _dump(database, half / DUMP)}
    verified = dict(files)
    if url.startswith("file://"):
        linked, copied = _copy_archive(Path(url.removeprefix("file://")), half, previous)
        files |= linked | copied
        verified |= copied
    backups.verify(half, verified)
    manifest = Manifest(to_iso(now.replace(microsecond=0)), database.name, url, files)
    write_whole(half / MANIFEST, manifest.as_json())
    return manifest


def _dump(database: Database, target: Path) -> FileRecord:
    """Write every table's rows as they were at one moment. Raises Permanent where they are not all there."""
    last = b""
    with database.command("mariadb-dump") as command, target.open("wb") as file:
        try:
            line = [*command, *_DUMP_FLAGS, "--hex-blob", database.name]
            dump = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except OSError as error:
            raise Permanent(f"mariadb-dump cannot be run ({error.strerror}): apt-get install mariadb-client") from None
        with dump, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed:
            assert dump.stdout is not None  # noqa: S101 - a pipe was asked for
            assert dump.stderr is not None  # noqa: S101
            try:
                while chunk := dump.stdout.read(CHUNK_BYTES):
                    packed.write(chunk)
                    last = (last + chunk)[-200:]
            except OSError:
                dump.kill()
                raise
            said = dump.stderr.read().decode(errors="replace").strip()
        file.flush()
        os.fsync(file.fileno())
    if dump.returncode or _DUMP_ENDS not in last:
        raise Permanent(f"mariadb-dump: {said or 'it broke off'}")
    return backups.record_of(target)


def _copy_archive(
    archive: Path, half: Path, previous: Path | None
) -> tuple[dict[str, FileRecord], dict[str, FileRecord]]:
    """Every file of the archive: those that the backup before has are linked to it, the others copied."""
    before = _held_by(previous)
    linked, copied = {}, {}
    for path in backups.whole_files_below(archive):
        name = f"{ARCHIVE}/{path}"
        target = half / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if previous and name in before and _link(previous / name, before[name], archive / path, target):
            linked[name] = before[name]
        else:
            shutil.copy2(archive / path, target)
            copied[name] = backups.record_of(archive / path)
    return linked, copied


def _held_by(previous: Path | None) -> Mapping[str, FileRecord]:
    try:
        return backups.read_manifest(previous).files if previous else {}
    except Permanent:  # damaged: it is no help for this one
        return {}


def _link(old: Path, record: FileRecord, source: Path, target: Path) -> bool:
    """Link to a file of the backup before where that is the source's copy, and still as it was written."""
    try:
        old_facts, facts = old.stat(), source.stat()
        if (old_facts.st_size, old_facts.st_mtime_ns) != (facts.st_size, facts.st_mtime_ns):
            return False
        if backups.record_of(old) != record:
            return False
        target.hardlink_to(old)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in _NO_LINK:
            return False
        raise
    return True


def _all(folder: Path) -> list[Path]:
    """Every whole backup, oldest first."""
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def _newest(folder: Path) -> Path | None:
    return next(iter(reversed(_all(folder))), None)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w", encoding="utf8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Permanent(f"another backup to {folder} is under way") from None
        yield


if __name__ == "__main__":
    sys.exit(main())
