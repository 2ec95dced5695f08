"""What is kept of a payload."""

from datetime import timedelta

import pytest

from hallofshame.model import Issue, Payload
from hallofshame.rules.readings import clean
from tests.factories import NOON, payload, reading

pytestmark = pytest.mark.unit

OLD, NEW = NOON - timedelta(minutes=9), NOON - timedelta(minutes=4)


@pytest.mark.parametrize(
    ("kept", "dropped"),
    [
        (reading(last_updated=NEW, is_open=False), reading(last_updated=OLD, wait_minutes=50)),
        (reading(is_open=True, wait_minutes=0), reading(is_open=False, wait_minutes=0)),
        (reading(wait_minutes=30), reading(wait_minutes=20)),
        (reading(last_updated=OLD), reading(last_updated=None)),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_lines_for_one_ride_the_better_is_kept(kept: object, dropped: object, *, swapped: bool) -> None:
    """S15, Q18: the newer, then the open one, then the longer wait."""
    lines = (dropped, kept) if swapped else (kept, dropped)
    cleaned = clean(Payload(lines))  # type: ignore[arg-type]
    assert cleaned.readings == (kept,)
    assert [issue.kind for issue in cleaned.issues if issue.kind == "ride_twice"] == ["ride_twice"]


@pytest.mark.parametrize(("wait_minutes", "kept"), [(0, 0), (300, 300), (301, None), (995, None), (-5, None)])
def test_a_wait_that_cannot_be_is_dropped_and_told(wait_minutes: int, kept: int | None) -> None:
    cleaned = clean(payload(reading(wait_minutes=wait_minutes)))
    assert cleaned.readings[0].wait_minutes == kept
    assert bool(cleaned.issues) == (kept is None)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [({"is_open": False, "wait_minutes": 15}, "closed_with_wait"), ({"last_updated": None}, "no_last_updated")],
)
def test_what_is_odd_is_kept_and_told(facts: dict[str, object], kind: str) -> None:
    cleaned = clean(payload(reading(1, **facts)))
    assert len(cleaned.readings) == 1
    assert [(issue.kind, issue.subject) for issue in cleaned.issues] == [(kind, "ride:1")]


def test_what_the_parser_told_is_kept() -> None:
    told = Issue("bad_ride", "ride:9", "left out")
    assert clean(Payload((reading(),), (told,))).issues == (told,)
