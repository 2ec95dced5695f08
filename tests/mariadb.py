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


def available() -> bool:
    return shutil.which("mariadbd") is not None


@contextmanager
def server() -> Iterator[Path]:
    """Start one; yields its socket, where user root needs no password."""
    folder = Path(tempfile.mkdtemp(prefix="hos-mariadb-"))
    as_user = ["--user=mysql"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "mysql", "mysql")
    options = ["--no-defaults", *as_user, f"--datadir={folder}/data"]
    subprocess.run(
        ["mariadb-install-db", *options, "--skip-test-db", "--auth-root-authentication-method=normal"],
        check=True,
        capture_output=True,
    )
    socket = folder / "s.sock"
    files = [f"--socket={socket}", f"--pid-file={folder}/pid", f"--log-error={folder}/error.log"]
    daemon = subprocess.Popen(["mariadbd", *options, *files, *QUICK], stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(socket, daemon)
        yield socket
    finally:
        daemon.terminate()
        daemon.wait()
        shutil.rmtree(folder)


def url(socket: Path, database: str, driver: str) -> str:
    return f"mysql+{driver}://root@localhost/{database}?unix_socket={quote(str(socket))}"


def execute(socket: Path, statement: str) -> None:
    with pymysql.connect(unix_socket=str(socket), user="root") as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def _wait_until_it_answers(socket: Path, daemon: "subprocess.Popen[bytes]") -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while not socket.exists():
        if daemon.poll() is not None or time.monotonic() > give_up_at:
            raise RuntimeError(f"mariadbd did not start, see {socket.parent}/error.log")
        time.sleep(0.02)
