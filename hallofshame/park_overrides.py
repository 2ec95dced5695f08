"""The override file for parks: what parks.json has wrong, corrected, and whether what is left agrees with itself."""

import tomllib
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from typing import Any, Self
from zoneinfo import ZoneInfo

import tzfpy

from hallofshame.model import Issue, Park


@dataclass(frozen=True, slots=True)
class ParkOverrides:
    """Corrections by park id, and names of countries that are not one."""

    version: int
    countries: dict[str, str]
    parks: dict[int, dict[str, Any]]

    @classmethod
    def load(cls) -> Self:
        """Read the file that this release ships."""
        text = files("hallofshame").joinpath("park_overrides.toml").read_text(encoding="utf8")
        content = tomllib.loads(text)
        parks = {int(park_id): facts for park_id, facts in content["parks"].items()}
        return cls(content["version"], content["countries"], parks)

    def correct(self, park: Park) -> Park:
        """Return the park as it should have been listed."""
        facts = dict(self.parks.get(park.park_id, {}))
        if "timezone" in facts:
            facts["timezone_source"] = f"overrides version {self.version}"
        facts.setdefault("country", self.countries.get(park.country, park.country))
        return replace(park, **facts)


def zone_issue(park: Park, now: datetime) -> Issue | None:
    """Tell when a park's clock and its coordinates disagree; zones that keep the same time agree."""
    if park.latitude is None or park.longitude is None:
        return None
    zone_there = tzfpy.get_tz(park.longitude, park.latitude)
    if not zone_there or _offsets(park.timezone, now.year) == _offsets(zone_there, now.year):
        return None
    detail = f"{park.name} keeps {park.timezone}, but its coordinates lie in {zone_there}: correct one in the overrides"
    return Issue("zone_against_coordinates", f"park:{park.park_id}", detail)


def _offsets(zone: str, year: int) -> list[object]:
    """A zone's distance from UTC on the first of each month."""
    return [datetime(year, month, 1, 12, tzinfo=ZoneInfo(zone)).utcoffset() for month in range(1, 13)]
