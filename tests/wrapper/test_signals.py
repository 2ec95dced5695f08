"""Signals to the wrapper: those that end are passed on and end the run, USR1 and USR2 are passed on and no more."""

import signal
from pathlib import Path

import pytest

from hallofshame.model import RunState
from tests.wrapper.conftest import PROMPT_SECONDS, HosCron, wait_until

pytestmark = pytest.mark.integration

ENDING = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT]


@pytest.mark.parametrize("number", ENDING)
def test_an_ending_signal_is_passed_on_and_interrupts_the_run(hos_cron: HosCron, number: signal.Signals) -> None:
    script = f"trap 'echo got {number.name}; exit 7' {number.name[3:]}; echo ready; while :; do sleep 0.01; done"
    running = hos_cron.start("sh", "-c", script)
    assert running.read_line() == "ready"
    running.process.send_signal(number)
    done = running.finish()
    assert (done.exit_code, done.run.exit_code) == (128 + number, 128 + number)
    assert done.run.state is RunState.INTERRUPTED
    assert done.run.reason == f"the wrapper was told to stop by {number.name}"
    assert done.stdout.decode() == f"got {number.name}\n"


def test_an_interrupted_job_that_ignores_it_is_killed_with_all_its_children(hos_cron: HosCron) -> None:
    script = "trap '' TERM; (setsid sleep 600 &); echo ready; while :; do sleep 0.01; done"
    running = hos_cron.start("sh", "-c", script, kill_after="0.3")
    assert running.read_line() == "ready"
    running.process.terminate()
    done = running.finish()
    assert (done.exit_code, done.run.state, done.run.signal) == (143, RunState.INTERRUPTED, "SIGKILL")
    assert done.wall_seconds < PROMPT_SECONDS


def test_the_first_cause_wins_when_several_signals_come(hos_cron: HosCron) -> None:
    script = "trap 'echo TERM' TERM; trap 'echo INT; exit 0' INT; echo ready; while :; do sleep 0.01; done"
    running = hos_cron.start("sh", "-c", script)
    assert running.read_line() == "ready"
    running.process.terminate()
    assert running.read_line() == "TERM"
    running.process.send_signal(signal.SIGINT)
    done = running.finish()
    assert (done.exit_code, done.stdout) == (143, b"INT\n")


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_user_signals_are_passed_on_to_the_job_alone_and_change_nothing_else(
    hos_cron: HosCron, number: signal.Signals
) -> None:
    # The `sleep` in the same group would die of the signal, and the job would say so.
    script = f"trap 'echo got it' {number.name[3:]}; sleep 600 & echo ready; wait; kill $! && echo alive"
    running = hos_cron.start("sh", "-c", script)
    assert running.read_line() == "ready"
    running.process.send_signal(number)
    done = running.finish()
    assert (done.exit_code, done.run.state, done.stdout) == (0, RunState.SUCCEEDED, b"got it\nalive\n")


def test_a_signal_after_the_end_of_the_job_changes_nothing(hos_cron: HosCron) -> None:
    running = hos_cron.start("sh", "-c", "sleep 600 & echo $$")  # the child holds the pipe: output is awaited a little
    job = Path("/proc", running.read_line())
    wait_until(lambda: not job.exists())
    running.process.terminate()
    done = running.finish(leftover=True)
    assert (done.exit_code, done.run.state) == (0, RunState.SUCCEEDED)


def test_nohup_protects_wrapper_and_job(hos_cron: HosCron) -> None:
    done = hos_cron.shell("exec nohup $hos_cron job -- sh -c 'kill -HUP $PPID; kill -HUP $$; echo alive'")
    assert (done.exit_code, done.stdout) == (0, b"alive\n")


def test_a_killed_wrapper_leaves_a_record_that_tells_which_process_it_was(hos_cron: HosCron) -> None:
    running = hos_cron.start("sh", "-c", "echo ready; exec sleep 600")
    assert running.read_line() == "ready"
    wait_until(hos_cron.entries)
    stat = Path(f"/proc/{running.process.pid}/stat").read_bytes()
    running.process.kill()
    running.process.wait()
    [entry] = hos_cron.entries()
    assert not entry.ended
    assert (entry.record["state"], entry.record["pid"]) == ("running", running.process.pid)
    assert entry.record["pid_start_ticks"] == int(stat.rpartition(b")")[2].split()[19])
    assert entry.record["boot_id"] == Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def test_a_full_second_of_signals_confuses_nobody(hos_cron: HosCron) -> None:
    running = hos_cron.start("sh", "-c", "trap : USR1; echo ready; until [ -e enough ]; do sleep 0.01; done; echo done")
    assert running.read_line() == "ready"
    for _ in range(500):
        running.process.send_signal(signal.SIGUSR1)
    (hos_cron.cwd / "enough").touch()
    assert running.finish().stdout == b"done\n"
