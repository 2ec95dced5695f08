"""Which parks a reader asks for: all of them, those of two companies, of one operator, or of one country."""

from collections.abc import Iterable

from hallofshame.model import Park

ALL = "all"
DISNEY_UNIVERSAL = "disney_universal"

# By company, never by name: half of their parks carry neither word (domain page, S14).
_DISNEY_UNIVERSAL_OPERATORS = frozenset({2, 12})  # Walt Disney Attractions, Universal Parks & Resorts


def choose(parks: Iterable[Park], asked: str) -> list[Park] | None:
    """The parks asked for, None where nothing is called so. Operators and countries are found in any case."""
    if asked == ALL:
        return list(parks)
    if asked == DISNEY_UNIVERSAL:
        return [park for park in parks if park.operator_id in _DISNEY_UNIVERSAL_OPERATORS]
    name = asked.casefold()
    return [park for park in parks if name in {park.operator.casefold(), park.country.casefold()}] or None


def allowed(parks: Iterable[Park]) -> list[str]:
    """Everything that can be asked for."""
    named = {name for park in parks for name in (park.operator, park.country)}
    return [ALL, DISNEY_UNIVERSAL, *sorted(named, key=str.casefold)]
