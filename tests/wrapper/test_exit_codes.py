"""What hos-cron exits with, and the state and reason it writes down for it."""

import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hallofshame.model import RunState
from tests.wrapper.conftest import HosCron

pytestmark = pytest.mark.integration


def test_a_good_run_passes_its_code_and_is_recorded(hos_cron: HosCron) -> None:
    done = hos_cron("true")
    run = done.run
    assert (done.exit_code, run.exit_code, run.state, run.reason) == (0, 0, RunState.SUCCEEDED, None)
    assert (run.job, run.argv, run.attempts, run.leftover) == ("job", ("true",), 1, False)
    assert run.scheduled_at == run.started_at.replace(second=0, microsecond=0)
    assert run.finished_at
    assert run.duration_seconds is not None
    assert (run.finished_at - run.started_at).total_seconds() == pytest.approx(run.duration_seconds, abs=0.1)
    assert abs((datetime.now(UTC) - run.started_at).total_seconds()) < 60
    assert (run.cpu_seconds or 0) > 0
    assert (run.peak_memory_bytes or 0) > 1 << 20


@pytest.mark.parametrize("code", [1, 2, 75, 124, 125, 126, 127, 128, 255])
def test_the_jobs_own_code_is_passed_on_verbatim(hos_cron: HosCron, code: int) -> None:
    done = hos_cron("sh", "-c", f"exit {code}")
    assert (done.exit_code, done.run.exit_code, done.run.state) == (code, code, RunState.FAILED)
    assert done.run.reason == f"exit code {code}"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGPIPE, signal.SIGTERM, signal.SIGUSR1])
def test_a_job_killed_by_a_signal_ends_with_128_and_its_number(hos_cron: HosCron, number: signal.Signals) -> None:
    done = hos_cron("sh", "-c", f"kill -{number.value} $$")
    assert (done.exit_code, done.run.state, done.run.signal) == (128 + number, RunState.FAILED, number.name)


def test_a_missing_command_is_127_and_not_started(hos_cron: HosCron) -> None:
    done = hos_cron("no-such-command")
    assert (done.exit_code, done.run.state, done.run.exit_code) == (127, RunState.NOT_STARTED, 127)
    assert done.run.reason == "'no-such-command' cannot be executed: No such file or directory"
    assert done.stderr == f"hos-cron: job: not run: {done.run.reason}\n"


@pytest.mark.parametrize("content", [None, "no program"])
def test_a_command_that_cannot_be_executed_is_126_and_not_started(
    hos_cron: HosCron, tmp_path: Path, content: str | None
) -> None:
    command = tmp_path / "command"
    if content is None:
        command.mkdir()
    else:
        command.write_text(content, encoding="utf8")
        command.chmod(0o755)
    done = hos_cron(str(command))
    assert (done.exit_code, done.run.state) == (126, RunState.NOT_STARTED)


def test_the_command_is_executed_as_it_stands(hos_cron: HosCron) -> None:
    arguments = ["a b", "$HOME", "*", "", "'\"", "a\nb", "é"]
    done = hos_cron("printf", "%s|", *arguments)
    assert done.stdout.decode() == "".join(f"{each}|" for each in arguments)
    assert done.run.argv == ("printf", "%s|", *arguments)


def test_an_argument_that_is_no_text_is_recorded_readably(hos_cron: HosCron) -> None:
    done = hos_cron("printf", "%s", "\udcff")
    assert done.stdout == b"\xff"
    assert done.run.argv[-1] == "\\xff"


def test_the_job_has_nothing_to_read(hos_cron: HosCron) -> None:
    assert hos_cron.shell("echo meant for another | $hos_cron job -- cat").stdout == b""


def test_the_job_starts_with_usual_signals_in_its_own_group(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "cut -d' ' -f1,5 /proc/self/stat; grep -E 'Sig(Blk|Ign)' /proc/self/status")
    first, *masks = done.stdout.decode().splitlines()
    pid, group = map(int, first.split())
    assert group < pid  # the shell's, and not the wrapper's
    assert group != done.run.pid
    # Beyond 31 are the C library's own, which its posix_spawn ignores in every child.
    assert [int(line.split()[1], 16) & 0x7FFFFFFF for line in masks] == [0, 0]


def test_the_job_inherits_nothing_but_its_three_streams(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "ls /proc/$$/fd")
    assert set(done.stdout.split()) <= {b"0", b"1", b"2"}


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_a_closed_stream_of_the_wrapper_harms_neither_job_nor_record(
    hos_cron: HosCron, closed: tuple[int, ...]
) -> None:
    closing = " ".join(f"{descriptor}>&-" for descriptor in closed)
    job = "ls /proc/$$/fd; test -e /proc/$$/fd/0 -a -e /proc/$$/fd/1 -a -e /proc/$$/fd/2"
    line = f"exec $hos_cron job -- sh -c '{job}' {closing}"
    assert hos_cron.shell(line).run.state is RunState.SUCCEEDED
