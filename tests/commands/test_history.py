"""`hos import`, `hos backfill` and `hos audit`: from a recorded file to the reason behind each figure."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hallofshame.console import hos
from hallofshame.errors import HallOfShameError
from tests.shared_data import shared

pytestmark = pytest.mark.integration

FILE = "data/polls/plopsaland_2022-12-06_10.jsonl.gz"
DAYS = ("--from", "2022-12-06", "--to", "2022-12-10")

Hos = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Hos:
    def invoke(*argv: str | Path) -> Result:
        return CliRunner(env={"HOS_STATE_DIR": str(tmp_path)}).invoke(hos, [str(each) for each in argv])

    return invoke


@pytest.fixture
def filled(run: Hos) -> Hos:
    imported = run("import", shared(FILE)).stdout
    assert "107 of 107 polls new, with 5564 readings; days are cut by Europe/Brussels" in imported
    assert imported.endswith("hos backfill --park 54 --from 2022-12-06 --to 2022-12-10\n")
    judged = run("backfill", *DAYS)
    assert (judged.exit_code, judged.stdout) == (
        0,
        "park 54: 3 days: judged finally; 2 days: no poll of it is stored\n",
    )
    return run


def test_an_audit_shows_the_window_and_each_stretch_with_its_local_time_and_its_rule(filled: Hos) -> None:
    lines = filled("audit", "ride:5590", "2022-12-10").stdout.splitlines()
    assert lines[0].startswith("park 54, 2022-12-10 (Europe/Brussels), final, judged ")
    assert lines[2].startswith("the park ran from ")
    assert lines[4].startswith("ride 5590, ")
    assert lines[5].split()[2:6] == ["pre", "reported", "closed", "before"]
    assert lines[-1] == "what is stored is what is recomputed"


def test_an_audit_of_a_park_shows_every_ride(filled: Hos) -> None:
    lines = filled("audit", "park:54", "2022-12-10").stdout.splitlines()
    assert sum(line.startswith("ride ") for line in lines) == 52


def test_an_audit_as_json_is_that_of_hos_judge_with_segments_and_the_reason_of_each(filled: Hos) -> None:
    audited = json.loads(filled("audit", "park:54", "2022-12-10", "--json").stdout)
    judged = json.loads(filled("judge", shared(FILE), "--segments").stdout)["days"][-1]
    assert audited["stored_otherwise"] == []
    for ride_id, ride in audited["day"]["rides"].items():
        assert len(ride["reasons"]) == len(ride["segments"])
        assert ride["segments"] == judged["rides"][ride_id]["segments"]


def test_a_day_the_park_did_not_operate_says_so(filled: Hos) -> None:
    assert "the park did not operate" in filled("audit", "park:54", "2022-12-06").stdout


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("audit", "54", "2022-12-10"), "'54': expected park:6 or ride:12"),
        (("audit", "ride:1", "2022-12-10"), "ride:1: no such ride is stored"),
        (("audit", "park:54", "2022-12-09"), "park 54, 2022-12-09: was never judged"),
        (("backfill", "--from", "2022-12-10", "--to", "2022-12-06"), "--from 2022-12-10 comes after --to 2022-12-06"),
        (("backfill", *DAYS, "--park", "7"), "park 7 is not in the database"),
        (("import", "absent.jsonl"), "absent.jsonl: cannot be opened"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(argv: tuple[str, ...], said: str, filled: Hos) -> None:
    refused = filled(*argv)
    assert isinstance(refused.exception, HallOfShameError)
    assert said in str(refused.exception)
