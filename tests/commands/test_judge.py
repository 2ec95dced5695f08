"""`hos judge` prints the JSON of the domain page, section 7, and one line where it cannot."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hallofshame.commands.judge import judge
from hallofshame.errors import Permanent
from hallofshame.polls_file import Header, write
from hallofshame.rules.constants import RULES_VERSION
from tests.shared_data import shared
from tests.test_judging import lines_of, read_case

pytestmark = pytest.mark.unit

RECORDING = "data/polls/plopsaland_2022-12-06_10"


@pytest.fixture
def case(tmp_path: Path) -> Callable[[str], Path]:
    def as_file(name: str) -> Path:
        content = read_case(name)
        path = tmp_path / "polls.jsonl"
        write(path, Header(1, content["title"], content["timezone"], None), lines_of(content))
        return path

    return as_file


def hos_judge(*argv: str | Path) -> Result:
    return CliRunner().invoke(judge, [str(each) for each in argv])


def printed(*argv: str | Path) -> Any:
    done = hos_judge(*argv)
    assert (done.exit_code, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_what_is_printed_for_a_recording_is_what_is_expected_and_the_rules_version() -> None:
    with gzip.open(shared(f"{RECORDING}.expected.json.gz"), "rt", encoding="utf8") as file:
        expected = json.load(file)
    assert printed(shared(f"{RECORDING}.jsonl.gz")) == {"rules_version": RULES_VERSION} | expected


def test_with_now_the_last_day_is_unfinished(case: Callable[[str], Path]) -> None:
    content = read_case("C55.json")
    assert printed(case("C55.json"), "--now", content["now"])["days"] == content["expected"]["days"]


@pytest.mark.parametrize("as_file", [False, True])
def test_weights_stand_on_the_command_line_or_in_a_file(
    as_file: bool,
    case: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    given = '{"1": 3}'
    path = tmp_path / "weights.json"
    path.write_text(given, encoding="utf8")
    judged = printed(case("C02.json"), "--weights", path if as_file else given)
    assert judged["days"][0]["weighted_down_s"] == 3 * 3_600


def test_segments_are_printed_only_when_asked_for(case: Callable[[str], Path]) -> None:
    path = case("C02.json")
    assert "segments" not in printed(path)["days"][0]["rides"]["1"]
    assert printed(path, "--segments")["days"][0]["rides"]["1"]["segments"][1] == [
        "2025-09-17T16:00:00Z",
        3_600,
        "down",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [('{"1": 7}', "expected ride ids with 1, 2 or 3"), ("{", "--weights: "), ("absent.json", "absent.json")],
)
def test_weights_that_are_none_are_refused(given: str, said: str, case: Callable[[str], Path]) -> None:
    with pytest.raises(Permanent, match=said):
        judge.main([str(case("C02.json")), "--weights", given], standalone_mode=False)


def test_a_time_without_its_offset_is_refused(case: Callable[[str], Path]) -> None:
    done = hos_judge(case("C02.json"), "--now", "2025-09-17T20:00")
    assert done.exit_code == 2
    assert "'2025-09-17T20:00' is not a moment with an offset" in done.stderr
