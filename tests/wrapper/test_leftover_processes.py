"""The end of the run is the end of the job: a child that goes on holds up nothing, and is told of."""

import pytest

from hallofshame.model import RunState
from tests.wrapper.conftest import PROMPT_SECONDS, HosCron

pytestmark = pytest.mark.integration

# What the job leaves, and whether the test's own search finds it alive after the wrapper has gone.
CHILDREN = {
    "in the background": ("sleep 600 &", True),
    "in a session of its own": ("setsid sleep 600 &", True),
    "given away": ("(setsid sleep 600 &)", True),
    "that ignores everything": ("(trap '' TERM HUP INT; setsid sleep 600 &)", True),
    "with closed streams": ("sleep 600 >&- 2>&- <&- &", True),
    "without the run's environment": ("env -i sleep 2 &", False),
    "that writes all the time, until nobody reads": ("yes >&2 &", False),
}


@pytest.mark.parametrize(("child", "found"), CHILDREN.values(), ids=CHILDREN)
def test_a_run_ends_with_its_job_though_a_child_lives_on(hos_cron: HosCron, child: str, *, found: bool) -> None:
    done = hos_cron("sh", "-c", f"{child}\necho done", timeout=30, leftover=found)
    assert (done.exit_code, done.run.state, done.stdout) == (0, RunState.SUCCEEDED, b"done\n")
    assert done.run.leftover
    assert (done.run.reason or "").startswith("the job left 1 of its processes alive, such as ")
    assert f"hos-cron: job: {done.run.reason}" in done.stderr
    assert done.wall_seconds < PROMPT_SECONDS


def test_what_a_child_writes_directly_after_the_job_still_arrives(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "(sleep 0.05; echo late) & echo early")
    assert done.stdout == b"early\nlate\n"


def test_a_job_without_children_is_not_waited_for(hos_cron: HosCron) -> None:
    done = hos_cron("true")
    assert not done.run.leftover
    assert (done.run.duration_seconds or 1) < 0.5


def test_orphans_that_end_are_no_zombies(hos_cron: HosCron) -> None:
    until_alone = 'until [ "$(cat /proc/$PPID/task/$PPID/children)" = "$$ " ]; do sleep 0.01; done; echo reaped'
    done = hos_cron("sh", "-c", f"for i in $(seq 100); do (setsid true &); done; {until_alone}", timeout=10)
    assert done.stdout == b"reaped\n"
