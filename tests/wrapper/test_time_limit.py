"""The time limit: TERM at T, KILL after the grace, everything that belongs to the run, whatever it does."""

from pathlib import Path

import pytest

from hallofshame.model import RunState
from tests.wrapper.conftest import PROMPT_SECONDS, HosCron

pytestmark = pytest.mark.integration

IGNORE = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
DAEMON = (
    "import os, pathlib, signal, time\n"
    "if os.fork(): os._exit(0)\n"
    "os.setsid()\n"
    "if os.fork(): os._exit(0)\n"
    'pathlib.Path("daemon.pid").write_text(str(os.getpid()))\n'
    "for d in range(3): os.close(d)\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "time.sleep(600)"
)

TREES = {
    "one process": "exec sleep 600",
    "a background child": "sleep 600 & sleep 600",
    "a child in its own session": "setsid sleep 600 & sleep 600",
    "a child that is given away": "(setsid sleep 600 &) ; sleep 600",
    "a pipeline": "sleep 600 | sleep 600 | sleep 600",
    "a job that ignores TERM": f'exec python3 -c "{IGNORE}"',
    "a child that ignores TERM": f'python3 -c "{IGNORE}" & sleep 600',
    "a daemon": f"python3 -c '{DAEMON}'; sleep 600",
    "a stopped job": "kill -STOP $$; sleep 600",
    "a stopped job that ignores TERM": "trap '' TERM; kill -STOP $$; sleep 600",
    "one that keeps forking": "trap '' TERM; while :; do setsid sleep 600 & sleep 0.02; done",
    "one that talks all the time": "trap '' TERM; yes",
    "closed streams": "exec >&- 2>&-; sleep 600",
}


@pytest.mark.parametrize("script", TREES.values(), ids=TREES)
def test_nothing_survives_the_time_limit(hos_cron: HosCron, script: str) -> None:
    done = hos_cron("sh", "-c", script, timeout="0.4", kill_after="0.4", stdout=-3)
    run = done.run
    assert (done.exit_code, run.exit_code, run.state) == (124, 124, RunState.TIMED_OUT)
    assert run.reason == "still running after 0.4 s"
    assert not run.leftover
    assert done.wall_seconds < PROMPT_SECONDS


def test_a_daemon_that_hides_its_environment_does_not_survive_either(hos_cron: HosCron) -> None:
    once_watched = "until [ -e $HOS_STATE_DIR/journal/$HOS_RUN_ID.jsonl ]; do sleep 0.01; done"
    script = f"{once_watched}; env -i $(command -v python3) -c '{DAEMON}'; exec sleep 600"
    done = hos_cron("sh", "-c", script, timeout="0.8", kill_after="0.4")
    assert (done.exit_code, done.run.leftover) == (124, False)
    daemon = (hos_cron.cwd / "daemon.pid").read_text()
    assert not Path("/proc", daemon).exists()


def test_a_stopped_job_hears_term_before_it_is_killed(hos_cron: HosCron) -> None:
    script = "trap 'echo heard; exit' TERM; kill -STOP $$; sleep 600"
    done = hos_cron("sh", "-c", script, timeout="0.3", kill_after=10)
    assert (done.exit_code, done.stdout) == (124, b"heard\n")
    assert done.wall_seconds < 5


def test_a_term_handler_of_the_job_runs_and_the_state_is_timed_out_all_the_same(hos_cron: HosCron) -> None:
    done = hos_cron(
        "sh", "-c", "trap 'echo tidied; exit 0' TERM; while :; do sleep 0.01; done", timeout="0.3", kill_after=60
    )
    assert (done.exit_code, done.run.state, done.stdout) == (124, RunState.TIMED_OUT, b"tidied\n")
    assert done.wall_seconds < PROMPT_SECONDS


def test_a_job_that_ends_at_term_is_not_waited_for_until_the_kill(hos_cron: HosCron) -> None:
    done = hos_cron("sleep", "600", timeout="0.3", kill_after=60)
    assert (done.exit_code, done.run.signal) == (124, "SIGTERM")
    assert done.wall_seconds < PROMPT_SECONDS


def test_a_job_within_its_limit_is_left_alone(hos_cron: HosCron) -> None:
    assert hos_cron("sleep", "0.3", timeout=5).exit_code == 0


def test_output_up_to_the_kill_is_kept(hos_cron: HosCron) -> None:
    done = hos_cron(
        "sh",
        "-c",
        "trap 'echo ignoring' TERM; echo begun; while :; do sleep 0.01; done",
        timeout="0.3",
        kill_after="0.3",
    )
    assert (done.stdout, done.run.signal) == (b"begun\nignoring\n", "SIGKILL")
