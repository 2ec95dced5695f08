"""What a reader may ask for, read strictly: an unknown parameter or value is refused with what is allowed."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from hallofshame.rules.park_filter import ALL
from hallofshame.rules.periods import Period

LARGEST_ID = 2**32 - 1  # as the database keeps them

LIVE = "live"


@dataclass(frozen=True)
class OneOf:
    """What a text may be."""

    allowed: tuple[str, ...]

    def __get_pydantic_core_schema__(self, _source: object, handler: GetCoreSchemaHandler) -> Any:
        return handler.generate_schema(Literal.__getitem__(self.allowed))


_JUDGED = tuple(period.value for period in Period)

AskedPeriod = Annotated[str, OneOf((LIVE, *_JUDGED))]
JudgedPeriod = Annotated[str, OneOf(_JUDGED)]
FinishedPeriod = Annotated[str, OneOf(tuple(period for period in _JUDGED if period != Period.TODAY))]


class Question(BaseModel):
    """The parameters of a route; none, unless it says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListQuestion(Question):
    """Parameters of every list."""

    format: Annotated[str, OneOf(("json", "csv"))] | None = Field(
        None, description="csv: as a table; else as the Accept header says"
    )


class PagedQuestion(ListQuestion):
    """Parameters of a list that may be long."""

    limit: int = Field(50, ge=1, le=100, description="rows of a page")
    offset: int = Field(0, ge=0, le=1_000_000, description="rows to leave out")


FILTER: str = Field(
    ALL, max_length=200, description="all, disney_universal, an operator, or a country, as /api/v1/parks names them"
)


class RankingQuestion(PagedQuestion):
    """Parameters of a ranking."""

    period: AskedPeriod = "7days"
    filter: str = FILTER
    sort: Annotated[str, OneOf(("score", "downtime", "uptime", "outages", "name"))] = "score"
    order: Annotated[str, OneOf(("asc", "desc"))] | None = Field(
        None, description="default: the worst first, so asc for uptime, and for name"
    )


class RideRankingQuestion(RankingQuestion):
    """Parameters of the ranking of rides."""

    park: int | None = Field(None, ge=1, description="id of one park")
    tier: int | None = Field(None, ge=1, le=3)


Q = TypeVar("Q", bound=Question)


def read(kind: type[Q], given: "MultiDict[str, str]") -> Q:
    """The parameters of a request. Raises BadRequest, which names each wrong one and what is allowed."""
    twice = sorted(name for name, values in given.lists() if len(values) > 1)
    if twice:
        raise BadRequest(f"{', '.join(twice)}: given more than once")
    try:
        return kind.model_validate(given.to_dict())
    except ValidationError as error:
        problems = [_problem(kind, detail["loc"], detail["msg"]) for detail in error.errors()]
        raise BadRequest("; ".join(problems)) from None


def next_offset(asked: PagedQuestion, total: int) -> int | None:
    """Where the next page begins; None after the last."""
    following = asked.offset + asked.limit
    return following if following < total else None


def _problem(kind: type[Question], location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0])[:40]
    known = [field.alias or own_name for own_name, field in kind.model_fields.items()]
    if name not in known:
        return f"{name!r} is no parameter of this route (allowed: {', '.join(known) or 'none'})"
    message = message.removeprefix("Value error, ")  # pydantic's, before what a validator of ours says
    return f"{name}: {message[0].lower()}{message[1:]}"
