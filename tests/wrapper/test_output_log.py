"""The log of a long output: its first and last 8 MiB without secrets, on disk, pruned, and never in the way."""

import os
import subprocess
from pathlib import Path

import pytest

from hallofshame.output_logs import FIRST_BYTES, KEPT_BYTES, KEPT_LOGS, LAST_BYTES
from hallofshame.redaction import MARGIN_BYTES
from tests.wrapper.conftest import HOS_CRON, HosCron, wait_until
from tests.wrapper.test_recording import hanging_database
from wrapper import output_log
from wrapper.output import KeptOutput
from wrapper.spool import LEAST_FREE_BYTES, Spool

MIB = 1 << 20
CANARY = b"c4n4ry-Tweet9/+x"
LONG = "for n in 1 2 3; do head -c 100000 /dev/zero; done"


def log_of(folder: Path, *pieces: bytes) -> bytes:
    """What the log holds of an output that came in these pieces."""
    path = folder / "job" / "run.log"
    spool = Spool(str(path))
    kept = KeptOutput(spool)
    for piece in pieces:
        kept.take(piece, is_stderr=False)
    assert spool.failure is None
    assert spool.descriptor is not None
    output_log.keep(path, spool.descriptor, spool.byte_count)
    os.close(spool.descriptor)
    return path.read_bytes()


