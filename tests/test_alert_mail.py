"""The mail about a run that went wrong."""

from typing import Any

import pytest

from hallofshame import alert_mail
from hallofshame.mail import Mail
from hallofshame.model import RunState
from tests.factories import NOON, run

pytestmark = pytest.mark.unit

FAILED: dict[str, Any] = {
    "state": RunState.FAILED,
    "exit_code": 3,
    "duration_seconds": 41.2,
    "reason": "ended with exit code 3",
}


def mail(**facts: Any) -> Mail:
    return alert_mail.compose(run(**FAILED | facts), "alerts@example.org", ("ops@example.org",), NOON)


def test_the_subject_says_what_which_how_and_where() -> None:
    assert mail().subject == "[hos] FAIL collect (exit 3) web-1"
    assert mail(state=RunState.TIMED_OUT, exit_code=124).subject == "[hos] TIMEOUT collect (exit 124) web-1"
    assert mail(signal="SIGKILL", exit_code=137).subject == "[hos] FAIL collect (SIGKILL) web-1"


def test_the_text_begins_with_what_happened_and_ends_with_the_last_lines() -> None:
    text = mail(output_tail="one\ntwo\nthree\n", output_lines=3).text
    assert text.startswith("collect failed: exit 3 after 41.2 s on web-1.\nended with exit code 3\n")
    assert text.endswith("Output, all of it:\n  one\n  two\n  three\n")


def test_long_output_is_cut_to_its_last_lines_and_says_so() -> None:
    tail = "".join(f"line {number}\n" for number in range(100))
    text = mail(output_tail=tail, output_lines=5_000).text
    assert "Output, last 40 lines of 5000:\n  line 60\n" in text


@pytest.mark.parametrize("host", ["web-1\r\nBcc: everyone@example.org", "wéb", "x" * 200])
def test_nothing_can_break_out_of_the_subject(host: str) -> None:
    subject = mail(host=host).subject
    assert len(subject) <= 78
    assert subject.isascii()
    assert subject.isprintable()


def test_control_characters_of_a_job_stay_visible_and_harmless() -> None:
    text = mail(output_tail="\x1b[31mred\x00\x07\n", output_lines=1).text
    assert "\x1b" not in text
    assert "\N{REPLACEMENT CHARACTER}[31mred" in text


def test_one_run_always_has_one_message_id() -> None:
    assert mail().message_id == mail(reason="again").message_id == f"run.{run().run_id}@example.org"


@pytest.mark.parametrize("state", list(RunState))
def test_only_what_went_wrong_is_told(state: RunState) -> None:
    fine = {RunState.RUNNING, RunState.SUCCEEDED, RunState.SKIPPED}
    assert alert_mail.is_due(run(state=state)) == (state not in fine)
