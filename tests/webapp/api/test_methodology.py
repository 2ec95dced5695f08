"""GET /api/v1/methodology: the rules and constants in force, all of them."""

from collections import Counter
from collections.abc import Iterator
from datetime import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from hallofshame import tier_file
from hallofshame.rules import constants
from hallofshame.rules.ranking import MINIMUM
from tests.webapp.ranked import data, refusal

pytestmark = pytest.mark.api

# Told in another way: a field of its own, and what that tier weighs.
ELSEWHERE = {"RULES_VERSION", "DEFAULT_TIER"}
UNITS = {"SECONDS": "seconds", "MINUTES": "minutes", "PERCENT": "per cent", "POINTS": "points of uptime"}


def numbers(value: Any) -> Iterator[float]:
    """Those a constant stands for; of a table its right column."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, tuple):
        yield from (right for _, right in value)
    else:
        yield value.hour if isinstance(value, time) else value


def public_constants() -> dict[str, Any]:
    return {name: value for name, value in vars(constants).items() if name.isupper()}


def test_every_constant_of_the_rules_is_told(client: FlaskClient) -> None:
    told = Counter(constant["value"] for constant in data(client, "methodology")["constants"])
    for name, value in public_constants().items():
        if name not in ELSEWHERE:
            told.subtract(numbers(value))
    assert {value: count for value, count in told.items() if count} == {}


@pytest.mark.parametrize(("part_of_name", "unit"), UNITS.items())
def test_a_constant_is_told_with_its_unit(part_of_name: str, unit: str, client: FlaskClient) -> None:
    told = [constant["value"] for constant in data(client, "methodology")["constants"] if constant["unit"] == unit]
    in_force = [value for name, value in public_constants().items() if part_of_name in name.split("_")]
    assert sorted(told) == sorted(in_force)


def test_no_two_constants_have_one_name(client: FlaskClient) -> None:
    names = [constant["name"] for constant in data(client, "methodology")["constants"]]
    assert len(set(names)) == len(names)


def test_rules_and_tiers_are_told_by_their_versions(client: FlaskClient) -> None:
    told = data(client, "methodology")
    assert (told["rules_version"], told["tiers_version"]) == (constants.RULES_VERSION, tier_file.load().version)


def test_the_smallest_sample_of_every_length_is_told(client: FlaskClient) -> None:
    samples = {sample["period"]: sample for sample in data(client, "methodology")["samples"]}
    assert samples == {
        span.value: {
            "period": span.value,
            "park_opening_seconds": least.window_s,
            "park_operated_days": least.operated_days,
            "ride_operating_seconds": least.ride_sched_s,
        }
        for span, least in MINIMUM.items()
    }


def test_what_downtime_is_and_what_it_cannot_say_is_told_in_words(client: FlaskClient) -> None:
    told = data(client, "methodology")
    assert "reported closed within its usual hours" in told["rule"]
    assert "never why" in told["limits"]
    assert {"shame", "uptime_percent", "coverage"} <= {definition["figure"] for definition in told["definitions"]}


def test_it_takes_no_parameters(client: FlaskClient) -> None:
    assert refusal(client, "methodology", format="csv") == "'format' is no parameter of this route (allowed: none)"
