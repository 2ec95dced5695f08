"""How much a ride weighs and what kind of thing it is, each with the reason. Names alone decide, unless a person did.

Overrides come before name patterns, and those before the default (tier 2, a ride). The data are in `tiers.toml`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from hallofshame.errors import Permanent
from hallofshame.rules.constants import DEFAULT_TIER, WEIGHT_OF_TIER
from hallofshame.rules.status import is_single_rider


class Kind(Enum):
    """What a line of the feed stands for. Only a ride can count (domain page, 4.4)."""

    RIDE = "ride"
    SHOW = "show"
    MEET_AND_GREET = "meet_and_greet"
    WALKTHROUGH = "walkthrough"
    SINGLE_RIDER = "single_rider"


@dataclass(frozen=True, slots=True)
class Classification:
    """A ride's tier (1 to 3) and kind, each with the reason, to be shown beside it."""

    tier: int
    tier_reason: str
    kind: Kind
    kind_reason: str

    @property
    def weight(self) -> int:
        return WEIGHT_OF_TIER[self.tier]

    @property
    def may_count(self) -> bool:
        return self.kind is Kind.RIDE


@dataclass(frozen=True, slots=True)
class _Rule:
    """What one entry of the file says; None where it says nothing. `reason` names the entry."""

    tier: int | None
    kind: Kind | None
    reason: str


@dataclass(frozen=True, slots=True)
class Tiers:
    """The content of a tiers file."""

    version: int
    overrides: Mapping[int, _Rule]
    patterns: tuple[tuple[re.Pattern[str], _Rule], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a tiers file. Raises Permanent, naming the entry that is wrong."""
        try:
            content = tomllib.loads(text)
            overrides = {
                int(ride_id): _rule(f"override {ride_id}", entry) for ride_id, entry in content["rides"].items()
            }
            patterns = tuple((_pattern(entry), _rule(_name(entry), entry)) for entry in content["patterns"])
            return cls(content["version"], overrides, patterns)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Permanent(f"the tiers file has another form: {error!r}") from error

    def classify(self, ride_id: int, name: str) -> Classification:
        """A ride's tier and kind. A ride nobody has heard of gets the default."""
        rules = [*self._matching(ride_id, name), _Rule(DEFAULT_TIER, Kind.RIDE, "default")]
        tier, tier_reason = next((rule.tier, rule.reason) for rule in rules if rule.tier is not None)
        kind, kind_reason = next((rule.kind, rule.reason) for rule in rules if rule.kind is not None)
        return Classification(tier, tier_reason, kind, kind_reason)

    def _matching(self, ride_id: int, name: str) -> Iterable[_Rule]:
        if ride_id in self.overrides:
            yield self.overrides[ride_id]
        if is_single_rider(name):
            yield _Rule(None, Kind.SINGLE_RIDER, "name says single rider")
        yield from (rule for pattern, rule in self.patterns if pattern.search(name))


def _rule(reason: str, entry: Mapping[str, Any]) -> _Rule:
    tier, kind = entry.get("tier"), entry.get("kind")
    if tier not in (None, *WEIGHT_OF_TIER):
        raise ValueError(f"{reason}: tier is 1, 2 or 3, not {tier!r}")
    return _Rule(tier, None if kind is None else Kind(kind), reason)


def _pattern(entry: Mapping[str, Any]) -> re.Pattern[str]:
    try:
        return re.compile(entry["matches"], re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"{_name(entry)}: {error}") from error


def _name(entry: Mapping[str, Any]) -> str:
    return f"name matches {entry['matches']!r}"
