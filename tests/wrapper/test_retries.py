"""Several attempts are one run: listed, bounded by one time limit, with one end."""

import pytest

from hallofshame.model import RunState
from tests.wrapper.conftest import PROMPT_SECONDS, HosCron

pytestmark = pytest.mark.integration


def test_a_failed_attempt_is_followed_by_another_until_one_succeeds(hos_cron: HosCron) -> None:
    script = "echo attempt $HOS_ATTEMPT; [ $HOS_ATTEMPT = 3 ]"
    done = hos_cron("sh", "-c", script, retries=5, retry_delay="0.01")
    assert (done.exit_code, done.run.state, done.run.attempts) == (0, RunState.SUCCEEDED, 3)
    assert done.run.reason == "attempt 1: exit code 1; attempt 2: exit code 1"
    assert done.run.output_tail == "attempt 1\nattempt 2\nattempt 3\n"


def test_after_the_last_attempt_the_run_fails_with_its_code(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "exit $HOS_ATTEMPT", retries=2, retry_delay="0.01")
    assert (done.exit_code, done.run.attempts) == (3, 3)
    assert done.run.reason == "exit code 3; attempt 1: exit code 1; attempt 2: exit code 2"


def test_the_time_limit_is_that_of_all_attempts_together(hos_cron: HosCron) -> None:
    script = "[ $HOS_ATTEMPT = 1 ] && exit 1; exec sleep 600"
    done = hos_cron("sh", "-c", script, retries=5, retry_delay="0.01", timeout="0.5")
    assert (done.exit_code, done.run.state, done.run.attempts) == (124, RunState.TIMED_OUT, 2)
    assert done.wall_seconds < PROMPT_SECONDS


def test_an_attempt_for_which_no_time_is_left_is_not_begun(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "exit 3", retries=5, retry_delay=60, timeout=30)
    assert (done.exit_code, done.run.attempts) == (3, 1)
    assert done.run.reason == "exit code 3; the time limit leaves no room for another attempt"


def test_a_run_can_be_interrupted_between_two_attempts(hos_cron: HosCron) -> None:
    running = hos_cron.start("sh", "-c", "exit 3", retries=1, retry_delay=60)
    assert running.read_error_line() == "hos-cron: job: attempt 1: exit code 3"
    running.process.terminate()
    done = running.finish()
    assert (done.exit_code, done.run.state, done.run.attempts) == (143, RunState.INTERRUPTED, 1)


def test_a_command_that_vanishes_between_two_attempts_ends_the_run(hos_cron: HosCron) -> None:
    command = hos_cron.cwd / "command"
    command.write_text("#!/bin/sh\nrm $0\nexit 3\n", encoding="utf8")
    command.chmod(0o755)
    done = hos_cron(str(command), retries=3, retry_delay="0.01")
    assert (done.exit_code, done.run.state, done.run.attempts) == (127, RunState.FAILED, 2)


def test_a_hundred_attempts_leave_no_descriptor_open(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "ls /proc/$PPID/fd | wc -l; exit 1", retries=100, retry_delay="0.001")
    counts = [int(line) for line in done.run.output_tail.split()]
    assert len(counts) == 101
    assert min(counts[1:50]) == min(counts[50:])  # the smallest, for the wrapper opens files now and then


def test_splay_delays_the_start_by_a_part_of_it(hos_cron: HosCron) -> None:
    done = hos_cron("true", splay="0.2")
    assert done.run.state is RunState.SUCCEEDED
    assert (done.run.started_at - done.run.scheduled_at).total_seconds() < 61


def test_a_run_can_be_interrupted_while_it_waits_for_its_turn(hos_cron: HosCron) -> None:
    listens = "[ $(( 0x$(awk '/SigCgt/ {print $2}' /proc/$!/status) & 0x4000 )) != 0 ]"  # catches SIGTERM
    wait_until_it_does = f"until {listens}; do sleep 0.01; done"
    done = hos_cron.shell(f"$hos_cron job --splay 100h -- true & {wait_until_it_does}; kill -TERM $!; wait $!")
    assert (done.exit_code, done.run.state) == (143, RunState.INTERRUPTED)
    assert done.run.reason == "told to stop before the job was started"
