"""What a successful run must look like: how long it takes and which figures it reports. Pure.

The one home of how an expectation is written (`parks_ok >= 80`) and of when one is broken.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hallofshame.model import IncidentKind

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}
_WRITTEN = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*) *(>=|<=|==|!=|>|<) *(-?[0-9]+(?:\.[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class Breach:
    """One expectation that a run broke, as the kind of incident it opens, and the sentence that says so."""

    kind: IncidentKind
    sentence: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """One figure of the report, held against a number."""

    figure: str
    operator: str
    number: float

    def is_met_by(self, value: float) -> bool:
        return _COMPARE[self.operator](value, self.number)

    def __str__(self) -> str:
        return f"{self.figure} {self.operator} {_plain(self.number)}"


@dataclass(frozen=True, slots=True)
class Expectations:
    """All that is expected of one job's runs. None: no limit on that side."""

    min_seconds: float | None = None
    max_seconds: float | None = None
    figures: tuple[Expectation, ...] = ()


def parse(text: str) -> Expectation:
    """Read `NAME OPERATOR NUMBER`. Raises ValueError, saying what is expected."""
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r}: expected a figure, one of {' '.join(_COMPARE)} and a number: 'parks_ok >= 80'")
    return Expectation(found[1], found[2], float(found[3]))


def broken(expected: Expectations, report: Mapping[str, float] | None, duration_seconds: float) -> list[Breach]:
    """Everything a run that succeeded did otherwise than expected. `report` holds its figures, None if it had none."""
    return [*_wrong_length(expected, duration_seconds), *_wrong_figures(expected, report or {})]


def can_all_hold(figures: Sequence[Expectation]) -> bool:
    """Tell whether some value meets all of these, which are of one figure: at a number, between two, or beyond all."""
    numbers = sorted(each.number for each in figures)
    between = [(low + high) / 2 for low, high in pairwise(numbers)]
    values = [numbers[0] - 1, *numbers, *between, numbers[-1] + 1]
    return any(all(each.is_met_by(value) for each in figures) for value in values)


def _wrong_length(expected: Expectations, seconds: float) -> Iterator[Breach]:
    least, most = expected.min_seconds, expected.max_seconds
    if least is not None and seconds < least:
        yield Breach(IncidentKind.TOO_FAST, f"took {seconds:.1f} s, less than the {_plain(least)} s it needs at least")
    if most is not None and seconds > most:
        yield Breach(IncidentKind.TOO_SLOW, f"took {seconds:.1f} s, more than the {_plain(most)} s it should at most")


def _wrong_figures(expected: Expectations, report: Mapping[str, float]) -> Iterator[Breach]:
    for each in expected.figures:
        value = report.get(each.figure)
        if value is None:
            yield Breach(IncidentKind.EXPECTATION, f"did not report {each.figure}; expected {each}")
        elif not each.is_met_by(value):
            yield Breach(IncidentKind.EXPECTATION, f"reported {each.figure} = {_plain(value)}; expected {each}")


def _plain(number: float) -> str:
    """Without the point where it is whole."""
    return str(int(number)) if number == int(number) else str(number)
