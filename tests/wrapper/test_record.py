"""What the record of a run says beside its end: where it ran, of which release, how late, at what cost."""

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hallofshame.model import AttemptEnd, RunState
from tests.wrapper.conftest import HosCron, without_coverage

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]


def test_a_run_names_its_host_its_boot_and_its_process(hos_cron: HosCron) -> None:
    running = hos_cron.start("true")
    run = running.finish().run
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    uptime_seconds = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    assert (run.host, run.boot_id, run.pid) == (Path("/etc/hostname").read_text().strip(), boot, running.process.pid)
    assert 0 < (run.pid_start_ticks or 0) <= uptime_seconds * 100


def test_lateness_is_all_that_lies_between_the_minute_and_the_start(hos_cron: HosCron) -> None:
    run = hos_cron("true", splay="0.2").run
    assert run.lateness_seconds == pytest.approx((run.started_at - run.scheduled_at).total_seconds(), abs=1e-5)


def test_the_wait_for_the_lock_counts_as_lateness(hos_cron: HosCron) -> None:
    holder = hos_cron.start("sh", "-c", "echo held; sleep 1")
    assert holder.read_line() == "held"
    asked_at = datetime.now(UTC)
    run = hos_cron("true", overlap="wait:20").run
    assert (run.lateness_seconds or 0) > 0.5 + (asked_at - run.scheduled_at).total_seconds()


def test_page_faults_are_counted(hos_cron: HosCron) -> None:
    few = hos_cron("true").run
    many = hos_cron("python3", "-c", "bytes(50 << 20).count(0)").run
    assert 0 < (few.minor_faults or 0) < (many.minor_faults or 0)
    assert few.major_faults is not None


def test_the_release_is_what_the_environment_says(hos_cron: HosCron) -> None:
    assert hos_cron("true").run.release is None
    hos_cron.environment["HOS_RELEASE"] = "1.4.2"
    assert hos_cron("true").run.release == "1.4.2"


def test_the_release_is_found_where_other_settings_are(hos_cron: HosCron) -> None:
    (hos_cron.cwd / ".env").write_text("HOS_RELEASE='of the file'\n", encoding="utf8")
    assert hos_cron("true").run.release == "of the file"


def test_a_program_in_a_release_folder_names_that(hos_cron: HosCron) -> None:
    hos_cron.environment = without_coverage(hos_cron.environment)  # it would count the copy as ours
    release = hos_cron.cwd / "releases" / "20260501T120000Z-abcdef"
    for package in ("hallofshame", "wrapper"):
        shutil.copytree(ROOT / package, release / package)
    (hos_cron.cwd / "current").symlink_to(release)
    hos_cron.cwd /= "current"
    done = hos_cron.start_line([sys.executable, "-m", "wrapper.cron_wrapper", "job", "--", "true"]).finish()
    assert done.run.release == release.name


def test_every_attempt_is_listed_with_its_end_and_its_length(hos_cron: HosCron) -> None:
    script = "case $HOS_ATTEMPT in 1) exit 3;; 2) kill -KILL $$;; esac; sleep 0.2"
    run = hos_cron("sh", "-c", script, retries=2, retry_delay="0.3").run
    assert (run.state, run.attempts) == (RunState.SUCCEEDED, 3)
    assert [(end.exit_code, end.signal) for end in run.attempt_ends] == [(3, None), (137, "SIGKILL"), (0, None)]
    assert 0.2 <= run.attempt_ends[2].duration_seconds < 10
    lengths = sum(end.duration_seconds for end in run.attempt_ends)
    assert lengths + 2 * 0.3 <= (run.duration_seconds or 0)


def test_an_attempt_that_could_not_be_begun_is_listed(hos_cron: HosCron) -> None:
    command = hos_cron.cwd / "command"
    command.write_text("#!/bin/sh\nrm $0\nexit 3\n", encoding="utf8")
    command.chmod(0o755)
    run = hos_cron(str(command), retries=1, retry_delay="0.01").run
    assert run.attempt_ends[1:] == (AttemptEnd(127, None, 0.0),)


def test_an_attempt_that_was_stopped_is_listed_as_it_ended(hos_cron: HosCron) -> None:
    run = hos_cron("sleep", "600", timeout="0.3").run
    assert (run.exit_code, run.signal) == (124, "SIGTERM")
    assert [(end.exit_code, end.signal) for end in run.attempt_ends] == [(143, "SIGTERM")]


def test_a_run_without_a_process_has_no_attempt(hos_cron: HosCron) -> None:
    run = hos_cron("no-such-command").run
    assert (run.state, run.attempt_ends) == (RunState.NOT_STARTED, ())
