"""`hos kill`: the run stops as at its time limit, whatever it is found by, and no other process ever hears of it."""

import fcntl
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from hallofshame import living_runs, processes
from hallofshame.errors import Permanent
from hallofshame.journal import Journal
from hallofshame.living_runs import LivingRun
from hallofshame.model import RunState
from tests.wrapper.conftest import HOS_CRON, HosCron, Running, wait_until

pytestmark = pytest.mark.integration

HANG = ("sh", "-c", "(setsid sleep 600 &); echo ready; exec sleep 600")


def kill(cron: HosCron, *line: str) -> "subprocess.CompletedProcess[str]":
    argv = [str(HOS_CRON.with_name("hos")), "kill", *line]
    return subprocess.run(argv, env=cron.environment, cwd=cron.cwd, capture_output=True, text=True, check=False)


def hang(cron: HosCron, **flags: Any) -> Running:
    known = len(cron.entries())
    running = cron.start(*HANG, **flags)
    assert running.read_line() == "ready"
    wait_until(lambda: len(cron.entries()) > known)
    return running


@pytest.fixture
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that nobody may signal."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        alive = process.poll() is None
        process.kill()
        assert alive


def test_the_run_is_interrupted_with_all_its_processes(hos_cron: HosCron) -> None:
    running = hang(hos_cron)
    done = kill(hos_cron, "job")
    assert done.returncode == 0
    ended = running.finish()
    assert (ended.exit_code, ended.run.state) == (143, RunState.INTERRUPTED)
    assert done.stdout.startswith(f"run {ended.run.run_id} of job, pid {running.process.pid}, was told to stop and is ")


def test_what_was_done_can_be_had_as_json(hos_cron: HosCron) -> None:
    running = hang(hos_cron)
    done = json.loads(kill(hos_cron, "job", "--json").stdout)
    ended = running.finish()
    assert done | {"seconds": 0} == {
        "job": "job",
        "run_id": ended.run.run_id,
        "pid": running.process.pid,
        "gone": True,
        "seconds": 0,
    }


def test_a_job_that_takes_its_time_is_waited_for(hos_cron: HosCron) -> None:
    running = hos_cron.start("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.01; done", kill_after=1)
    assert running.read_line() == "ready"
    wait_until(hos_cron.entries)
    too_short = kill(hos_cron, "job", "--wait", "0.1")
    assert too_short.returncode == 1
    assert "was told to stop and is still there after 0.1 s: its job has until --kill-after" in too_short.stderr
    assert kill(hos_cron, "job").returncode == 0
    assert running.finish().run.signal == "SIGKILL"


def test_of_several_runs_one_has_to_be_named(hos_cron: HosCron) -> None:
    first = hang(hos_cron)
    [entry] = hos_cron.entries()
    second = hang(hos_cron, overlap="allow")
    refused = kill(hos_cron, "job")
    assert refused.returncode == 1
    assert "2 runs of job are alive here, choose one with --run: " in refused.stderr
    assert kill(hos_cron, "job", "--run", entry.run_id).returncode == 0
    first.process.wait()
    assert second.process.poll() is None
    assert kill(hos_cron, "job").returncode == 0
    second.process.wait()


def test_a_run_that_waits_for_its_turn_is_passed_over(hos_cron: HosCron) -> None:
    running = hang(hos_cron)
    waiting = hos_cron.start("sh", "-c", "echo mine", overlap="wait:60")
    wait_until(lambda: len(hos_cron.entries()) == 2)
    assert kill(hos_cron, "job").returncode == 0
    assert running.process.wait() == 143
    assert waiting.process.wait() == 0


def test_a_run_that_could_not_write_its_journal_is_found_by_its_lock(hos_cron: HosCron) -> None:
    (hos_cron.state / "locks").mkdir(parents=True)
    (hos_cron.state / "journal").mkdir(mode=0o700)
    running = hos_cron.start(*HANG)
    assert running.read_line() == "ready"
    for path in Path(hos_cron.state / "journal").iterdir():
        path.unlink()
    assert kill(hos_cron, "job").returncode == 0
    assert running.process.wait() == 143


def test_where_nothing_runs_it_says_so(hos_cron: HosCron) -> None:
    hos_cron("true")
    done = kill(hos_cron, "job")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "hos: no run of job is alive on this host: see hos runs job\n"


def test_another_jobs_run_is_left_alone(hos_cron: HosCron) -> None:
    running = hang(hos_cron)
    assert kill(hos_cron, "another").returncode == 1
    assert running.process.poll() is None
    kill(hos_cron, "job")
    running.process.wait()


def test_a_lock_that_nobody_holds_is_not_believed(hos_cron: HosCron, stranger: "subprocess.Popen[bytes]") -> None:
    sign(hos_cron, stranger.pid)
    assert kill(hos_cron, "job").returncode == 1


def test_a_lock_that_names_another_than_its_holder_is_not_believed(
    hos_cron: HosCron, stranger: "subprocess.Popen[bytes]"
) -> None:
    with sign(hos_cron, stranger.pid).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert kill(hos_cron, "job").returncode == 1


def sign(cron: HosCron, pid: int) -> Path:
    lock = cron.state / "locks" / "job.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(f"run 01900000-0000-7000-8000-000000000001, pid {pid}\n", encoding="ascii")
    return lock


@pytest.mark.parametrize("changed", [{"boot_id": "another"}, {"pid_start_ticks": 1}, {"pid_start_ticks": None}])
def test_a_journal_whose_process_is_gone_is_not_believed(
    hos_cron: HosCron, stranger: "subprocess.Popen[bytes]", changed: dict[str, Any]
) -> None:
    hos_cron("true", job="another")
    [entry] = hos_cron.entries()
    ticks = processes.start_ticks(stranger.pid)
    record = entry.record | {"job": "job", "run_id": "01900000-0000-7000-8000-000000000001", "finished_at": None}
    Journal(hos_cron.state).append(record | {"pid": stranger.pid, "pid_start_ticks": ticks} | changed)
    assert kill(hos_cron, "job").returncode == 1


def test_another_users_run_is_told_and_not_waited_for(
    stranger: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "pidfd_send_signal", Mock(side_effect=PermissionError))
    run = LivingRun("01900000", stranger.pid, processes.start_ticks(stranger.pid))
    with pytest.raises(Permanent, match="is another user's: call as that user or as root"):
        living_runs.stop(run, 60)


def test_a_process_that_got_the_pid_meanwhile_is_not_signalled(stranger: "subprocess.Popen[bytes]") -> None:
    assert living_runs.stop(LivingRun("01900000", stranger.pid, processes.start_ticks(stranger.pid) - 1), 60)
