"""One secret, wherever a job can have it: it is found nowhere but in what passes through, and in the job's own argv."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select

from hallofshame.redaction import MARK
from hallofshame.store import database
from hallofshame.store import engine as engines
from tests import mailboxes
from tests.wrapper.conftest import HosCron, wait_until

pytestmark = pytest.mark.integration

CANARY = "c4n4ry-Tweet9/+x"
# The job has the canary in its argv and environment, reports a figure of that name, writes it whole and in two pieces,
# then nothing else for longer than any log, so that every cut goes through one, and ends by a traceback with it.
TIMES = (20 << 20) // len(CANARY)
JOB = f"""\
import os, time
canary = os.environ["CANARY_TOKEN"]
open(os.environ["HOS_REPORT"], "w").write('{{"%s": 1}}' % canary)
for stream in (1, 2):
    for piece in (canary + "\\n" + canary[:7], canary[7:] + "\\n"):
        os.write(stream, piece.encode())
        time.sleep(0.05)
os.write(1, b"off the beat")
for _ in range({TIMES // 1_000}):
    os.write(1, canary.encode() * 1_000)
raise ValueError(canary)
"""


def sing(cron: HosCron) -> str:
    """Run the job, and have it recorded. Returns what the wrapper and its recorder themselves said on stderr."""
    cron.environment["CANARY_TOKEN"] = CANARY
    running = cron.start(sys.executable, "-c", JOB, CANARY, sync=True)
    stdout, stderr = running.process.communicate()
    assert running.process.returncode == 1
    assert stdout.count(CANARY.encode()) >= TIMES // 1_000 * 1_000  # passed through as it is
    passed = stderr.decode().splitlines()
    assert passed.count(CANARY) == 2
    assert passed.count(f"ValueError: {CANARY}") == 1
    return "\n".join(line for line in passed if line not in {CANARY, f"ValueError: {CANARY}"})


@contextmanager
def mailbox(cron: HosCron) -> Iterator[mailboxes.SendGridStub]:
    with mailboxes.sendgrid() as stub:
        told = {"HOS_SENDGRID_URL": stub.url, "SENDGRID_API_KEY": "SG.of-the-stub", "HOS_ALERT_TO": "ops@example.org"}
        cron.environment |= told
        yield stub


def dump(url: str) -> str:
    """Every row of every table."""
    opened, tables = database.open_as_it_is(url), MetaData()
    with engines.read(opened) as conn:
        tables.reflect(conn)
        rows = [row for table in tables.sorted_tables for row in conn.execute(select(table))]
    opened.dispose()
    return "\n".join(map(repr, rows))


def assert_hidden(kept: str | bytes) -> None:
    """The secret was there, and not even half of it still is."""
    kept = kept.encode() if isinstance(kept, str) else kept
    assert MARK in kept
    assert CANARY[:8].encode() not in kept
    assert CANARY[8:].encode() not in kept


def assert_hidden_in_every_file(folder: Path) -> None:
    assert_hidden(b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()))


def test_no_secret_is_in_the_embedded_database_the_mail_the_log_or_anything_else_kept(
    recording_hos_cron: HosCron,
) -> None:
    cron = recording_hos_cron
    with mailbox(cron) as stub:
        said = sing(cron)
    assert CANARY[:8] not in said
    [run] = cron.settled()
    assert run.report == {"[redacted]": 1}
    [mail] = stub.accepted
    assert_hidden(str(mail))
    [log] = (cron.state / "output").rglob("*.log")
    assert_hidden(log.read_bytes())
    assert_hidden((cron.state / "hallofshame.sqlite3").read_bytes())
    assert_hidden_in_every_file(cron.state)


def test_no_secret_is_in_any_row_of_a_server(recording_hos_cron: HosCron, mariadb_url: str) -> None:
    opened = database.open_as_it_is(mariadb_url)
    database.migrate(opened)
    opened.dispose()
    recording_hos_cron.environment["HOS_DATABASE_URL"] = mariadb_url
    said = sing(recording_hos_cron)
    assert len(recording_hos_cron.settled()) == 1, said
    assert_hidden(dump(mariadb_url))


def test_no_secret_is_in_the_journal_nor_in_what_is_said_of_a_failure(hos_cron: HosCron) -> None:
    assert CANARY[:8] not in sing(hos_cron)
    refused = hos_cron(f"no-such-{CANARY}")
    assert_hidden(refused.stderr)
    assert len(hos_cron.entries()) == 2
    assert_hidden_in_every_file(hos_cron.state)


def test_no_secret_is_in_the_log_of_a_recorder_that_fails(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    password = CANARY.replace("/", "_")
    cron.environment |= {"HOS_DATABASE_URL": f"mysql+pymysql://hos:{password}@127.0.0.1:1/hos"}
    assert cron.call("job", "--", "sh", "-c", "exit 3").returncode == 3
    wait_until(lambda: "mysql+pymysql://hos:***@127.0.0.1:1/hos" in recorder_log(cron))
    del cron.environment["HOS_DATABASE_URL"]
    with mailbox(cron) as stub:
        stub.statuses = [401]
        cron.environment["SENDGRID_API_KEY"] = password
        assert cron.call("job", "--", "true").returncode == 0
        wait_until(lambda: "SendGrid: HTTP 401" in recorder_log(cron))
    assert len(cron.settled()) == 2
    assert password not in recorder_log(cron)


def recorder_log(cron: HosCron) -> str:
    path = cron.state / "recorder.log"
    return path.read_text(encoding="utf8") if path.exists() else ""
