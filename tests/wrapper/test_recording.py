"""From the journal to the database by the recorder, and that nothing which fails there reaches the run."""

import os
import shutil
import socket
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hallofshame.model import RunState
from tests.wrapper.conftest import PROMPT_SECONDS, HosCron, wait_until, without_coverage

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]


def rows(cron: HosCron) -> list[dict[str, Any]]:
    """The runs in the database, oldest first; none while there is no table."""
    database = sqlite3.connect(cron.state / "hallofshame.sqlite3")
    database.row_factory = sqlite3.Row
    with closing(database):
        try:
            return [dict(row) for row in database.execute("SELECT * FROM job_runs ORDER BY run_id")]
        except sqlite3.OperationalError:
            return []


def recorder_log(cron: HosCron) -> str:
    path = cron.state / "recorder.log"
    return path.read_text(encoding="utf8") if path.exists() else ""


def test_with_sync_the_run_is_in_the_database_and_out_of_the_journal(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    assert cron.call("job", "--sync", "--", "sh", "-c", "echo hello; exit 3").returncode == 3
    assert cron.entries() == []
    [row] = rows(cron)
    assert (row["job"], row["state"], row["exit_code"], row["output_tail"]) == ("job", "failed", 3, "hello\n")


def test_without_sync_the_wrapper_does_not_wait_and_the_run_gets_there_all_the_same(
    recording_hos_cron: HosCron,
) -> None:
    cron = recording_hos_cron
    assert cron.call("job", "--", "true").returncode == 0
    wait_until(lambda: not cron.entries())
    assert [row["state"] for row in rows(cron)] == ["succeeded"]


def test_the_recorder_holds_neither_the_output_nor_the_lock_nor_the_runs_name(recording_hos_cron: HosCron) -> None:
    """A reader of our output, such as cron, must not wait for the recorder."""
    cron = recording_hos_cron
    cron.environment["HOS_RUN_ID"] = "a run that this one is part of"
    cron.environment["HOS_DATABASE_URL"], server = hanging_database()
    with server:
        started = time.monotonic()
        assert cron.call("job", "--", "echo", "hello").stdout == "hello\n"  # waits for the end of the pipe
        assert time.monotonic() - started < PROMPT_SECONDS
        connection, _ = server.accept()
        with connection:
            [recorder] = [path for path in Path("/proc").glob("[0-9]*") if is_recorder_of(path, cron)]
            environment = (recorder / "environ").read_bytes()
            assert b"HOS_RUN_ID" not in environment
            assert b"HOS_REPORT" not in environment
            assert cron.call("job", "--", "true").returncode == 0


def test_who_waits_for_the_recorder_does_not_hold_the_lock_meanwhile(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    cron.environment["HOS_DATABASE_URL"], server = hanging_database()
    with server:
        waiting = cron.start("true", sync=True)
        with server.accept()[0]:
            assert waiting.process.poll() is None
            assert cron.call("job", "--", "true").returncode == 0
        cron.stop_all()


def hanging_database() -> tuple[str, socket.socket]:
    """A server that takes connections and never says a word."""
    server = socket.create_server(("127.0.0.1", 0))
    return f"mysql+pymysql://hos:hos@127.0.0.1:{server.getsockname()[1]}/hos", server


def is_recorder_of(process: Path, cron: HosCron) -> bool:
    try:
        called_so = (process / "cmdline").read_bytes().endswith(b"hallofshame.wrapper.record\0")
        return called_so and str(cron.state).encode() in (process / "environ").read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize("url", ["mysql+pymysql://hos:hos@127.0.0.1:1/hos", "sqlite:////proc/none/x.sqlite3"])
def test_a_database_that_is_away_costs_nothing_and_the_next_run_brings_both(
    recording_hos_cron: HosCron, url: str
) -> None:
    cron = recording_hos_cron
    usual = dict(cron.environment)
    cron.environment["HOS_DATABASE_URL"] = url
    failed = cron.call("job", "--sync", "--", "sh", "-c", "exit 3")
    assert failed.returncode == 3
    assert "\nhos-cron: recorder: " in failed.stderr
    assert "Traceback" not in failed.stderr
    assert len(cron.entries()) == 1
    cron.environment = usual
    cron.call("job", "--sync", "--", "true")
    assert cron.entries() == []
    assert [row["state"] for row in rows(cron)] == ["failed", "succeeded"]


@pytest.mark.parametrize("library", ["sqlalchemy", "pydantic", "sendgrid", "boto3"])
def test_a_library_that_fails_on_import_costs_nothing_but_the_recording(
    recording_hos_cron: HosCron, tmp_path: Path, library: str
) -> None:
    cron = recording_hos_cron
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / f"{library}.py").write_text("raise RuntimeError('broken')", encoding="utf8")
    cron.environment["PYTHONPATH"] = str(tmp_path / "broken")
    assert cron.call("job", "--", "sh", "-c", "exit 3").returncode == 3
    wait_until(lambda: "RuntimeError: broken" in recorder_log(cron) or not cron.entries())
    del cron.environment["PYTHONPATH"]
    assert cron.call("job", "--sync", "--", "true").returncode == 0
    assert [run.state for run in cron.settled()] == [RunState.SUCCEEDED, RunState.FAILED]
    assert cron.entries() == []


def test_a_bad_setting_is_told_and_the_run_is_recorded(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    cron.environment["HOS_QUEUE_TIMES_REQUESTS_PER_SECOND"] = "many"
    done = cron.call("job", "--sync", "--", "true")
    assert done.returncode == 0
    assert "HOS_QUEUE_TIMES_REQUESTS_PER_SECOND" in done.stderr
    del cron.environment["HOS_QUEUE_TIMES_REQUESTS_PER_SECOND"]
    assert len(rows(cron)) == 1


def test_a_long_run_is_seen_in_the_database_while_it_runs(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    running = cron.start("sh", "-c", "until [ -e seen ]; do sleep 0.01; done", sync=True)
    wait_until((cron.state / "hallofshame.sqlite3").exists)
    wait_until(lambda: [row["state"] for row in rows(cron)] == ["running"])
    (cron.cwd / "seen").touch()
    running.process.wait()
    assert [row["state"] for row in rows(cron)] == ["succeeded"]


def test_a_journal_that_cannot_be_written_is_told_and_the_run_goes_straight_to_the_database(
    recording_hos_cron: HosCron,
) -> None:
    cron = recording_hos_cron
    cron.state.mkdir()
    (cron.state / "journal").touch()
    done = cron.call("job", "--sync", "--", "sh", "-c", "exit 3")
    assert done.returncode == 3
    assert "the journal cannot be written, the record goes straight to the database" in done.stderr
    (cron.state / "journal").unlink()
    assert [row["exit_code"] for row in rows(cron)] == [3]


def test_without_a_state_directory_the_job_runs_and_nothing_else_is_touched(hos_cron: HosCron) -> None:
    hos_cron.state.touch()
    done = hos_cron.call("job", "--", "sh", "-c", "echo '{}' > $HOS_REPORT; echo ran; exit 3")
    assert (done.returncode, done.stdout) == (3, "ran\n")
    for told in ("no figures can be reported", "runs without a lock", "the journal cannot be written"):
        assert told in done.stderr
    assert Path(os.devnull).is_char_device()


def test_a_recorder_that_cannot_be_started_leaves_the_journal_to_the_next(hos_cron: HosCron) -> None:
    script = "import sys; sys.executable = '/gone'; from wrapper.cron_wrapper import main; sys.exit(main())"
    hos_cron.environment["PYTHONPATH"] += f":{ROOT}"
    done = hos_cron.start_line([sys.executable, "-c", script, "job", "--", "sh", "-c", "exit 3"]).finish()
    assert done.exit_code == 3
    assert "the recorder cannot be started, the journal waits for the next one" in done.stderr


def test_the_wrapper_may_be_replaced_while_a_job_runs(hos_cron: HosCron, tmp_path: Path) -> None:
    hos_cron.cwd = tmp_path / "checkout"
    hos_cron.environment = without_coverage(hos_cron.environment)  # it would count the copy as ours
    for package in ("hallofshame", "wrapper"):
        shutil.copytree(ROOT / package, hos_cron.cwd / package)
    job = "until [ -e replaced ]; do sleep 0.01; done; head -c 200000 /dev/zero; kill -SEGV $$"
    running = hos_cron.start_line([sys.executable, "-m", "wrapper.cron_wrapper", "job", "--", "sh", "-c", job])
    wait_until(lambda: any(entry.record.get("argv") for entry in hos_cron.entries()))
    for path in hos_cron.cwd.rglob("*.py"):
        path.write_text("raise SystemExit('another release')", encoding="utf8")
    shutil.rmtree(hos_cron.cwd / "wrapper" / "__pycache__")
    (hos_cron.cwd / "replaced").touch()
    done = running.finish()
    assert (done.exit_code, done.run.output_bytes, done.run.signal) == (139, 200_000, "SIGSEGV")
