"""A wrapper that is killed, or whose host loses power: the next run starts, ends what was left, and tells of it."""

from pathlib import Path

import pytest

from hallofshame.model import Run, RunState
from tests.wrapper.conftest import HOS_CRON, HosCron, Running, kill, processes_of, processes_with, wait_until

pytestmark = pytest.mark.integration

BOOT_ID = "/proc/sys/kernel/random/boot_id"
# A job with a child in a session of its own, which no signal to the group reaches.
JOB = ("sh", "-c", "setsid sleep 600 & echo ready; exec sleep 600")


def kill_the_wrapper(cron: HosCron, running: Running) -> str:
    """Send KILL to it once the start of its run is on disk. Returns the run's id."""
    assert running.read_line() == "ready"
    wait_until(lambda: any(entry.record.get("argv") for entry in cron.entries()))
    running.process.kill()
    running.process.wait()
    [entry] = cron.entries()
    return entry.run_id


def next_run(cron: HosCron) -> tuple[Run, Run]:
    """Let the job run again, undisturbed. Returns that run and the one before it."""
    assert cron.call("job", "--sync", "--", "true").returncode == 0
    newest, lost = cron.settled()
    assert newest.state is RunState.SUCCEEDED
    assert cron.entries() == []
    assert list((cron.state / "reports").iterdir()) == []
    return newest, lost


def test_a_run_whose_wrapper_was_killed_is_lost_and_ended_and_told_by_the_next(recording_hos_cron: HosCron) -> None:
    cron = recording_hos_cron
    running = cron.start(*JOB)
    run_id = kill_the_wrapper(cron, running)
    assert len(processes_of(run_id)) == 2
    _, lost = next_run(cron)
    assert (lost.run_id, lost.state, lost.exit_code) == (run_id, RunState.LOST, None)
    killed = f"its wrapper (pid {running.process.pid}) was killed"
    assert lost.reason == f"{killed}; 2 of its processes were still running, and were stopped"
    assert processes_of(run_id) == []


def test_a_run_that_a_power_cut_ended_is_lost_and_told_after_the_next_boot(
    recording_hos_cron: HosCron, private_mounts: None
) -> None:
    """Before the cut the host has another boot id: that of a file over the one in /proc."""
    cron = recording_hos_cron
    before = cron.cwd / "boot_id"
    before.write_text("00000000-0000-4000-8000-000000000001\n", encoding="ascii")
    setup = f'mount --bind {before} {BOOT_ID} && exec "$@"'
    running = cron.start_line(["unshare", "--mount", "sh", "-c", setup, "sh", str(HOS_CRON), "job", "--", *JOB])
    run_id = kill_the_wrapper(cron, running)
    kill(processes_with("HOS_STATE_DIR", str(cron.state)))
    _, lost = next_run(cron)
    assert (lost.run_id, lost.state, lost.reason) == (run_id, RunState.LOST, "the host was restarted")
    assert lost.boot_id == before.read_text(encoding="ascii").strip()


@pytest.mark.parametrize("torn", [b'{"run_id":"0192', b"\0" * 512])
def test_a_last_line_that_a_power_cut_tore_costs_only_that_line(recording_hos_cron: HosCron, torn: bytes) -> None:
    cron = recording_hos_cron
    run_id = kill_the_wrapper(cron, cron.start(*JOB))
    with Path(cron.entries()[0].path).open("ab") as journal:
        journal.write(torn)
    _, lost = next_run(cron)
    assert (lost.run_id, lost.state, lost.argv) == (run_id, RunState.LOST, JOB)
