"""What `hos judge` prints: every case and every recording of the shared data, to the second."""

import gzip
import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from hallofshame import polls_file
from hallofshame.errors import Permanent
from hallofshame.judging import judge_file
from hallofshame.polls_file import Header, RecordedPoll
from hallofshame.rules.constants import RULES_VERSION
from tests.shared_data import shared, shared_names

pytestmark = pytest.mark.unit

CASES = shared_names("data/cases", "*.json")
RECORDINGS = shared_names("data/polls", "*.jsonl.gz")

Lines = list[RecordedPoll]


def read_case(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(shared("data/cases", name).read_text(encoding="utf8"))
    return case


def lines_of(case: dict[str, Any]) -> Lines:
    return [
        RecordedPoll(
            1, datetime.fromisoformat(poll["collected_at"]), {"rides": [_row(case, *row) for row in poll["rides"]]}
        )
        for poll in case["snapshots"]
    ]


def _row(case: dict[str, Any], ride_id: int, is_open: bool, wait_time: int, last_updated: str) -> dict[str, Any]:
    name = case["names"][str(ride_id)]
    return {"id": ride_id, "name": name, "is_open": is_open, "wait_time": wait_time, "last_updated": last_updated}


def judge_case(case: dict[str, Any], folder: Path, lines: Lines | None = None, **options: Any) -> dict[str, Any]:
    """Write a case as a polls file and judge that; what is compared went through JSON."""
    path = folder / "polls.jsonl"
    weights = case["weights"] and {int(ride_id): weight for ride_id, weight in case["weights"].items()}
    header = Header(1, case["title"], case["timezone"], None, weights=weights)
    polls_file.write(path, header, lines_of(case) if lines is None else lines)
    options.setdefault("now", case["now"] and datetime.fromisoformat(case["now"]))
    return as_printed(judge_file(path, **options))


def as_printed(judged: dict[str, Any]) -> dict[str, Any]:
    printed: dict[str, Any] = json.loads(json.dumps(judged))
    assert printed.pop("rules_version") == RULES_VERSION
    return printed


def test_there_are_58_cases_and_seven_recordings() -> None:
    shared("data/cases")
    assert (len(CASES), len(RECORDINGS)) == (58, 7)


@pytest.mark.parametrize("name", CASES)
def test_a_case_gives_what_is_expected_in_every_field(name: str, tmp_path: Path) -> None:
    case = read_case(name)
    assert judge_case(case, tmp_path) == case["expected"]


@pytest.mark.parametrize("name", CASES)
def test_a_case_gives_what_was_computed_by_hand(name: str, tmp_path: Path) -> None:
    case = read_case(name)
    judged = judge_case(case, tmp_path)
    found = {path: reduce(_step, path.split("."), judged) for path in case["hand_computed"]}
    assert found == case["hand_computed"]


def _step(place: Any, key: str) -> Any:
    return place[int(key)] if isinstance(place, list) else place[key]


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_gives_what_is_expected_to_the_second(name: str) -> None:
    with gzip.open(shared("data/polls", name.replace(".jsonl.", ".expected.json.")), "rt", encoding="utf8") as file:
        expected = json.load(file)
    assert as_printed(judge_file(shared("data/polls", name))) == expected


@pytest.mark.parametrize("name", ["C15b.json", "C46.json", "C57.json", "C59.json"])
def test_the_segments_of_a_ride_are_in_order_and_add_up_to_its_buckets_and_the_window(
    name: str, tmp_path: Path
) -> None:
    for day in judge_case(read_case(name), tmp_path, segments=True)["days"]:
        for ride in day["rides"].values():
            expected_start = datetime.fromisoformat(day["window_open"])
            totals = dict.fromkeys(("up", "down", "pre", "early", "stop", "closed", "unobs"), 0)
            previous = None
            for start, seconds, bucket in ride["segments"]:
                assert datetime.fromisoformat(start) == expected_start
                assert bucket != previous
                assert seconds > 0
                totals[bucket] += seconds
                expected_start += timedelta(seconds=seconds)
                previous = bucket
            assert {f"{bucket}_s": seconds for bucket, seconds in totals.items()}.items() <= ride.items()
            assert expected_start == datetime.fromisoformat(day["window_close"])


def test_the_segments_of_an_hour_closed_and_a_hole_in_the_polls(tmp_path: Path) -> None:
    ride = judge_case(read_case("C15b.json"), tmp_path, segments=True)["days"][0]["rides"]["1"]
    assert ride["segments"] == [
        ["2025-09-17T14:00:00Z", 7_200, "up"],
        ["2025-09-17T16:00:00Z", 1_200, "down"],
        ["2025-09-17T16:20:00Z", 6_000, "unobs"],
        ["2025-09-17T18:00:00Z", 13_800, "up"],
    ]


def _two_runs_out_of_order(lines: Lines) -> Lines:
    return lines[72:] + lines[:72]


def _shuffled(lines: Lines) -> Lines:
    return random.Random(4).sample(lines, len(lines))  # noqa: S311 - a test's order, not a secret


def _each_poll_on_two_lines(lines: Lines) -> Lines:
    halves = [[line.payload["rides"][:4], line.payload["rides"][4:]] for line in lines]
    return [
        RecordedPoll(1, line.polled_at + timedelta(milliseconds=400 * part), {"rides": rides})
        for line, both in zip(lines, halves, strict=True)
        for part, rides in enumerate(both)
    ]


def _rides_in_other_order(lines: Lines) -> Lines:
    return [RecordedPoll(1, line.polled_at, {"rides": line.payload["rides"][::-1]}) for line in lines]


@pytest.mark.parametrize("arrange", [_two_runs_out_of_order, _shuffled, _each_poll_on_two_lines, _rides_in_other_order])
def test_however_a_days_polls_came_the_day_is_the_same(arrange: Callable[[Lines], Lines], tmp_path: Path) -> None:
    case = read_case("C33a.json")
    assert judge_case(case, tmp_path, arrange(lines_of(case))) == case["expected"]


def test_of_a_ride_on_two_lines_of_one_second_the_better_reading_counts(tmp_path: Path) -> None:
    """Q18: the rows of C02 again, all closed and a minute older, change nothing."""
    case = read_case("C02.json")
    lines = lines_of(case)
    older = [
        RecordedPoll(1, line.polled_at, {"rides": [_a_minute_older(row) for row in line.payload["rides"]]})
        for line in lines
    ]
    both = [line for pair in zip(lines, older, strict=True) for line in pair]
    assert judge_case(case, tmp_path, both) == case["expected"]


def _a_minute_older(row: dict[str, Any]) -> dict[str, Any]:
    moment = datetime.fromisoformat(row["last_updated"]) - timedelta(minutes=1)
    return row | {"is_open": False, "wait_time": 0, "last_updated": moment.isoformat()}


def test_weights_given_take_the_place_of_the_files(tmp_path: Path) -> None:
    """C25 has 3 for A and 1 for B, both down an hour; with 1 and 2 for the others it is 3 of 19 parts."""
    judged = judge_case(read_case("C25.json"), tmp_path, weights={1: 1})
    assert judged["days"][0]["weighted_down_s"] == 3_600 * (1 + 2)
    assert judged["days"][0]["weighted_sched_s"] == 28_200 * (1 + 9 * 2)


def test_a_day_judged_as_it_stood_then_leaves_later_polls_out(tmp_path: Path) -> None:
    now = datetime.fromisoformat("2025-09-17T20:00:00Z")
    judged = judge_case(read_case("C01.json"), tmp_path, now=now)
    assert judged["days"][0]["snapshots"] == 73
    assert judged["days"][0]["window_close"] == "2025-09-17T20:00:00Z"
    assert not judged["days"][0]["close_edge_known"]


def test_only_the_day_that_contains_now_is_unfinished(tmp_path: Path) -> None:
    case = read_case("C13b.json")
    end = datetime.fromisoformat("2025-09-18T08:00:00Z")
    assert judge_case(case, tmp_path, now=end) == case["expected"]
    unfinished = judge_case(case, tmp_path, now=end - timedelta(seconds=1))["days"][0]["rides"]["1"]
    assert (unfinished["down_s"], unfinished["early_s"]) == (4_200, 0)


def test_a_ride_bears_the_newest_name_of_the_file(tmp_path: Path) -> None:
    case = read_case("C17.json")
    lines = lines_of(case)
    lines[-1].payload["rides"][0]["name"] = "A, renamed"
    judged = judge_case(case, tmp_path, lines)
    assert [day["rides"]["1"]["name"] for day in judged["days"]] == ["A, renamed"] * 2


def test_a_file_without_polls_has_no_days_and_no_score(tmp_path: Path) -> None:
    judged = judge_case(read_case("C01.json"), tmp_path, [])
    assert judged["days"] == []
    assert judged["period"]["shame"] is None
    assert judged["period"]["coverage"] is None


def test_days_out_of_order_are_refused_with_the_line(tmp_path: Path) -> None:
    lines = lines_of(read_case("C17.json"))
    with pytest.raises(
        Permanent, match=r"polls\.jsonl, line 146: belongs to 2025-09-17, after polls of 2025-09-18: sort"
    ):
        judge_case(read_case("C17.json"), tmp_path, lines[144:] + lines[:144])


def test_a_payload_of_another_shape_is_refused_with_the_line(tmp_path: Path) -> None:
    lines = lines_of(read_case("C01.json"))
    lines[9] = RecordedPoll(1, lines[9].polled_at, {"lands": 7})
    with pytest.raises(Permanent, match=r"polls\.jsonl, line 11: payload: .*lands"):
        judge_case(read_case("C01.json"), tmp_path, lines)
