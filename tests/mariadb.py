"""A private MariaDB for one test session: on a socket, in a folder of its own, stopped by its pid file alone."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pymysql

SOCKET_VARIABLE = "TEST_MARIADB_SOCKET"
START_SECONDS = 30
QUICK = (
    "--skip-networking",
    "--skip-name-resolve",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=8M",
    "--character-set-server=utf8mb4",
)
_AS_USER = ["--user=mysql"] if os.geteuid() == 0 else []


def available() -> bool:
    return shutil.which("mariadbd") is not None


@contextmanager
def server() -> Iterator[Path]:
    """Start one; yields its socket, where user root needs no password."""
    with installed() as folder, running(folder) as socket:
        yield socket


@contextmanager
def installed() -> Iterator[Path]:
    """A folder with an empty server's data, to be started once or more often."""
    folder = Path(tempfile.mkdtemp(prefix="hos-mariadb-"))
    try:
        if _AS_USER:
            shutil.chown(folder, "mysql", "mysql")
        subprocess.run(
            ["mariadb-install-db", *_own(folder), "--skip-test-db", "--auth-root-authentication-method=normal"],
            check=True,
            capture_output=True,
        )
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Path]:
    """Start the server of a folder; yields its socket. Options come after the quick ones, and win."""
    socket = folder / "s.sock"
    # A server that starts deletes the temporary tables it finds in its folder for them: no two may share one.
    files = [f"--socket={socket}", f"--pid-file={folder}/pid", f"--log-error={folder}/error.log", f"--tmpdir={folder}"]
    daemon = subprocess.Popen(["mariadbd", *_own(folder), *files, *QUICK, *options], stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(socket, daemon)
        yield socket
    finally:
        daemon.terminate()
        daemon.wait()


def url(socket: Path, database: str, driver: str) -> str:
    return f"mysql+{driver}://root@localhost/{database}?unix_socket={quote(str(socket))}"


def execute(socket: Path, statement: str) -> None:
    with pymysql.connect(unix_socket=str(socket), user="root") as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def _own(folder: Path) -> list[str]:
    return ["--no-defaults", *_AS_USER, f"--datadir={folder}/data"]


def _wait_until_it_answers(socket: Path, daemon: "subprocess.Popen[bytes]") -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while not socket.exists():
        if daemon.poll() is not None or time.monotonic() > give_up_at:
            raise RuntimeError(f"mariadbd did not start, see {socket.parent}/error.log")
        time.sleep(0.02)
