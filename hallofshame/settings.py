"""Every setting, described once. The only module that reads the environment.

A setting comes from the environment, else from `.env` in the working directory, else from its default; an empty value
means unset. A secret may also stand in a file named by `NAME_FILE`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic.fields import FieldInfo

from hallofshame.clock import parse_utc
from hallofshame.errors import SettingsError

ENV_FILE = Path(".env")

# What the wrapper gives its job; known here so that a typo of a setting is told from them.
RUN_VARIABLES = ("HOS_RUN_ID", "HOS_JOB", "HOS_SCHEDULED_AT", "HOS_DEADLINE", "HOS_ATTEMPT", "HOS_REPORT")


def _starts_with(*prefixes: str) -> AfterValidator:
    def check(value: Any) -> Any:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not text.startswith(prefixes):
            raise ValueError("another kind of URL")
        return value.rstrip("/") if isinstance(value, str) else value

    return AfterValidator(check)


def _is_absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("not absolute")
    return path


def _addresses(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Address = Annotated[str, Field(pattern=r"^[^@\s,]+@[^@\s,]+$")]
HttpUrl = Annotated[str, _starts_with("http://", "https://")]


def _setting(name: str, default: Any, description: str, expected: str) -> Any:
    """Describe one setting: its variable, its default, what it is for, and what a good value looks like."""
    keywords = {"default_factory": default} if callable(default) else {"default": default}
    return Field(alias=name, description=description, json_schema_extra={"expected": expected}, **keywords)


class Settings(BaseModel):
    """All settings, frozen. Make one by `load`."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    state_dir: Annotated[Path, AfterValidator(Path.absolute)] = _setting(
        "HOS_STATE_DIR",
        lambda: Path("var").absolute(),
        "Folder for locks, journal, caches and the embedded database. Default: var, in the working directory.",
        "a folder this user can write to",
    )
    database_url: Annotated[SecretStr, _starts_with("sqlite:///", "mysql", "mariadb")] = _setting(
        "HOS_DATABASE_URL",
        lambda data: SecretStr(f"sqlite:///{data['state_dir']}/hallofshame.sqlite3"),
        "Where the data lives. Default: an SQLite file in HOS_STATE_DIR.",
        "sqlite:////path/file.sqlite3, mysql://user:password@host/name or mysql+pymysql://user:password@host/name",
    )
    queue_times_url: HttpUrl = _setting(
        "HOS_QUEUE_TIMES_URL",
        "https://queue-times.com",
        "Where parks.json and queue_times.json are read from.",
        "a URL that starts with http:// or https://",
    )
    queue_times_requests_per_second: Annotated[float, Field(ge=0)] = _setting(
        "HOS_QUEUE_TIMES_REQUESTS_PER_SECOND",
        2.0,
        "How many requests a second we allow ourselves, over all workers; 0 means no limit.",
        "a number, 0 or more",
    )
    collect_min_parks_percent: Annotated[float, Field(ge=0, le=100)] = _setting(
        "HOS_COLLECT_MIN_PARKS_PERCENT",
        75.0,
        "A collection fails when fewer than this share of the parks answered.",
        "a number from 0 to 100",
    )
    archive_url: Annotated[str, _starts_with("file:///", "s3://")] = _setting(
        "HOS_ARCHIVE_URL",
        lambda data: f"file://{data['state_dir']}/archive",
        "Where each park-day's polls go before they leave the database. Default: the folder archive in HOS_STATE_DIR.",
        "file:///folder or s3://bucket/prefix",
    )
    keep_readings_hours: Annotated[float, Field(ge=0)] = _setting(
        "HOS_KEEP_READINGS_HOURS",
        24.0,
        "How many hours readings stay in the database after their operating day is final.",
        "a number, 0 or more",
    )
    sendgrid_api_key: SecretStr | None = _setting(
        "SENDGRID_API_KEY", None, "The key that alert mails are sent with.", "a SendGrid API key"
    )
    sendgrid_url: HttpUrl = _setting(
        "HOS_SENDGRID_URL",
        "https://api.sendgrid.com",
        "Where SendGrid's API answers.",
        "a URL that starts with http:// or https://",
    )
    smtp_url: Annotated[SecretStr, _starts_with("smtp://", "smtps://")] | None = _setting(
        "HOS_SMTP_URL",
        None,
        "The second way out for mails.",
        "smtp://host:port or smtps://user:password@host:port",
    )
    sendmail: Annotated[Path, AfterValidator(_is_absolute)] | None = _setting(
        "HOS_SENDMAIL",
        None,
        "The third way out for mails: a program of this host that takes them as sendmail(8) does.",
        "an absolute path, such as /usr/sbin/sendmail",
    )
    alert_from: Address = _setting(
        "HOS_ALERT_FROM", "hallofshame@localhost", "The sender of alert mails.", "one mail address"
    )
    alert_to: Annotated[tuple[Address, ...], BeforeValidator(_addresses)] = _setting(
        "HOS_ALERT_TO", (), "Who gets alert mails.", "mail addresses, separated by commas"
    )
    heartbeat_url: Annotated[SecretStr, _starts_with("http://", "https://")] | None = _setting(
        "HOS_HEARTBEAT_URL",
        None,
        "What the watcher asks for after each tick, and with /fail after a bad one, as Healthchecks has it.",
        "a URL that starts with http:// or https://",
    )
    cloudwatch_namespace: Annotated[str, Field(pattern=r"^[A-Za-z0-9_./#:-]{1,255}$")] | None = _setting(
        "HOS_CLOUDWATCH_NAMESPACE",
        None,
        "Where the watcher sends its figures in CloudWatch (needs hallofshame[aws]); without it none are sent.",
        "a namespace of CloudWatch, such as HallOfShame",
    )
    site_url: HttpUrl = _setting(
        "HOS_SITE_URL",
        "http://127.0.0.1:5001",
        "Where the public site answers: links in mails start with it, and Queue-Times is told it with each request.",
        "a URL that starts with http:// or https://",
    )
    signing_key: Annotated[SecretStr, Field(min_length=32)] | None = _setting(
        "HOS_SIGNING_KEY",
        None,
        "What links in mails are signed with; without it mails carry no links that act.",
        "a secret of at least 32 characters, such as `openssl rand -hex 32` prints",
    )
    release: str | None = _setting(
        "HOS_RELEASE",
        None,
        "The release that each run's record names. Default: that of the folder below releases/ it runs from.",
        "a short name, such as 1.4.2 or a commit",
    )
    jobs_file: Path = _setting(
        "HOS_JOBS_FILE", Path("jobs.toml"), "The file that declares every job.", "the path of a TOML file"
    )


