"""Folders that are full or read-only: the job runs and keeps its code, the run says what it lacks, and is one row.

Permissions do not stop root: each folder is a file system of its own, mounted where only this run sees it.
"""

import subprocess

import pytest

from hallofshame.model import Run, RunState
from tests.wrapper.conftest import HOS_CRON, HosCron

pytestmark = pytest.mark.integration

JOB = ("sh", "-c", "echo ran; exit 3")
# How `$folder` becomes one that takes nothing.
FULL = "mount -t tmpfs -o size=4k tmpfs $folder && head -c 4k /dev/zero >$folder/filler"
WITHOUT_A_FREE_INODE = "mount -t tmpfs -o nr_inodes=1 tmpfs $folder"
READ_ONLY = "mount --bind $folder $folder && mount -o remount,bind,ro $folder"


@pytest.fixture
def cron(recording_hos_cron: HosCron, private_mounts: None) -> HosCron:
    recording_hos_cron.environment["HOS_DATABASE_URL"] = f"sqlite:///{recording_hos_cron.cwd}/hos.sqlite3"
    return recording_hos_cron


def call(cron: HosCron, unwritable: str, how: str) -> "subprocess.CompletedProcess[str]":
    """Run the job where that folder below the state directory is unwritable."""
    folder = cron.state / unwritable
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    setup = f'folder={folder}; {how} && exec "$@"'
    line = ["unshare", "--mount", "sh", "-c", setup, "sh", str(HOS_CRON), "job", "--sync", "--", *JOB]
    done = subprocess.run(line, env=cron.environment, cwd=cron.cwd, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "ran\n"), done.stderr
    assert "Traceback" not in done.stderr
    return done


def only_row(cron: HosCron) -> Run:
    """The one row there is, once no process is left."""
    [run] = cron.settled()
    assert (run.state, run.exit_code, run.output_tail) == (RunState.FAILED, 3, "ran\n")
    return run


@pytest.mark.parametrize("how", [READ_ONLY, WITHOUT_A_FREE_INODE], ids=["read-only", "full"])
def test_without_room_for_its_lock_the_job_runs_unlocked_and_the_run_says_so(cron: HosCron, how: str) -> None:
    assert "runs without a lock" in call(cron, "locks", how).stderr
    assert "runs without a lock" in (only_row(cron).reason or "")
    assert cron.entries() == []


def test_a_lock_whose_folder_is_full_locks_though_its_holder_cannot_sign(cron: HosCron) -> None:
    assert "lock" not in call(cron, "locks", FULL).stderr
    assert only_row(cron).reason == "exit code 3"
    assert cron.entries() == []


@pytest.mark.parametrize(
    "how",
    [READ_ONLY, WITHOUT_A_FREE_INODE, FULL],
    ids=["read-only", "no inode", "full"],
)
def test_a_run_that_no_journal_takes_goes_straight_to_the_database(cron: HosCron, how: str) -> None:
    assert "the journal cannot be written" in call(cron, "journal", how).stderr
    assert only_row(cron).reason == "exit code 3"


@pytest.mark.parametrize("how", [READ_ONLY, WITHOUT_A_FREE_INODE, FULL], ids=["read-only", "no inode", "full"])
def test_without_any_state_the_run_goes_straight_to_the_database(cron: HosCron, how: str) -> None:
    assert "the journal cannot be written" in call(cron, "", how).stderr
    only_row(cron)


def test_a_database_whose_disk_is_full_gets_the_run_from_the_next(cron: HosCron) -> None:
    cron.environment["HOS_DATABASE_URL"] = f"sqlite:///{cron.state}/database/hos.sqlite3"
    assert "hos-cron: recorder: " in call(cron, "database", FULL).stderr
    assert len(cron.entries()) == 1
    assert cron.call("job", "--sync", "--", "true").returncode == 0
    assert [run.state for run in cron.settled()] == [RunState.SUCCEEDED, RunState.FAILED]
    assert cron.entries() == []
