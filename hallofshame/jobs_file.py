"""`jobs.toml`: every cron job, declared once. Read strictly: an unknown field or a bad schedule is an error."""

import re
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from hallofshame.due_times import due_times
from hallofshame.errors import Permanent
from hallofshame.quantities import seconds, size_bytes
from hallofshame.rules import expectations
from hallofshame.rules.expectations import Expectation, Expectations

_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
# cronsim takes more than Debian's cron, which refuses the whole crontab for `5/10` (a step needs a range), L, W or #.
_CRON_VALUE = r"(?:\d+|[A-Z]{3})"
_CRON_TERM = rf"(?:(?:\*|{_CRON_VALUE}-{_CRON_VALUE})(?:/\d+)?|{_CRON_VALUE})"
_CRON_FIELD = re.compile(rf"{_CRON_TERM}(?:,{_CRON_TERM})*", re.ASCII | re.IGNORECASE)
_FIELD_NAMES = ("minute", "hour", "day of the month", "month", "day of the week")


def _schedule(text: str) -> str:
    fields = text.split()
    if len(fields) != len(_FIELD_NAMES):
        raise ValueError(f"no cron schedule: it has {len(fields)} fields, not five")
    for name, field in zip(_FIELD_NAMES, fields, strict=True):
        if not _CRON_FIELD.fullmatch(field):
            raise ValueError(f"no cron schedule: {field!r} is no {name} that Debian's cron takes")
    try:
        CronSim(text, _ANY_MOMENT)
    except CronSimError as error:
        raise ValueError(f"no cron schedule: {error}") from None
    return " ".join(fields)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no IANA time zone, such as America/Los_Angeles") from None
    return name


def _read_by(read: Callable[[str], object]) -> AfterValidator:
    """The text stays as it is written; it must have a meaning."""

    def check(text: str) -> str:
        read(text)
        return text

    return AfterValidator(check)


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _overlap(text: str) -> None:
    if text not in {"skip", "allow"} and not text.startswith("wait:"):
        raise ValueError("expected skip, allow or wait:SECONDS")
    if text.startswith("wait:"):
        seconds(text.removeprefix("wait:"))


def _pattern(text: str) -> None:
    if text == "--":
        raise ValueError("`--` would end hos-cron's part of the line: write `-{2}`")
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None


def _growing(durations: tuple[str, ...]) -> tuple[str, ...]:
    lengths = [seconds(each) for each in durations]
    if lengths != sorted(set(lengths)):
        raise ValueError("expected durations that grow, such as 1h, 4h, 24h")
    return durations


# A line of a crontab holds neither a line break nor a NUL.
Text = Annotated[str, Field(pattern=r"^[^\n\r\x00]*$")]
Given = Annotated[Text, Field(min_length=1)]
Duration = Annotated[str, BeforeValidator(_number_as_text), _read_by(seconds)]
Size = Annotated[str, BeforeValidator(_number_as_text), _read_by(size_bytes)]
Pattern = Annotated[Given, _read_by(_pattern)]
Address = Annotated[str, Field(pattern=r"^[^@\s,]+@[^@\s,]+$")]
Count = Annotated[int, Field(ge=1, le=100)]


class Job(BaseModel):
    """One job. Durations and sizes as the wrapper's command line takes them; its defaults are the wrapper's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: Annotated[tuple[Text, ...], Field(min_length=1)]
    schedule: Annotated[str, AfterValidator(_schedule)]
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    impact: Annotated[str, Field(pattern=r"\S")]
    runbook: Annotated[str, Field(pattern=r"\S")]

    timeout: Duration = "5m"
    kill_after: Duration = "10s"
    overlap: Annotated[str, _read_by(_overlap)] = "skip"
    retries: Annotated[int, Field(ge=0, le=100)] = 0
    retry_delay: Duration = "60s"
    splay: Duration | None = None
    quiet: bool = False
    nice: Annotated[int, Field(ge=0, le=19)] = 0
    memory_max: Size | None = None
    env_file: Annotated[Given, Field(pattern=r"^/")] | None = None
    require_env: tuple[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], ...] = ()
    fail_if: tuple[Pattern, ...] = ()
    require: tuple[Pattern, ...] = ()

    start_grace: Duration = "5m"
    min_duration: Duration | None = None
    max_duration: Duration | None = None
    expect: tuple[Annotated[str, _read_by(expectations.parse)], ...] = ()

    severity: Literal["low", "normal", "high"] = "normal"
    alert_after: Count = 1
    recover_after: Count = 1
    reminders: Annotated[tuple[Duration, ...], AfterValidator(_growing)] = ("1h", "4h", "24h")
    recipients: tuple[Address, ...] = ()

    def next_due(self, after: datetime) -> datetime:
        """The first moment after `after` at which Debian's cron would start it; aware UTC."""
        return next(due_times(self.schedule, ZoneInfo(self.timezone), after))

    def expectations(self) -> Expectations:
        """What a successful run must look like."""
        return Expectations(
            min_seconds=None if self.min_duration is None else seconds(self.min_duration),
            max_seconds=None if self.max_duration is None else seconds(self.max_duration),
            figures=self.figures(),
        )

    def figures(self) -> tuple[Expectation, ...]:
        """What `expect` says."""
        return tuple(expectations.parse(text) for text in self.expect)


class Problem(NamedTuple):
    """Something in the file that cannot be meant: where (`jobs.collect.schedule`, or `` for all of it) and what."""

    place: str
    message: str


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
_NAME: TypeAdapter[str] = TypeAdapter(Name)


def load(path: Path) -> dict[str, Job]:
    """Read the file. Raises Permanent with every problem, each with its place."""
    jobs, problems = read(path)
    if problems:
        raise Permanent("\n".join(": ".join(filter(None, (str(path), *problem))) for problem in problems))
    return jobs


def read(path: Path) -> tuple[dict[str, Job], list[Problem]]:
    """Read the file: the jobs that are good, and every problem."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf8"))
    except OSError as error:
        return {}, [Problem("", f"cannot be read ({error.strerror}): set HOS_JOBS_FILE")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [Problem("", f"not TOML: {error}")]
    declared = content.pop("jobs", {})
    problems = [Problem(name, "nothing but [jobs.NAME] is known here") for name in content]
    if not isinstance(declared, dict):
        return {}, [*problems, Problem("jobs", "expected a table [jobs.NAME] for each job")]
    jobs: dict[str, Job] = {}
    for name, fields in declared.items():
        try:
            jobs[_NAME.validate_python(name)] = Job.model_validate(fields)
        except ValidationError as error:
            problems += [_problem(name, detail) for detail in error.errors()]
    return jobs, problems


def _problem(name: str, detail: Any) -> Problem:
    return Problem(".".join(map(str, ("jobs", name, *detail["loc"]))), detail["msg"].removeprefix("Value error, "))
