"""Every setting, described once. The only module that reads the environment.

A setting comes from the environment, else from `.env` in the working directory, else from the file of the host
(`host_file`), else from its default. An empty value means unset. A secret may stand in a file named by `NAME_FILE`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import quote

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo

from hallofshame import host_file
from hallofshame.clock import parse_utc
from hallofshame.errors import SettingsError
from hallofshame.release import of_path

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


def _listed(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Address = Annotated[str, Field(pattern=r"^[^@\s,]+@[^@\s,]+$")]
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^/\s,]+)$")]
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
    # Never wrong by itself: in the place of a bad one its default would be taken, and with that a plain connection.
    database_ca: Annotated[Path, AfterValidator(Path.absolute)] | None = _setting(
        "HOS_DATABASE_CA",
        None,
        "The CA that the certificate of the database's server has to be signed by; with it, TLS alone is spoken there.",
        "the path of a PEM file",
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
    alert_to: Annotated[tuple[Address, ...], BeforeValidator(_listed)] = _setting(
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
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = _setting(
        "HOS_TRUSTED_PROXIES",
        0,
        "How many proxies stand in front of the site, whose X-Forwarded-For is believed; 1 behind Apache.",
        "a number from 0 to 5",
    )
    web_workers: Annotated[int, Field(ge=1, le=64)] = _setting(
        "HOS_WEB_WORKERS",
        2,
        "How many processes serve the site; each counts its share of the rate limits in its own memory.",
        "a number from 1 to 64",
    )
    requests_per_minute: Annotated[int, Field(ge=0)] = _setting(
        "HOS_REQUESTS_PER_MINUTE",
        60,
        "How many requests to the API one client is allowed in a minute; 0 means no limit.",
        "a number, 0 or more",
    )
    requests_per_day: Annotated[int, Field(ge=0)] = _setting(
        "HOS_REQUESTS_PER_DAY",
        5_000,
        "How many requests to the API one client is allowed in a day; 0 means no limit.",
        "a number, 0 or more",
    )
    rate_limit_storage_url: Annotated[SecretStr, _starts_with("redis://", "rediss://")] | None = _setting(
        "HOS_RATE_LIMIT_STORAGE_URL",
        None,
        "Where requests are counted for all hosts together (needs hallofshame[redis]); without it each worker counts.",
        "redis://host:6379 or rediss://user:password@host:6379",
    )
    cors_origins: Annotated[tuple[Origin, ...], BeforeValidator(_listed)] = _setting(
        "HOS_CORS_ORIGINS",
        (),
        "Sites whose pages may read the API in a browser.",
        "origins, separated by commas, such as https://example.org; or *",
    )
    signing_key: Annotated[SecretStr, Field(min_length=32)] | None = _setting(
        "HOS_SIGNING_KEY",
        None,
        "What links in mails are signed with; without it mails carry no links that act.",
        "a secret of at least 32 characters, such as `openssl rand -hex 32` prints",
    )
    release: str | None = _setting(
        "HOS_RELEASE",
        lambda: of_path(__file__),
        "The release that runs and the site name. Default: that of the folder below releases/ it runs from.",
        "a short name, such as 1.4.2 or a commit",
    )
    docs_url: HttpUrl | None = _setting(
        "HOS_DOCS_URL",
        None,
        "Where this repository's files can be read in a browser; mails link to the handbook there.",
        "a URL that starts with http:// or https://, such as https://code.example.org/hallofshame/blob/main",
    )
    ssm_prefix: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9_.-]+)+/$")] | None = _setting(
        "HOS_SSM_PREFIX",
        None,
        "Where secrets lie in AWS's parameter store, each below its setting's name (needs hallofshame[aws]).",
        "a path with a slash at both ends, such as /themeparkhallofshame/prod/",
    )
    jobs_file: Path = _setting(
        "HOS_JOBS_FILE", Path("jobs.toml"), "The file that declares every job.", "the path of a TOML file"
    )

    @field_validator("database_url")
    @classmethod
    def _with_its_ca(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        """Let the URL name the CA, as SQLAlchemy reads it: whoever opens the database needs nothing but the URL."""
        ca, url = info.data.get("database_ca"), value.get_secret_value()
        if ca is None or url.startswith("sqlite") or "ssl_ca=" in url:
            return value
        has_query = "?" in url.rpartition("@")[2]
        return SecretStr(f"{url}{'&' if has_query else '?'}ssl_ca={quote(str(ca))}")


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
    given = _Given(os.environ if environ is None else environ, env_file)
    problems = given.problems + _unknown(given) + _read_secret_files(given)
    values = given.values
    try:
        return Settings.model_validate(values), problems
    except ValidationError as error:
        # A default that follows another setting is not worked out while any is wrong: no problem of its own.
        own = (detail for detail in error.errors() if detail["type"] != "default_factory_not_called")
        bad = {str(detail["loc"][0]): detail["msg"] for detail in own}
    problems += [_problem(given.told(name), name, message) for name, message in bad.items()]
    return Settings.model_validate({name: values[name] for name in values if name not in bad}), problems


def host_settings(environ: Mapping[str, str] | None = None) -> Path:
    """The file that holds the settings of this host, if there is one."""
    given = os.environ if environ is None else environ
    return Path(given.get(host_file.VARIABLE) or host_file.PATH)


def where_set(name: str, environ: Mapping[str, str] | None = None, env_file: Path = ENV_FILE) -> str:
    """A setting as whoever has to correct it finds it, such as `HOS_SMTP_URL_FILE in .env`."""
    given = _Given(os.environ if environ is None else environ, env_file)
    found = next((each for each in (name, f"{name}_FILE") if each in given.values), None)
    return f"{found} in {given.origins.get(found, 'the environment')}" if found else f"{name}, which is not set,"


def files_with_secrets(environ: Mapping[str, str] | None = None, env_file: Path = ENV_FILE) -> list[Path]:
    """Every file that a secret was or would be read from."""
    given = _Given(os.environ if environ is None else environ, env_file)
    files: dict[Path, None] = {}
    for name in _secrets():
        if f"{name}_FILE" in given.values:
            files[Path(given.values[f"{name}_FILE"])] = None
        elif origin := given.origins.get(name):
            files[origin] = None
    return list(files)


def variables() -> dict[str, FieldInfo]:
    """Every setting's variable with its description, default and whether it is secret."""
    return {str(field.alias): field for field in Settings.model_fields.values()}


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a setting may be given as a file."""
    return "SecretStr" in str(field.annotation)


class _Given:
    """What is set, the file that each was read from, and what could not be read. A later source wins."""

    def __init__(self, environ: Mapping[str, str], env_file: Path) -> None:
        self.values: dict[str, str] = {}
        self.origins: dict[str, Path] = {}
        self.problems: list[str] = []
        for path in (host_settings(environ), env_file):
            self._read(path)
        self._add(environ)

    def told(self, name: str) -> str:
        """The name of a setting, and where it stands if that is a file."""
        return f"{name} in {self.origins[name]}" if name in self.origins else name

    def _read(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf8")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{path}: cannot be read ({error}): run this as a user who may, or correct the file")
            return
        # As the wrapper reads it, which expands nothing.
        self._add(dotenv_values(stream=StringIO(text), interpolate=False), path)

    def _add(self, found: Mapping[str, str | None], origin: Path | None = None) -> None:
        added = {name: value for name, value in found.items() if value}
        for secret in _secrets():
            names = (secret, f"{secret}_FILE")
            if added.keys() & names:  # either goes over both of a source before
                self._forget(*names)
        self._forget(*added)
        self.values |= added
        if origin:
            self.origins |= dict.fromkeys(added, origin)

    def _forget(self, *names: str) -> None:
        for name in names:
            self.values.pop(name, None)
            self.origins.pop(name, None)


def _secrets() -> list[str]:
    return [name for name, field in variables().items() if is_secret(field)]


def _unknown(given: _Given) -> list[str]:
    known = {*variables(), *(f"{name}_FILE" for name in _secrets()), *RUN_VARIABLES, host_file.VARIABLE}
    problems = []
    for name in sorted(given.values):
        if name.startswith("HOS_") and name not in known:
            nearest = get_close_matches(name, known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else "see .env.example for those that exist"
            problems.append(f"{given.told(name)} is no setting: {hint}")
    return problems


def _read_secret_files(given: _Given) -> list[str]:
    """Put the content of each NAME_FILE in its secret's place; what cannot be read is a problem."""
    problems = []
    for name in _secrets():
        path = given.values.get(f"{name}_FILE")
        if path is None:
            continue
        if name in given.values:
            problems.append(f"{name} and {name}_FILE are both set: keep one")
            continue
        try:
            given.values[name] = Path(path).read_text(encoding="utf8").strip()
        except (OSError, UnicodeDecodeError) as error:
            told = given.told(f"{name}_FILE")
            problems.append(f"{told}: cannot read {path} ({error}): expected a file that holds the secret alone")
    return problems


def _problem(told: str, name: str, message: str) -> str:
    extra = variables()[name].json_schema_extra
    expected = extra["expected"] if isinstance(extra, dict) else ""
    return f"{told} is wrong ({message}): expected {expected}"


def _moment(text: str | None) -> datetime | None:
    return parse_utc(text) if text else None