@dataclass(frozen=True, slots=True)
class RunContext:
    """What the wrapper told this process about its run; all None outside a run."""

    run_id: str | None = None
    job: str | None = None
    scheduled_at: datetime | None = None
    deadline: datetime | None = None
    report: Path | None = None

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the run's variables. Raises SettingsError for a moment that is none."""
        given = os.environ if environ is None else environ
        try:
            return cls(
                run_id=given.get("HOS_RUN_ID") or None,
                job=given.get("HOS_JOB") or None,
                scheduled_at=_moment(given.get("HOS_SCHEDULED_AT")),
                deadline=_moment(given.get("HOS_DEADLINE")),
                report=Path(given["HOS_REPORT"]) if given.get("HOS_REPORT") else None,
            )
        except ValueError as error:
            raise SettingsError([f"HOS_SCHEDULED_AT or HOS_DEADLINE: {error}"]) from None


def load(environ: Mapping[str, str] | None = None, env_file: Path = ENV_FILE) -> Settings:
    """Read the settings. Raises SettingsError with every problem found, each saying what is expected."""
    settings, problems = load_or_default(environ, env_file)
    if problems:
        raise SettingsError(problems)
    return settings


def load_or_default(environ: Mapping[str, str] | None = None, env_file: Path = ENV_FILE) -> tuple[Settings, list[str]]:
    """Read the settings; a bad one falls back to its default and is told as a problem."""
    given = _given(os.environ if environ is None else environ, env_file)
    problems = _unknown(given) + _read_secret_files(given)
    try:
        return Settings.model_validate(given), problems
    except ValidationError as error:
        # A default that follows another setting is not worked out while any is wrong: no problem of its own.
        own = (detail for detail in error.errors() if detail["type"] != "default_factory_not_called")
        bad = {str(detail["loc"][0]): detail["msg"] for detail in own}
    problems += [_problem(name, message) for name, message in bad.items()]
    return Settings.model_validate({name: given[name] for name in given if name not in bad}), problems


def variables() -> dict[str, FieldInfo]:
    """Every setting's variable with its description, default and whether it is secret."""
    return {str(field.alias): field for field in Settings.model_fields.values()}


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a setting may be given as a file."""
    return "SecretStr" in str(field.annotation)


def _given(environ: Mapping[str, str], env_file: Path) -> dict[str, str]:
    merged = {**dotenv_values(env_file), **{name: value for name, value in environ.items() if value}}
    return {name: value for name, value in merged.items() if value}


def _unknown(given: Mapping[str, str]) -> list[str]:
    secret_files = {f"{name}_FILE" for name, field in variables().items() if is_secret(field)}
    known = {*variables(), *secret_files, *RUN_VARIABLES}
    problems = []
    for name in sorted(given):
        if name.startswith("HOS_") and name not in known:
            nearest = get_close_matches(name, known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else "see .env.example for those that exist"
            problems.append(f"{name} is no setting: {hint}")
    return problems


def _read_secret_files(given: dict[str, str]) -> list[str]:
    """Put the content of each NAME_FILE in its secret's place; what cannot be read is a problem."""
    problems = []
    for name, field in variables().items():
        path = given.get(f"{name}_FILE")
        if path is None or not is_secret(field):
            continue
        if name in given:
            problems.append(f"{name} and {name}_FILE are both set: keep one")
            continue
        try:
            given[name] = Path(path).read_text(encoding="utf8").strip()
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{name}_FILE: cannot read {path} ({error}): expected a file that holds the secret alone")
    return problems


def _problem(name: str, message: str) -> str:
    extra = variables()[name].json_schema_extra
    expected = extra["expected"] if isinstance(extra, dict) else ""
    return f"{name} is wrong ({message}): expected {expected}"


def _moment(text: str | None) -> datetime | None:
    return parse_utc(text) if text else None
