"""What is backed up can be had back, on a private MariaDB; what is damaged, half or in the way is refused."""

import gzip
import json
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from deployment import backing_up, backups, restoring
from hallofshame.archive import Archive
from hallofshame.errors import Permanent
from hallofshame.model import Reading
from hallofshame.polls_file import Header
from hallofshame.store import database, engine
from hallofshame.store.schema import metadata, parks, ride_names, rides
from tests import mariadb

pytestmark = [pytest.mark.deployment, pytest.mark.integration]

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 5, 2, 3, 50, tzinfo=UTC)
PASSWORD = 'sesame"\\'


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with mariadb.server() as socket:
        quoted = PASSWORD.replace("\\", "\\\\")
        mariadb.execute(socket, f"CREATE USER keeper@localhost IDENTIFIED BY '{quoted}'")
        mariadb.execute(socket, "GRANT ALL ON `hos%`.* TO keeper@localhost")
        yield socket


@dataclass(frozen=True)
class Host:
    """A host's settings and data below one folder."""

    folder: Path
    socket: Path
    database: str

    @property
    def env_file(self) -> Path:
        return self.folder / "hallofshame.env"

    @property
    def url_file(self) -> Path:
        return self.folder / "url"

    @property
    def archive(self) -> Archive:
        return Archive(f"file://{self.folder}/state/archive")

    @property
    def backups(self) -> Path:
        return self.folder / "backups"

    def make(self) -> None:
        self.folder.mkdir()
        mariadb.execute(self.socket, f"CREATE DATABASE {self.database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        self.url_file.write_text(
            f"mysql+pymysql://keeper:sesame%22%5C@localhost/{self.database}?unix_socket={self.socket}\n"
        )
        self.env_file.write_text(
            f"# as an operator writes it\nHOS_STATE_DIR={self.folder}/state\nHOS_DATABASE_URL_FILE={self.url_file}\n"
        )

    def open(self) -> engine.Engine:
        return database.open_as_it_is(self.url_file.read_text().strip())

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        opened = self.open()
        with engine.read(opened) as conn:
            tables = {table.name: conn.execute(select(table)).all() for table in metadata.sorted_tables}
            found = {name: [tuple(row) for row in rows] for name, rows in tables.items()}
        opened.dispose()
        return found

    def back_up(self, at: datetime = NOW, keep: int = 3) -> Path:
        backing_up.make(self.backups, backups.host_settings(self.env_file), at, keep)
        return self.backups / f"{at:%Y%m%dT%H%M%SZ}"

    def restore(self, backup: Path, *flags: str) -> int:
        files = ["--env-file", str(self.env_file), "--database-url-file", str(self.url_file)]
        return restoring.main([str(backup), *files, *flags])


def host(tmp_path: Path, server: Path, name: str) -> Host:
    made = Host(tmp_path / name, server, f"hos_{name}_{time.monotonic_ns()}")
    made.make()
    return made


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory, server: Path) -> Path:
    """A backup of nothing but tables: to migrate takes longer than most of these tests."""
    migrated = host(tmp_path_factory.mktemp("schema"), server, "schema")
    opened = migrated.open()
    database.migrate(opened)
    opened.dispose()
    return migrated.back_up()


@pytest.fixture
def full(tmp_path: Path, server: Path, schema: Path) -> Host:
    """A host with a park, a ride of an awkward name, and two archived days."""
    made = host(tmp_path, server, "full")
    made.restore(schema)
    opened = made.open()
    with engine.begin(opened) as conn:
        park = {"park_id": 6, "name": "Phantasialand “'\\%", "operator_id": 1, "operator": "o", "country": "Germany"}
        where = {"continent": "Europe", "latitude": 50.8, "longitude": None, "timezone": "Europe/Berlin"}
        conn.execute(parks.insert().values(park | where | {"first_seen_at": NOW, "last_seen_at": NOW}))
        ride = {"ride_id": 7, "park_id": 6, "name": "Taron", "first_seen_at": NOW, "last_seen_at": NOW}
        conn.execute(rides.insert().values(ride | {"state": "up"}))
        conn.execute(ride_names.insert().values(ride_id=7, since_at=NOW, name="Tarön\n\0🎢"))
    opened.dispose()
    for day in (1, 2):
        archive_day(made, date(2026, 4, day))
    return made