def numbered(size: int) -> bytes:
    return b"".join(b"%07d\n" % number for number in range(size // 8 + 1))[:size]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("size", "piece"),
    [
        (65 << 10, 1_000),
        (3 * MIB, 256 << 10),
        (FIRST_BYTES + MARGIN_BYTES + 1, 256 << 10),
        (FIRST_BYTES + LAST_BYTES, 65_535),
        (FIRST_BYTES + LAST_BYTES + 1, 65_535),
        (FIRST_BYTES + 3 * LAST_BYTES + 12_345, MIB),
        (FIRST_BYTES + 3 * LAST_BYTES + 12_345, FIRST_BYTES + 3 * LAST_BYTES + 12_345),
    ],
)
def test_the_log_has_the_first_and_the_last_bytes_however_they_came(tmp_path: Path, size: int, piece: int) -> None:
    text = numbered(size)
    log = log_of(tmp_path, *(text[start : start + piece] for start in range(0, size, piece)))
    cut = size - FIRST_BYTES - LAST_BYTES
    if cut > 0:
        assert log == text[:FIRST_BYTES] + b"\n[%d bytes cut]\n" % cut + text[-LAST_BYTES:]
    else:
        assert log == text


@pytest.mark.unit
@pytest.mark.parametrize("before", [1, 8, len(CANARY) - 1])
def test_a_secret_is_hidden_where_the_output_is_cut_and_where_two_steps_meet(
    tmp_path: Path, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", CANARY.decode())
    size = FIRST_BYTES + 2 * LAST_BYTES
    text = bytearray(b"." * size)
    for place in (output_log.STEP_BYTES, FIRST_BYTES, size - LAST_BYTES, size - output_log.STEP_BYTES):
        text[place - before : place - before + len(CANARY)] = CANARY
    log = log_of(tmp_path, bytes(text))
    assert set(log.replace(b"[redacted]", b"").replace(b"\n[%d bytes cut]\n" % LAST_BYTES, b"")) == {ord(".")}
    assert log.count(b"[redacted]") >= 4


@pytest.mark.unit
def test_only_the_newest_logs_of_a_job_stay(tmp_path: Path) -> None:
    for number in range(KEPT_LOGS + 3):
        (tmp_path / f"{number:02}.log").touch()
    output_log.prune(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{n:02}.log" for n in range(3, KEPT_LOGS + 3)]


@pytest.mark.unit
def test_no_more_than_their_bytes_stay_but_the_newest_always(tmp_path: Path) -> None:
    for number, size in enumerate([1, KEPT_BYTES // 2, KEPT_BYTES // 2, 1]):
        with (tmp_path / f"{number}.log").open("wb") as file:
            file.truncate(size)
    output_log.prune(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.log", "3.log"]
    os.truncate(tmp_path / "3.log", KEPT_BYTES + 1)
    output_log.prune(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["3.log"]


@pytest.mark.unit
def test_where_the_disk_is_nearly_full_no_log_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = os.statvfs_result((4_096, 4_096, 10**6, 10**6, LEAST_FREE_BYTES // 4_096 - 1, 10**6, 10**6, 10**6, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    spool = Spool(str(tmp_path / "job" / "run.log"))
    spool.take(b"x")
    assert spool.descriptor is None
    assert "less than 64 MiB are free" in (spool.failure or "")


def logs(cron: HosCron) -> list[Path]:
    return [path for path in (cron.state / "output").rglob("*") if path.is_file()]


@pytest.mark.integration
def test_what_the_record_holds_needs_no_log(recording_hos_cron: HosCron) -> None:
    assert recording_hos_cron.call("job", "--sync", "--", "head", "-c", "65536", "/dev/zero").returncode == 0
    assert not (recording_hos_cron.state / "output").exists()


@pytest.mark.integration
def test_a_long_output_is_in_the_log_from_all_attempts_and_private(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    script = "echo attempt $HOS_ATTEMPT; head -c 100000 /dev/zero | tr '\\0' x; echo err >&2; [ $HOS_ATTEMPT = 2 ]"
    assert (
        cron.call("job", "--sync", "--retries", "1", "--retry-delay", "0.1", "--", "sh", "-c", script).returncode == 0
    )
    [log] = logs(cron)
    text = log.read_text(encoding="utf8")
    assert (len(text), text.count("attempt "), text.count("err\n")) == (200_000 + 2 * 14, 2, 2)
    assert [oct(path.stat().st_mode & 0o777) for path in (log, log.parent, log.parent.parent)] == [
        "0o600",
        "0o700",
        "0o700",
    ]


@pytest.mark.integration
def test_the_log_is_made_though_the_database_hangs(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    cron.environment["HOS_DATABASE_URL"], server = hanging_database()
    with server:
        assert cron.call("job", "--", "sh", "-c", LONG).returncode == 0
        wait_until(lambda: [log for log in logs(cron) if log.suffix == ".log"])


@pytest.mark.integration
def test_no_secret_of_a_long_output_ever_has_a_name_on_disk(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    cron.environment["CANARY_TOKEN"] = CANARY.decode()
    wait = "until [ -e seen ]; do sleep 0.01; done"
    script = f"echo $CANARY_TOKEN; {LONG}; echo written >&2; {wait}; printf %s c4n4ry-T; sleep 0.05; printf weet9/+x"
    running = cron.start("sh", "-c", f"{script}; {LONG}", sync=True, stdout=subprocess.DEVNULL)
    assert running.read_error_line() == "written"
    meanwhile = files_with_canary(cron)
    (cron.cwd / "seen").touch()
    running.process.wait()
    assert meanwhile == files_with_canary(cron) == []
    [log] = logs(cron)
    assert log.read_bytes().count(b"[redacted]") == 2


def files_with_canary(cron: HosCron) -> list[Path]:
    return [path for path in cron.state.rglob("*") if path.is_file() and CANARY in path.read_bytes()]


@pytest.mark.integration
@pytest.mark.parametrize("place", ["output", "output/job"])
def test_without_a_folder_for_it_the_job_runs_and_the_run_says_so(hos_cron: HosCron, place: str) -> None:
    (hos_cron.state / place).parent.mkdir(parents=True)
    (hos_cron.state / place).touch()
    done = hos_cron("sh", "-c", f"{LONG}; exit 3")
    assert (done.exit_code, done.run.output_bytes) == (3, 300_000)
    assert "no log of the output is kept, only its beginning and its end: " in (done.run.reason or "")
    assert done.stderr.count("no log of the output is kept") == 1


@pytest.mark.integration
def test_a_full_disk_costs_the_log_and_nothing_else(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    line = f"ulimit -f 2048; exec {HOS_CRON} job --sync -- sh -c 'head -c {4 * MIB} /dev/zero; exit 3' >/dev/null"
    running = cron.start_line(["sh", "-c", line])
    assert running.process.wait() == 3
    assert "no log of the output is kept, only its beginning and its end: [Errno 27]" in running.read_error_line()
    assert logs(cron) == []


@pytest.mark.integration
def test_a_log_that_cannot_be_finished_is_told_and_leaves_nothing(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    script = f"{LONG}; rmdir $(dirname $HOS_REPORT)/../output/job; touch $(dirname $HOS_REPORT)/../output/job"
    done = cron.call("job", "--sync", "--", "sh", "-c", script)
    assert done.returncode == 0
    assert "the output's log cannot be kept" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.integration
def test_the_wrapper_does_not_wait_for_the_log(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    script = f"yes 'password=hunter2 token: x' | head -c {4 * FIRST_BYTES}"
    assert cron.start("sh", "-c", script, stdout=subprocess.DEVNULL).process.wait() == 0
    assert [log for log in logs(cron) if log.suffix == ".log"] == []
    wait_until(lambda: [log for log in logs(cron) if log.suffix == ".log"])
