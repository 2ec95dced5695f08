"""The tiers file that this release ships, read. What it says is `rules.tiers`' to tell."""

from importlib.resources import files

from hallofshame.rules.tiers import Tiers


def load() -> Tiers:
    """Read `hallofshame/rules/tiers.toml`."""
    return Tiers.parse(files("hallofshame.rules").joinpath("tiers.toml").read_text(encoding="utf8"))
