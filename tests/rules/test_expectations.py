"""What a run that succeeded is held against, and how it is written."""

from collections.abc import Mapping

import pytest

from hallofshame.model import IncidentKind
from hallofshame.rules.expectations import (
    Breach,
    Expectation,
    Expectations,
    broken,
    can_all_hold,
    parse,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expectation"),
    [
        ("parks_ok >= 80", Expectation("parks_ok", ">=", 80)),
        ("parks_ok>=80", Expectation("parks_ok", ">=", 80)),
        (" api.errors  ==  0 ", Expectation("api.errors", "==", 0)),
        ("share < 0.5", Expectation("share", "<", 0.5)),
        ("drift != -1", Expectation("drift", "!=", -1)),
    ],
)
def test_an_expectation_is_a_figure_an_operator_and_a_number(text: str, expectation: Expectation) -> None:
    assert parse(text) == expectation
    assert parse(str(expectation)) == expectation


@pytest.mark.parametrize(
    "text",
    ["", "parks_ok", "parks_ok >=", ">= 80", "parks_ok => 80", "parks_ok = 80", "a >= b", "a > 1 and b > 2", "a > ٣"],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="'parks_ok >= 80'"):
        parse(text)


EXPECTED = Expectations(min_seconds=2, max_seconds=60, figures=(parse("parks_ok >= 80"), parse("errors < 5.5")))
GOOD = {"parks_ok": 80, "errors": 5}


@pytest.mark.parametrize(
    ("report", "seconds", "told"),
    [
        (GOOD, 2, []),
        (GOOD, 60, []),
        (GOOD | {"other": 1}, 30, []),
        (GOOD, 1.94, [("too_fast", "took 1.9 s, less than the 2 s it needs at least")]),
        (GOOD, 60.1, [("too_slow", "took 60.1 s, more than the 60 s it should at most")]),
        (GOOD | {"parks_ok": 79}, 30, [("expectation", "reported parks_ok = 79; expected parks_ok >= 80")]),
        (GOOD | {"errors": 5.5}, 30, [("expectation", "reported errors = 5.5; expected errors < 5.5")]),
        ({"errors": 0}, 30, [("expectation", "did not report parks_ok; expected parks_ok >= 80")]),
        (
            None,
            0,
            [
                ("too_fast", "took 0.0 s, less than the 2 s it needs at least"),
                ("expectation", "did not report parks_ok; expected parks_ok >= 80"),
                ("expectation", "did not report errors; expected errors < 5.5"),
            ],
        ),
    ],
)
def test_a_run_breaks(report: Mapping[str, float] | None, seconds: float, told: list[tuple[str, str]]) -> None:
    assert broken(EXPECTED, report, seconds) == [Breach(IncidentKind(kind), sentence) for kind, sentence in told]


def test_a_job_without_expectations_cannot_break_any() -> None:
    assert broken(Expectations(), None, 1e6) == []


@pytest.mark.parametrize(
    ("texts", "can_hold"),
    [
        (["a > 5"], True),
        (["a > 5", "a < 3"], False),
        (["a >= 5", "a <= 5"], True),
        (["a > 5", "a <= 5"], False),
        (["a > 5", "a < 6"], True),
        (["a == 5", "a != 5"], False),
        (["a != 5", "a != 6"], True),
    ],
)
def test_expectations_of_one_figure_can_all_hold_or_not(texts: list[str], *, can_hold: bool) -> None:
    assert can_all_hold([parse(text) for text in texts]) == can_hold