@pytest.fixture
def empty(tmp_path: Path, server: Path) -> Host:
    return host(tmp_path, server, "empty")


def archive_day(made: Host, op_day: date, wait: int = 5) -> None:
    at = datetime(op_day.year, op_day.month, op_day.day, 12, tzinfo=UTC)
    header = Header(6, "Phantasialand", "Europe/Berlin", "Germany")
    made.archive.write(op_day, header, {at: {7: Reading(7, "Taron", True, wait, at)}})


def test_what_is_backed_up_can_be_had_back(full: Host, empty: Host) -> None:
    backup = full.back_up()
    assert empty.restore(backup) == 0
    assert empty.rows() == full.rows()
    assert {len(rows) for rows in full.rows().values()} >= {1}
    for day in (1, 2):
        assert empty.archive.read(6, date(2026, 4, day)) == full.archive.read(6, date(2026, 4, day)) != None  # noqa: E711
    opened = empty.open()
    assert database.current_revision(opened) is not None
    assert sorted(inspect(opened).get_table_names()) == sorted([*metadata.tables, "alembic_version"])
    opened.dispose()


def script(name: str, *options: object) -> "subprocess.CompletedProcess[str]":
    line = [str(ROOT / "deployment" / name), *map(str, options)]
    return subprocess.run(line, check=False, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})


def test_the_scripts_do_it_with_the_hosts_own_python(full: Host, empty: Host) -> None:
    made = script("backup", "--to", full.backups, "--env-file", full.env_file)
    assert "read back and as they were written" in made.stdout, made.stderr
    [backup] = (path for path in full.backups.iterdir() if not path.name.startswith("."))
    files = ("--env-file", empty.env_file, "--database-url-file", empty.url_file)
    done = script("restore", backup, *files)
    assert "2 files of the archive" in done.stdout, done.stderr
    assert empty.rows() == full.rows()


def test_a_backup_is_its_owners_alone(full: Host) -> None:
    backup = full.back_up()
    assert stat.S_IMODE(full.backups.stat().st_mode) == stat.S_IMODE(backup.stat().st_mode) == 0o700


def test_where_there_is_data_nothing_is_touched_without_force(full: Host, capsys: pytest.CaptureFixture[str]) -> None:
    backup = full.back_up()
    archive_day(full, date(2026, 4, 1), wait=60)
    before = full.rows(), full.archive.read(6, date(2026, 4, 1))
    assert full.restore(backup) == 1
    assert "tables: nothing done; --force removes them" in capsys.readouterr().err
    assert (full.rows(), full.archive.read(6, date(2026, 4, 1))) == before


