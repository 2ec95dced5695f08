"""Whatever ails the database, the job and its code do not notice, and each run is one row once it is well again."""

import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pymysql
import pytest

from hallofshame.model import RunState
from hallofshame.store import database
from tests import mariadb
from tests.wrapper.conftest import PROMPT_SECONDS, HosCron, Running, stored_runs, wait_until

pytestmark = pytest.mark.integration

# An answer of the server that no other session is needed for; what counts is in a table that no rollback reaches.
DEADLOCKS = """\
CREATE TRIGGER deadlock BEFORE INSERT ON job_runs FOR EACH ROW
IF (SELECT left_over FROM deadlocks) > 0 THEN
  UPDATE deadlocks SET left_over = left_over - 1;
  SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found when trying to get lock';
END IF
"""


class Server:
    """A private MariaDB with one database, reached by an unprivileged user through a link that can be taken away."""

    def __init__(self, socket: Path, link: Path) -> None:
        self._socket, self._link = socket, link
        self._database = f"hos_{uuid.uuid4().hex}"
        self.url = f"mysql+mysqldb://hos@localhost/{self._database}?unix_socket={quote(str(link))}"
        self._pid = int((socket.parent / "pid").read_text(encoding="ascii"))
        mariadb.execute(socket, f"CREATE DATABASE {self._database}")
        self.come_back()

    def go_away(self) -> None:
        self._link.unlink()

    def come_back(self) -> None:
        self._link.symlink_to(self._socket)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It takes connections, as the kernel does for it, and never answers."""
        os.kill(self._pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._pid, signal.SIGCONT)

    def execute(self, *statements: str) -> None:
        root = {"unix_socket": str(self._socket), "user": "root", "autocommit": True}
        with pymysql.connect(database=self._database, **root) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def migrate(self) -> None:
        opened = database.open_as_it_is(self.url)
        database.migrate(opened)
        opened.dispose()


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    if not mariadb.available():
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("mariadbd is not installed: scripts/test installs it")
    with mariadb.server() as socket:
        mariadb.execute(socket, "CREATE USER hos@localhost")
        mariadb.execute(socket, "GRANT ALL ON `hos_%`.* TO hos@localhost")
        yield socket


@pytest.fixture
def empty_server(socket: Path, tmp_path: Path) -> Server:
    return Server(socket, tmp_path / "s.sock")


@pytest.fixture
def server(empty_server: Server) -> Server:
    empty_server.migrate()
    return empty_server


@pytest.fixture
def cron(recording_hos_cron: HosCron, empty_server: Server) -> HosCron:
    recording_hos_cron.environment["HOS_DATABASE_URL"] = empty_server.url
    return recording_hos_cron


def fail_and_complain(cron: HosCron) -> None:
    """Run a job that fails, on a database that does; nobody but the recorder says so, and not by a traceback."""
    done = cron.call("job", "--sync", "--", "sh", "-c", "exit 3")
    assert done.returncode == 3
    assert "hos-cron: recorder: " in done.stderr
    assert "Traceback" not in done.stderr
    assert len(cron.entries()) == 1


def next_run(cron: HosCron) -> None:
    """Let the next run bring all that waits: then each of both is one row, and no process is left."""
    assert cron.call("job", "--sync", "--", "true").returncode == 0
    assert cron.entries() == []
    newest, failed = cron.settled()
    assert (newest.state, failed.state, failed.exit_code) == (RunState.SUCCEEDED, RunState.FAILED, 3)


def start(cron: HosCron) -> Running:
    """Start a run that lasts until the file `go` exists, and then fails."""
    return cron.start("sh", "-c", "until [ -e go ]; do sleep 0.01; done; exit 3", sync=True)


def end(cron: HosCron, running: Running) -> str:
    (cron.cwd / "go").touch()
    _, stderr = running.process.communicate(timeout=PROMPT_SECONDS)
    assert running.process.returncode == 3
    return stderr.decode()


def test_a_database_that_is_absent_at_the_start_gets_the_run_at_its_end(server: Server, cron: HosCron) -> None:
    server.go_away()
    running = start(cron)
    assert running.read_error_line().startswith("hos-cron: recorder: ")
    server.come_back()
    assert "recorder: " not in end(cron, running)
    [run] = cron.settled()
    assert (run.state, run.exit_code, cron.entries()) == (RunState.FAILED, 3, [])


def test_a_database_that_is_absent_at_the_end_gets_it_from_the_next_run(server: Server, cron: HosCron) -> None:
    running = start(cron)
    wait_until(lambda: [run.state for run in stored_runs(server.url)] == [RunState.RUNNING])
    server.go_away()
    assert "hos-cron: recorder: " in end(cron, running)
    server.come_back()
    assert [run.state for run in cron.settled()] == [RunState.RUNNING]
    next_run(cron)


def test_a_database_that_is_absent_at_both_ends_gets_the_run_from_the_next(server: Server, cron: HosCron) -> None:
    server.go_away()
    fail_and_complain(cron)
    server.come_back()
    next_run(cron)


def test_a_database_that_hangs_holds_up_nobody(server: Server, cron: HosCron) -> None:
    with server.hanging():
        assert cron.call("job", "--", "sh", "-c", "exit 3").returncode == 3
        assert [entry.record["state"] for entry in cron.entries()] == ["failed"]
    next_run(cron)


def test_a_read_only_database_gets_the_run_from_the_next(server: Server, cron: HosCron) -> None:
    server.execute("SET GLOBAL read_only = 1")
    try:
        fail_and_complain(cron)
    finally:
        server.execute("SET GLOBAL read_only = 0")
    next_run(cron)


def test_a_database_without_any_table_is_waited_for(empty_server: Server, cron: HosCron) -> None:
    fail_and_complain(cron)
    empty_server.migrate()
    next_run(cron)


def test_a_database_without_the_table_of_runs_is_waited_for(server: Server, cron: HosCron) -> None:
    server.execute("RENAME TABLE job_runs TO elsewhere")
    fail_and_complain(cron)
    server.execute("RENAME TABLE elsewhere TO job_runs")
    next_run(cron)


def test_a_deadlock_is_tried_again_at_once(server: Server, cron: HosCron) -> None:
    deadlocks(server, 3)
    assert "recorder: " not in cron.call("job", "--sync", "--", "sh", "-c", "exit 3").stderr
    [run] = cron.settled()
    assert (run.state, cron.entries()) == (RunState.FAILED, [])


def test_deadlocks_without_end_are_left_to_the_next_run(server: Server, cron: HosCron) -> None:
    deadlocks(server, 1_000)
    fail_and_complain(cron)
    server.execute("UPDATE deadlocks SET left_over = 0")
    next_run(cron)


def deadlocks(server: Server, number: int) -> None:
    server.execute(
        "CREATE TABLE deadlocks (left_over INT NOT NULL) ENGINE=Aria TRANSACTIONAL=0",
        f"INSERT INTO deadlocks VALUES ({number})",  # noqa: S608 - a number of ours
        DEADLOCKS,
    )
