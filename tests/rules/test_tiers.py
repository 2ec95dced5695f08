"""How much a ride weighs and what kind of thing it is, with the reason."""

import pytest

from hallofshame import tier_file
from hallofshame.errors import Permanent
from hallofshame.rules.tiers import Classification, Kind, Tiers

pytestmark = pytest.mark.unit

TIERS = Tiers.parse(
    r"""
version = 3
[[patterns]]
kind = "show"
matches = '\btheatre\b'
[[patterns]]
tier = 3
matches = 'carousel'
[rides]
7 = { tier = 1 }
8 = { kind = "ride", tier = 2 }
9 = { kind = "single_rider" }
"""
)


def test_a_ride_nobody_has_heard_of_is_a_ride_of_tier_two() -> None:
    assert TIERS.classify(1, "Kumba") == Classification(2, "default", Kind.RIDE, "default")
    assert TIERS.classify(1, "Kumba").weight == 2


@pytest.mark.parametrize(
    ("ride_id", "name", "tier", "tier_reason", "kind", "kind_reason"),
    [
        (1, "Grand Carousel", 3, "name matches 'carousel'", Kind.RIDE, "default"),
        (1, "Carousel Theatre", 3, "name matches 'carousel'", Kind.SHOW, r"name matches '\\btheatre\\b'"),
        (7, "Grand Carousel", 1, "override 7", Kind.RIDE, "default"),
        (8, "Carousel Theatre", 2, "override 8", Kind.RIDE, "override 8"),
        (1, "Kumba Single Rider", 2, "default", Kind.SINGLE_RIDER, "name says single rider"),
        (9, "Kumba, solo", 2, "default", Kind.SINGLE_RIDER, "override 9"),
    ],
)
def test_an_override_comes_before_a_pattern_and_the_reason_is_told(
    ride_id: int, name: str, tier: int, tier_reason: str, kind: Kind, kind_reason: str
) -> None:
    assert TIERS.classify(ride_id, name) == Classification(tier, tier_reason, kind, kind_reason)


def test_only_rides_can_count() -> None:
    assert [kind for kind in Kind if Classification(2, "", kind, "").may_count] == [Kind.RIDE]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = ", "another form"),
        ("version = 1", "rides"),
        ("version = 1\npatterns = []\nrides = { x = { tier = 1 } }", "another form.*'x'"),
        ("version = 1\npatterns = []\nrides = { 7 = { tier = 4 } }", "override 7: tier is 1, 2 or 3, not 4"),
        ("version = 1\npatterns = []\nrides = { 7 = { kind = 'boat' } }", "'boat' is not a valid Kind"),
        ("version = 1\npatterns = []\nrides = { 7 = 1 }", "another form"),
        ("version = 1\npatterns = [{ tier = 3 }]\nrides = {}", "matches"),
        ("version = 1\npatterns = [{ matches = '(' }]\nrides = {}", r"name matches '\('"),
    ],
)
def test_a_file_of_another_form_is_refused(text: str, message: str) -> None:
    with pytest.raises(Permanent, match=message):
        Tiers.parse(text)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Illumination Theater", Kind.SHOW),
        ("Pony Parade", Kind.RIDE),
        ("Meet Ariel at Walt Disney Presents", Kind.MEET_AND_GREET),
        ("The Gardens", Kind.WALKTHROUGH),
        ("In The Night Garden Magical Boat Ride", Kind.RIDE),
        ("Rustler Roundup Shootin' Gallery", Kind.RIDE),
        ("Main Street Gallery", Kind.WALKTHROUGH),
        ("Bumba's Playground", Kind.WALKTHROUGH),
    ],
)
def test_the_patterns_we_ship_take_no_ride_for_something_else(name: str, kind: Kind) -> None:
    assert tier_file.load().classify(0, name).kind is kind


@pytest.mark.parametrize(
    ("ride_id", "name", "tier"),
    [
        (4640, "The Smiler", 1),
        (0, "Prince Charming Regal Carrousel", 3),
        (0, "The Flowery Merry-go-Round", 3),
        (0, "Kumba", 2),
    ],
)
def test_the_file_we_ship_weighs_rides(ride_id: int, name: str, tier: int) -> None:
    assert tier_file.load().classify(ride_id, name).tier == tier


def test_a_headline_ride_is_not_called_a_walkthrough_by_its_name() -> None:
    tiers = tier_file.load()
    assert [ride_id for ride_id, rule in tiers.overrides.items() if rule.tier == 1 and rule.kind] == []
    assert tiers.version >= 1
