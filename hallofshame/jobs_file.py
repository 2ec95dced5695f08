"""`jobs.toml`: every cron job, declared once. Read strictly: an unknown field or a bad schedule is an error."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hallofshame.errors import Permanent

_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def _schedule(text: str) -> str:
    try:
        CronSim(text, _ANY_MOMENT)
    except CronSimError as error:
        raise ValueError(f"no cron schedule: {error}") from None
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no IANA time zone, such as America/Los_Angeles") from None
    return name


Duration = Annotated[str, Field(pattern=r"^\d+(\.\d+)?[smh]?$")]


class Job(BaseModel):
    """One job. Durations as the wrapper's command line takes them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: Annotated[tuple[str, ...], Field(min_length=1)]
    schedule: Annotated[str, AfterValidator(_schedule)]
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    timeout: Duration = "5m"
    start_grace: Duration = "5m"
    runbook: str
    impact: str

    def next_due(self, after: datetime) -> datetime:
        """The first moment after `after` at which Debian's cron would start it; aware UTC."""
        due: datetime = next(CronSim(self.schedule, after.astimezone(ZoneInfo(self.timezone))))
        return due.astimezone(UTC)


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
_JOBS: TypeAdapter[dict[str, Job]] = TypeAdapter(dict[Name, Job])


def load(path: Path) -> dict[str, Job]:
    """Read the file. Raises Permanent with every problem, each with its place."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf8"))
        return _JOBS.validate_python(content.get("jobs", {}))
    except OSError as error:
        raise Permanent(f"{path}: cannot be read ({error.strerror}): set HOS_JOBS_FILE") from None
    except tomllib.TOMLDecodeError as error:
        raise Permanent(f"{path}: not TOML: {error}") from None
    except ValidationError as error:
        problems = (f"jobs.{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise Permanent("\n".join(f"{path}: {problem}" for problem in problems)) from None
