"""The one envelope of every answer: the data, what they are of, how recent and how sure, and whose they are."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from hallofshame.rules import freshness
from hallofshame.rules.freshness import Freshness

from ..data_version import DataVersion
from ..source import ATTRIBUTION

DATABASE_AWAY = "our database does not answer: these are the last data we have"

_REASON = {
    Freshness.UNKNOWN: "no park has answered yet",
    Freshness.OK: None,
    Freshness.WARN: "no park has answered for more than 20 minutes",
    Freshness.FAIL: "no park has answered for more than an hour",
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a view says: the data, and what it knows of their period. `next_offset`: where the next page begins."""

    data: T
    period: str | None = None
    first: date | None = None
    last: date | None = None
    coverage: float | None = None
    total: int | None = None
    next_offset: int | None = None


class Meta(BaseModel):
    """What the data are of, how recent they are, and how sure we are."""

    model_config = ConfigDict(serialize_by_alias=True)

    period: str | None = Field(description="the period asked for, where there is one")
    first: date | None = Field(serialization_alias="from", description="earliest operating day of any park in the data")
    last: date | None = Field(serialization_alias="to", description="latest operating day of any park in the data")
    data_version: int = Field(description="steps whenever a job has changed the data; 0 before the first")
    generated_at: datetime | None = Field(description="when that version came")
    as_of: datetime | None = Field(description="the newest answer of any park; null before the first")
    stale: bool | None = Field(description="true: too old to speak of now, or our database is away; null: no data yet")
    reason: str | None = Field(description="why the data are stale or missing")
    coverage: float | None = Field(description="share of the opening hours that we saw, 0 to 1; null: no hours")
    total: int | None = Field(description="rows of all pages, in a list that has pages")
    next: str | None = Field(description="path of the next page")


class Attribution(BaseModel):
    """Whose data these are. Show it, with its link, wherever you show them."""

    text: str
    url: str


class Envelope(BaseModel, Generic[T]):
    """Every answer."""

    data: T
    meta: Meta
    attribution: Attribution


def meta(answer: Answer[Any], version: DataVersion, now: datetime, next_page: str | None) -> Meta:
    """What an answer says of itself."""
    recency = freshness.of_poll(version.as_of, now)
    return Meta(
        period=answer.period,
        first=answer.first,
        last=answer.last,
        data_version=version.number,
        generated_at=version.stepped_at,
        as_of=version.as_of,
        stale=None if recency is Freshness.UNKNOWN else recency is not Freshness.OK,
        reason=_REASON[recency],
        coverage=answer.coverage,
        total=answer.total,
        next=next_page,
    )


def attribution() -> Attribution:
    """Whose data these are."""
    return Attribution(**ATTRIBUTION)
