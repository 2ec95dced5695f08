"""The rules and constants in force, with their version: what every figure rests on."""

from datetime import datetime

from pydantic import BaseModel, Field

from hallofshame import tier_file
from hallofshame.rules import constants as rules
from hallofshame.rules.ranking import MINIMUM
from hallofshame.store.engine import Connection

from .envelope import Answer
from .questions import Question

RULE = (
    "A ride that opens at some time of the day is down while it is reported closed within its usual hours, or between "
    "two openings, as long as the park as a whole is running."
)
LIMITS = (
    "Queue-Times says open or closed and never why: weather, staffing and breakdown look alike. So we say reported "
    "closed, name no cause, and show how much of the day we saw. Held against recorded states, about nine of ten "
    "claimed hours were true, and more than nine of ten true hours were found."
)


class Definition(BaseModel):
    """What a figure is."""

    figure: str
    formula: str
    means: str


class Constant(BaseModel):
    """A number that the rules stand on."""

    name: str
    value: float
    unit: str


class Sample(BaseModel):
    """The least that is ranked in a period."""

    period: str = Field(description="today, day, week, month or year")
    park_opening_seconds: int
    park_operated_days: int
    ride_operating_seconds: int


class Methodology(BaseModel):
    """The rules in force."""

    rules_version: int = Field(description="stored with each judged day")
    tiers_version: int = Field(description="of the file that says what a ride weighs")
    rule: str
    limits: str
    definitions: list[Definition]
    constants: list[Constant]
    samples: list[Sample]


_DEFINITIONS = (
    ("shame", "10 · Σ weight·down / Σ weight·(up + down)", "weighted share of operating ride time lost, 0 to 10"),
    ("lost_share_percent", "10 · shame", "the same in per cent"),
    ("uptime_percent", "100 · Σ up / Σ (up + down)", "not weighted"),
    ("outages_per_100_hours", "360000 · outages / Σ (up + down)", "of operating time, in seconds"),
    ("coverage", "Σ observed / Σ opening hours", "how much of the opening hours some poll stands for"),
    ("shame right now", "10 · Σ weight of rides down / Σ weight of rides open or down", "while the park runs"),
    ("points", "uptime_percent - uptime_percent of the period before", "a trend"),
)

_CONSTANTS = (
    ("a reading is stale after", rules.STALE_AFTER_SECONDS, "seconds"),
    ("longest wait that is believed", rules.LONGEST_WAIT_MINUTES, "minutes"),
    ("an operating day begins at, park-local", rules.DAY_STARTS_AT.hour, "o'clock"),
    ("a day is final after its end by", rules.FINAL_AFTER_SECONDS, "seconds"),
    ("a park is polled every", rules.POLL_INTERVAL_SECONDS, "seconds"),
    ("a poll stands for at most", rules.HOLD_AT_MOST_SECONDS, "seconds"),
    *(
        (f"of {opened} or more rides that opened a running park has waits at", waiting, "rides")
        for opened, waiting in rules.WAITING_RIDES_BY_RIDES_OPEN
    ),
    ("a running park has open, of the day's most open rides, one in", rules.PEAK_PARTS, "rides"),
    ("an unfinished day's window reaches to the latest poll within", rules.EXTENSION_BELOW_SECONDS, "seconds"),
    ("an end of the window is known from a poll beyond it within", rules.EDGE_WITHIN_SECONDS, "seconds"),
    ("a park operated if its window has at least", rules.WINDOW_AT_LEAST_SECONDS, "seconds"),
    ("slack around a ride's usual hours", rules.USUAL_HOURS_SLACK_SECONDS, "seconds"),
    ("history that usual hours come from", rules.HISTORY_OPERATED_DAYS, "operated days"),
    ("usual hours are known from", rules.USUAL_HOURS_DAYS_AT_LEAST, "days"),
    ("a ride is usually open from", rules.USUALLY_OPEN_DAYS_AT_LEAST, "days of the history"),
    ("a stop is told from a peak of", rules.STOP_PEAK_AT_LEAST, "open rides"),
    ("fair from", rules.FAIR_FROM_SHAME, "shame"),
    ("poor from", rules.POOR_FROM_SHAME, "shame"),
    ("shame from", rules.SHAME_FROM_SHAME, "shame"),
    ("a park's trend is told from", rules.PARK_TREND_POINTS_AT_LEAST, "points of uptime"),
    ("a ride's trend is told from", rules.RIDE_TREND_POINTS_AT_LEAST, "points of uptime"),
    ("a park or ride is ranked from a coverage of", rules.RANKED_COVERAGE_PERCENT_AT_LEAST, "per cent"),
    ("a park's data are partial below a coverage of", rules.FULL_COVERAGE_PERCENT_AT_LEAST, "per cent"),
    ("a park is ranked from", rules.RANKED_RIDES_AT_LEAST, "counted rides"),
    ("a park can be the worst from", rules.AWARDED_PARK_RIDES_AT_LEAST, "counted rides"),
    ("live is at most so old", rules.LIVE_WITHIN_SECONDS, "seconds"),
    ("the polls have failed after", rules.LOST_AFTER_SECONDS, "seconds"),
    *((f"a ride of tier {tier} weighs", weight, "times") for tier, weight in rules.WEIGHT_OF_TIER.items()),
    ("a ride of no known tier weighs", rules.DEFAULT_WEIGHT, "times"),
)


def get(conn: Connection, asked: Question, now: datetime) -> Answer[Methodology]:
    """The rules and constants in force."""
    told = Methodology(
        rules_version=rules.RULES_VERSION,
        tiers_version=tier_file.load().version,
        rule=RULE,
        limits=LIMITS,
        definitions=[Definition(figure=figure, formula=how, means=means) for figure, how, means in _DEFINITIONS],
        constants=[Constant(name=name, value=value, unit=unit) for name, value, unit in _CONSTANTS],
        samples=[
            Sample(
                period=span.value,
                park_opening_seconds=least.window_s,
                park_operated_days=least.operated_days,
                ride_operating_seconds=least.ride_sched_s,
            )
            for span, least in MINIMUM.items()
        ],
    )
    return Answer(told)
