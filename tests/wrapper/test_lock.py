"""One run of a job at a time: skip, wait or allow, and no lock that outlives its run."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from hallofshame.model import RunState
from tests.wrapper.conftest import PROMPT_SECONDS, HosCron, Running, wait_until

pytestmark = pytest.mark.integration

HOLD = ("sh", "-c", "echo held; while [ ! -e released ]; do sleep 0.01; done")


def hold(hos_cron: HosCron) -> Running:
    """Start a run that holds the lock until the file `released` exists."""
    holder = hos_cron.start(*HOLD)
    assert holder.read_line() == "held"
    wait_until(lambda: len(hos_cron.entries()) == 1)
    return holder


def release(hos_cron: HosCron) -> None:
    (hos_cron.cwd / "released").touch()


def test_a_second_run_is_skipped_with_75_and_says_who_runs(hos_cron: HosCron) -> None:
    holder = hold(hos_cron)
    skipped = hos_cron("touch", "ran")
    assert (skipped.exit_code, skipped.run.state, skipped.run.exit_code) == (75, RunState.SKIPPED, 75)
    [running] = [entry for entry in hos_cron.entries() if not entry.ended]
    assert skipped.run.reason == f"the lock is held by run {running.run_id}, pid {holder.process.pid}"
    assert not (hos_cron.cwd / "ran").exists()
    release(hos_cron)
    holder._known.add(skipped.run.run_id)
    assert holder.finish().exit_code == 0


def test_another_job_is_not_held_up(hos_cron: HosCron) -> None:
    hold(hos_cron)
    assert hos_cron("true", job="another").exit_code == 0


def test_with_allow_two_run_at_once(hos_cron: HosCron) -> None:
    hold(hos_cron)
    assert hos_cron("true", overlap="allow").exit_code == 0


def test_with_wait_the_second_runs_as_soon_as_the_first_is_done(hos_cron: HosCron) -> None:
    hold(hos_cron)
    waiting = hos_cron.start("true", overlap="wait:20")
    release(hos_cron)
    done = waiting.finish()
    assert (done.exit_code, done.run.state) == (0, RunState.SUCCEEDED)
    assert done.wall_seconds < PROMPT_SECONDS


def test_with_wait_the_second_is_skipped_when_it_takes_too_long(hos_cron: HosCron) -> None:
    hold(hos_cron)
    done = hos_cron("true", overlap="wait:0.3")
    assert (done.exit_code, done.run.state) == (75, RunState.SKIPPED)
    assert done.wall_seconds >= 0.3


def test_a_run_that_waits_for_its_lock_can_be_interrupted(hos_cron: HosCron) -> None:
    hold(hos_cron)
    waiting = hos_cron.start("true", overlap="wait:60")
    pid = waiting.process.pid
    wait_until(lambda: has_open(pid, ".lock"))
    waiting.process.terminate()
    done = waiting.finish()
    assert (done.exit_code, done.run.state) == (143, RunState.INTERRUPTED)


def has_open(pid: int, suffix: str) -> bool:
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            if str(link.readlink()).endswith(suffix):
                return True
    return False


def test_of_20_starts_at_once_one_runs_and_each_has_its_record(hos_cron: HosCron) -> None:
    starts = [hos_cron.start(*HOLD) for _ in range(20)]
    codes = []
    with ThreadPoolExecutor(20) as threads:
        ends = [threads.submit(start.process.wait) for start in starts]
        wait_until(lambda: sum(end.done() for end in ends) == 19)
        release(hos_cron)
        codes = [end.result() for end in ends]
    assert sorted(codes) == [0] + [75] * 19
    states = [entry.record["state"] for entry in hos_cron.entries()]
    assert sorted(states) == ["skipped"] * 19 + ["succeeded"]
    hos_cron.wait_for_all_processes()


def test_the_lock_does_not_outlive_its_run_in_a_background_child(hos_cron: HosCron) -> None:
    first = hos_cron("sh", "-c", "sleep 600 & true", leftover=True)
    assert first.run.leftover
    assert hos_cron("true").exit_code == 0


def test_the_lock_does_not_outlive_a_killed_wrapper(hos_cron: HosCron) -> None:
    holder = hold(hos_cron)
    holder.process.kill()
    holder.process.wait()
    assert hos_cron("true").exit_code == 0
    release(hos_cron)


def test_without_a_folder_for_locks_the_job_runs_unlocked_and_says_so(hos_cron: HosCron) -> None:
    hos_cron.state.mkdir()
    (hos_cron.state / "locks").touch()
    done = hos_cron("echo", "ran")
    assert (done.exit_code, done.stdout) == (0, b"ran\n")
    assert "runs without a lock" in done.stderr
    assert "runs without a lock" in (done.run.reason or "")


def test_a_lock_on_a_full_disk_still_locks(hos_cron: HosCron) -> None:
    hold(hos_cron)
    (hos_cron.state / "locks" / "job.lock").write_bytes(b"")  # what a holder leaves who could not sign
    done = hos_cron("true")
    assert (done.exit_code, done.run.reason) == (75, "the lock is held by a run that has only just taken it")