def test_an_archive_that_is_not_empty_is_not_touched_either(
    full: Host, empty: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    archive_day(empty, date(2026, 4, 1), wait=60)
    assert empty.restore(full.back_up()) == 1
    assert "is not empty: nothing done" in capsys.readouterr().err
    opened = empty.open()
    assert inspect(opened).get_table_names() == []
    opened.dispose()


def test_with_force_it_is_as_the_backup_has_it(full: Host) -> None:
    backup, rows = full.back_up(), full.rows()
    polls = full.archive.read(6, date(2026, 4, 1))
    archive_day(full, date(2026, 4, 1), wait=60)
    mariadb.execute(full.socket, f"TRUNCATE {full.database}.ride_names")
    mariadb.execute(full.socket, f"CREATE TABLE {full.database}.a_later_release (a INT)")
    assert full.restore(backup, "--force") == 0
    assert full.rows() == rows
    assert full.archive.read(6, date(2026, 4, 1)) == polls
    assert "a_later_release" not in backups.database(backups.host_settings(full.env_file)).tables()


def test_a_restore_that_broke_off_is_made_good_by_the_next(full: Host, empty: Host) -> None:
    backup = full.back_up()
    mariadb.execute(empty.socket, f"CREATE TABLE {empty.database}.parks (half INT)")
    assert empty.restore(backup, "--force") == 0
    assert empty.rows() == full.rows()


@pytest.mark.parametrize("name", ["database.sql.gz", "archive/2026/04/01/park-6.jsonl.gz"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    full: Host, empty: Host, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    backup = full.back_up()
    content = bytearray((backup / name).read_bytes())
    content[len(content) // 2] ^= 1
    (backup / name).write_bytes(content)
    assert empty.restore(backup) == 1
    assert f"{name} is damaged" in capsys.readouterr().err
    assert full.restore(backup, "--check") == 1


def test_a_folder_that_is_no_backup_is_refused(empty: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert empty.restore(tmp_path) == 1
    assert "is no whole backup" in capsys.readouterr().err


def test_what_the_archive_had_before_is_linked_and_not_copied(full: Host) -> None:
    first = full.back_up()
    archive_day(full, date(2026, 4, 2), wait=60)
    archive_day(full, date(2026, 4, 3))
    second = full.back_up(NOW + timedelta(days=1))
    inodes = [
        [(each / "archive" / f"2026/04/0{day}/park-6.jsonl.gz").stat().st_ino for each in (first, second)]
        for day in (1, 2)
    ]
    assert inodes[0][0] == inodes[0][1]
    assert inodes[1][0] != inodes[1][1]
    backups.verify(first, backups.read_manifest(first).files)
    backups.verify(second, backups.read_manifest(second).files)
    assert len(backups.read_manifest(second).files) == 1 + 3


def test_what_is_damaged_in_the_backup_before_is_copied_anew(full: Host) -> None:
    first = full.back_up()
    path = first / "archive/2026/04/01/park-6.jsonl.gz"
    facts = path.stat()
    path.write_bytes(b"\0" * facts.st_size)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    second = full.back_up(NOW + timedelta(days=1))
    backups.verify(second, backups.read_manifest(second).files)


def test_the_newest_few_stay(full: Host) -> None:
    made = [full.back_up(NOW + timedelta(days=day), keep=2) for day in range(4)]
    assert [path.exists() for path in made] == [False, False, True, True]
    assert full.restore(made[-1], "--check") == 0


def test_a_backup_that_fails_leaves_the_others_and_nothing_half(full: Host) -> None:
    made = full.back_up()
    full.url_file.write_text(full.url_file.read_text().replace("sesame", "wrong"))
    with pytest.raises(Permanent, match="Access denied"):
        full.back_up(NOW + timedelta(days=1), keep=1)
    assert sorted(path.name for path in full.backups.iterdir()) == [".lock", made.name]


def test_a_full_disk_is_told_and_leaves_nothing_half(full: Host, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "none", small], check=True)
    try:
        done = script("backup", "--to", small, "--env-file", full.env_file)
        assert (done.returncode, "No space left" in done.stderr) == (1, True)
        assert [path.name for path in small.iterdir()] == [".lock"]
    finally:
        subprocess.run(["umount", small], check=True)


def test_two_at_once_are_one(full: Host) -> None:
    full.backups.mkdir(mode=0o700)
    with (
        backing_up._alone(full.backups),
        pytest.raises(Permanent, match="another backup"),
    ):
        full.back_up()


def test_an_archive_on_s3_is_left_to_its_bucket(full: Host, empty: Host) -> None:
    with full.env_file.open("a") as file:
        file.write("HOS_ARCHIVE_URL=s3://bucket/prefix\n")
    told = backing_up.make(full.backups, backups.host_settings(full.env_file), NOW, 3)
    assert "s3://bucket/prefix is left to its bucket's versions" in told
    [backup] = (path for path in full.backups.iterdir() if not path.name.startswith("."))
    assert list(json.loads((backup / "MANIFEST.json").read_text())["files"]) == ["database.sql.gz"]
    assert empty.restore(backup) == 0


def test_a_dump_without_its_last_line_is_none(full: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bin" / "mariadb-dump"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho '-- a beginning'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    with pytest.raises(Permanent, match="it broke off"):
        full.back_up()


def test_an_embedded_database_is_refused(full: Host) -> None:
    full.url_file.write_text("sqlite:////var/lib/hallofshame/hallofshame.sqlite3")
    with pytest.raises(Permanent, match="only MariaDB"):
        full.back_up()


def test_no_program_is_given_the_password_on_its_line(
    full: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = tmp_path / "bin" / "mariadb-dump"
    spy.parent.mkdir()
    real = shutil.which("mariadb-dump")
    spy.write_text(f'#!/bin/sh\nxargs -0 <"/proc/$$/cmdline" >{tmp_path}/argv\nenv >{tmp_path}/env\nexec {real} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    backup = full.back_up()
    assert "sesame" not in (tmp_path / "argv").read_text() + (tmp_path / "env").read_text()
    assert b"sesame" not in gzip.decompress((backup / "database.sql.gz").read_bytes())
