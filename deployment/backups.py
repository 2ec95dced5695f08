"""What backup and restore share: where a host's data lies, what a backup looks like, and how MariaDB's tools are told.

The standard library alone: both work with the host's own Python, before there is a release and after one broke.
"""

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hallofshame import host_file
from hallofshame.errors import Permanent

ENV_FILE = Path(host_file.PATH)
DUMP, ARCHIVE, MANIFEST = "database.sql.gz", "archive", "MANIFEST.json"
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What one file of a backup holds."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that a backup holds, by path within it. `archive` is its URL, also where the backup leaves it out."""

    made_at: str
    database: str
    archive: str
    files: dict[str, FileRecord]

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()


@dataclass(frozen=True, slots=True)
class Database:
    """One database of a server, and as whom it is used."""

    name: str
    options: Mapping[str, str]

    @contextmanager
    def command(self, program: str) -> Iterator[list[str]]:
        """One of MariaDB's programs with all it needs; what is secret stands in a file that is this user's alone."""
        with tempfile.NamedTemporaryFile("w", prefix="hos-", suffix=".cnf", encoding="utf8") as file:
            lines = [f'{name}="{_escaped(value)}"' for name, value in self.options.items()]
            file.write("\n".join(["[client]", *lines, ""]))
            file.flush()
            yield [program, f"--defaults-file={file.name}", "--default-character-set=utf8mb4"]

    def tables(self) -> list[str]:
        """The names of its tables. Raises Permanent."""
        with self.command("mariadb") as command:
            return run([*command, "--batch", "--skip-column-names", self.name], "SHOW TABLES").splitlines()


def run(command: list[str], statements: str) -> str:
    """What a program prints when it is given these statements. Raises Permanent with what it says."""
    try:
        done = subprocess.run(command, input=statements, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Permanent(f"{command[0]} cannot be run ({error.strerror}): apt-get install mariadb-client") from None
    if done.returncode:
        raise Permanent(f"{command[0]}: {done.stderr.strip() or f'exit {done.returncode}'}")
    return done.stdout


def host_settings(env_file: Path) -> dict[str, str]:
    """The lines of NAME=value of a host's settings; what of it is right is for `hos validate` to say."""
    lines = (line.strip() for line in _text(env_file).splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs if value.strip()}


def archive_url(given: Mapping[str, str]) -> str:
    """Where the archive is, as the settings have it."""
    return given.get("HOS_ARCHIVE_URL") or f"file://{_required(given, 'HOS_STATE_DIR')}/archive"


def database(given: Mapping[str, str], url_file: Path | None = None) -> Database:
    """The database of the settings, as the user of another file where one is given. Raises Permanent."""
    path = url_file or given.get("HOS_DATABASE_URL_FILE")
    text = _text(Path(path)).strip() if path else _required(given, "HOS_DATABASE_URL")
    url = urlsplit(text)
    if not url.scheme.startswith(("mysql", "mariadb")) or not url.path.strip("/"):
        raise Permanent("HOS_DATABASE_URL: only MariaDB is backed up so: copy an SQLite file while nothing runs")
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    options = {
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "host": url.hostname or "localhost",
        "port": str(url.port or 3306),
        "socket": asked.get("unix_socket", ""),
        "ssl-ca": given.get("HOS_DATABASE_CA", ""),
        "ssl-verify-server-cert": "1" if "HOS_DATABASE_CA" in given else "",
    }
    return Database(url.path.strip("/"), {name: value for name, value in options.items() if value})


def read_manifest(backup: Path) -> Manifest:
    """What a backup says it holds. Raises Permanent where it is none."""
    try:
        told: dict[str, Any] = json.loads((backup / MANIFEST).read_bytes())
        files = {name: FileRecord(**record) for name, record in told.pop("files").items()}
        return Manifest(**told, files=files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Permanent(f"{backup} is no whole backup: {MANIFEST}: {error}") from None


def verify(backup: Path, files: Mapping[str, FileRecord]) -> None:
    """Read each file back and compare. Raises Permanent for the first that is not as it was."""
    for name, record in files.items():
        try:
            found = record_of(backup / name)
        except OSError as error:
            raise Permanent(f"{backup / name} cannot be read: {error.strerror}") from None
        if found != record:
            raise Permanent(f"{backup / name} is damaged: it is not as it was written")


def record_of(path: Path) -> FileRecord:
    """Size and checksum of a file as it is on the disk now. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return FileRecord(size, digest.hexdigest())


def whole_files_below(folder: Path) -> Iterator[str]:
    """Paths of the files in a folder, in order; what is just being written has a name with a dot in front."""
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if not name.startswith("."):
                yield (Path(root) / name).relative_to(folder).as_posix()


def _required(given: Mapping[str, str], name: str) -> str:
    if name not in given:
        raise Permanent(f"{name} is not in the host's settings: give their file with --env-file")
    return given[name]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf8")
    except OSError as error:
        raise Permanent(f"cannot read {path}: {error.strerror}") from None


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
