"""`--fail-if` and `--require`: a job whose exit code tells nothing is judged by its output."""

import pytest

from hallofshame.model import RunState
from tests.wrapper.conftest import HosCron
from wrapper.expectations import LONGEST_LINE_BYTES, Expectations

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("fail_if", "require", "pieces", "complaint"),
    [
        ([], [], [b"anything"], None),
        (["^ERROR"], [], [b"fine\n", b"no ERROR\n"], None),
        (["^ERROR"], [], [b"fine\n", b"ERROR here\n"], "the output matches --fail-if '^ERROR'"),
        (["^ERROR"], [], [b"fine\nERR", b"OR here\n"], "the output matches --fail-if '^ERROR'"),
        (["here$"], [], [b"ERROR here"], "the output matches --fail-if 'here$'"),
        ([], ["done$"], [b"do", b"ne\nmore\n"], None),
        ([], ["done$"], [], "the output lacks --require 'done$'"),
        ([], ["a", "b"], [b"a\n"], "the output lacks --require 'b'"),
        (["x"], ["x"], [b"x\n"], "the output matches --fail-if 'x'"),
        (["é"], [], ["é".encode()], "the output matches --fail-if 'é'"),
    ],
)
def test_the_output_is_judged_line_by_line(
    fail_if: list[str], require: list[str], pieces: list[bytes], complaint: str | None
) -> None:
    expectations = Expectations(fail_if, require)
    for piece in pieces:
        expectations.take(1, piece)
    assert expectations.complaint() == complaint


def test_lines_of_two_streams_are_not_mixed() -> None:
    expectations = Expectations(["ERROR"], [])
    for stream, piece in ((1, b"ERR"), (2, b"OR\n"), (1, b"\n")):
        expectations.take(stream, piece)
    assert expectations.complaint() is None


def test_an_endless_line_takes_no_endless_memory() -> None:
    expectations = Expectations(["y"], [])
    for _ in range(100):
        expectations.take(1, b"x" * LONGEST_LINE_BYTES)
    assert all(len(rest) <= LONGEST_LINE_BYTES for rest in expectations._unfinished.values())


@pytest.mark.integration
def test_a_complaint_fails_a_run_that_says_it_succeeded(hos_cron: HosCron) -> None:
    done = hos_cron("echo", "0 rows", fail_if=r"^0 rows")
    assert (done.exit_code, done.run.state) == (1, RunState.FAILED)
    assert done.run.reason == "the output matches --fail-if '^0 rows'"


@pytest.mark.integration
def test_a_job_that_fails_by_itself_keeps_its_code(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "exit 3", require="done")
    assert (done.exit_code, done.run.reason) == (3, "exit code 3")


@pytest.mark.integration
def test_a_pattern_that_is_none_is_125_and_recorded(hos_cron: HosCron) -> None:
    done = hos_cron("touch", "ran", fail_if="(")
    assert (done.exit_code, done.run.state) == (125, RunState.NOT_STARTED)
    assert not (hos_cron.cwd / "ran").exists()
