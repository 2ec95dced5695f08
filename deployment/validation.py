"""`hos validate`: whether this release can run here. A service asks before each start, a deploy before it switches.

It changes nothing, and takes a second of processor time at most. What costs more than that is for `hos doctor`.
"""

import gc
import importlib
import os
import pkgutil
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import click

from hallofshame import checks, settings
from hallofshame.checks import Answers, Check, Host, Level
from hallofshame.clock import SystemClock
from hallofshame.errors import HallOfShameError

from . import built_release

LONGEST_SECONDS = 10.0
DATABASE_ANSWERS_WITHIN_SECONDS = 3

# By name, because applications do not import each other.
WEB_APPLICATION = "hallofshame.webapp.app"
WEB_ENTRY = "hallofshame.webapp.wsgi"  # connects when it is imported: it is compiled, and what it calls is called
GUNICORN_CONFIG = "hallofshame.deployment.gunicorn_config"
JOBS = "hallofshame.jobs"
AROUND_JOBS = ("hallofshame.wrapper.record", "hallofshame.replay", "hallofshame.monitoring.commands")

_OTHERS = 0o007  # may do anything


@click.command()
@click.option(
    "--for",
    "purpose",
    type=click.Choice(["web", "jobs"]),
    default="web",
    show_default=True,
    help="What is to be started, as the user who calls.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def validate(*, purpose: str, as_json: bool) -> None:
    """Check whether this release can run here, and say what to set. Exits with 1 when it cannot."""
    gc.disable()  # what is imported stays: looking for garbage in it takes a tenth of the time
    loaded, problems = settings.load_or_default()
    host = Host(loaded, tuple(problems), SystemClock().now())
    findings = checks.examine(CHECKS[purpose], host, LONGEST_SECONDS)
    click.echo(checks.told(findings, as_json=as_json))
    if checks.has_failed(findings):
        sys.exit(1)


def _settings_of_web(host: Host) -> Answers:
    yield from _settings(host, ["HOS_DATABASE_URL"], ["HOS_SITE_URL", "HOS_TRUSTED_PROXIES"])


def _settings_of_jobs(host: Host) -> Answers:
    yield from _settings(host, ["HOS_DATABASE_URL", "HOS_STATE_DIR"], ["HOS_SITE_URL"])


def _settings(host: Host, necessary: list[str], advisable: list[str]) -> Answers:
    """In a checkout each default is meant; a release has its own database, and is known by a name."""
    yield from checks.settings_are_right(host)
    if built_release.folder() is None:
        return
    for level, names in ((Level.FAIL, necessary), (Level.WARN, advisable)):
        for name in names:
            if _is_unset(host, name):
                purpose = settings.variables()[name].description
                yield level, f"{name} is not set: set it in {settings.host_settings()}. {purpose}"


def _is_unset(host: Host, name: str) -> bool:
    """Tell whether nobody has set it; what is set and wrong has been told."""
    field = name.removeprefix("HOS_").lower()
    is_told = any(name in problem for problem in host.settings_problems)
    return field not in host.settings.model_fields_set and not is_told


def _secrets(_: Host) -> Answers:
    files = settings.files_with_secrets()
    open_to_others = [file for file in files if _is_open_to_others(file)]
    for file in open_to_others:
        yield Level.FAIL, f"{file} is open to every user of this host: chmod o= {file}"
    if not open_to_others:
        yield Level.OK, f"{len(files)} files hold some, none is open to every user"


def _is_open_to_others(file: Path) -> bool:
    with suppress(FileNotFoundError):  # which the settings tell
        return bool(file.stat().st_mode & _OTHERS)
    return False


def _release(_: Host) -> Answers:
    faults = list(built_release.faults())
    for fault in faults:
        yield Level.FAIL, fault
    if not faults:
        yield Level.OK, f"{built_release.folder() or 'a checkout'}, with all that belongs to it"


def _web_application(host: Host) -> Answers:
    faults = list(_faults_of_loading([GUNICORN_CONFIG, WEB_APPLICATION])) or list(_faults_of_web(host))
    for fault in faults:
        yield Level.FAIL, fault
    if not faults:
        yield Level.OK, "the site can be made"


def _faults_of_web(host: Host) -> Iterator[str]:
    """Make the application as it is served; nothing is connected by that."""
    try:
        entry = find_spec(WEB_ENTRY)
        source = Path(str(entry.origin if entry else WEB_ENTRY))
        compile(source.read_text(encoding="utf8"), str(source), "exec", dont_inherit=True)
        engines = importlib.import_module("hallofshame.store.engine")
        opened = engines.open_engine(host.settings.database_url.get_secret_value())
        importlib.import_module(WEB_APPLICATION).create_app(host.settings, SystemClock(), opened)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it raises is what we were asked for
        yield f"the site cannot be made: {_described(error)}"


def _jobs_application(_: Host) -> Answers:
    try:
        package = importlib.import_module(JOBS)
        jobs = [f"{JOBS}.{module.name}" for module in pkgutil.iter_modules(package.__path__)]
    except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
        yield Level.FAIL, f"{JOBS} cannot be loaded: {_described(error)}"
        return
    faults = list(_faults_of_loading([*AROUND_JOBS, *jobs]))
    for fault in faults:
        yield Level.FAIL, fault
    if not faults:
        yield Level.OK, f"{len(jobs)} modules of jobs can be loaded, and what runs them"


def _faults_of_loading(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        try:
            importlib.import_module(name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
            yield f"{name} cannot be loaded: {_described(error)}"


def _described(error: BaseException) -> str:
    [*_, last] = traceback.extract_tb(error.__traceback__)
    where = f"{last.filename}:{last.lineno}"
    return f"{type(error).__name__}: {error} ({where}): build the release anew, or keep the one before"


def _database(host: Host) -> Answers:
    # Here, so that a library which fails on import is told like everything else.
    from hallofshame.store import database  # noqa: PLC0415

    url = host.settings.database_url.get_secret_value()
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        yield Level.OK, "there is none yet: made on first use"
        return
    opened = database.open_as_it_is(url, DATABASE_ANSWERS_WITHIN_SECONDS)
    try:
        revision = database.current_revision(opened)
    except HallOfShameError as error:
        yield Level.FAIL, f"{error}: does it run, and is {settings.where_set('HOS_DATABASE_URL')} right?"
        return
    finally:
        opened.dispose()
    if database.is_enough(revision):
        yield Level.OK, f"answers, and its schema is {revision}"
    elif opened.dialect.name == "sqlite":
        yield Level.OK, f"answers, and its schema goes from {revision or 'empty'} to this release's on first use"
    else:
        yield Level.FAIL, database.refusal(revision)


def _disk_of_web(_: Host) -> Answers:
    """It writes nothing that lasts: one that is full is no reason to have no site, too."""
    for level, message in checks.disk_has_room(Path(sys.prefix)):
        yield (Level.WARN if level is Level.FAIL else level), message


def _disk_of_jobs(host: Host) -> Answers:
    yield from checks.disk_has_room(host.settings.state_dir)


def _directories_of_web(_: Host) -> Answers:
    try:
        yield Level.OK, f"{tempfile.gettempdir()} can be written to"
    except FileNotFoundError as error:
        yield Level.FAIL, f"gunicorn's workers need one ({error.strerror}): let the unit have PrivateTmp=yes"


def _directories_of_jobs(host: Host) -> Answers:
    unwritable = [folder for folder in _written_by_jobs(host) if not _is_writable(folder)]
    for folder in unwritable:
        advice = f"give it to that user, or set another in {settings.host_settings()} (HOS_STATE_DIR, HOS_ARCHIVE_URL)"
        yield Level.FAIL, f"{folder} cannot be written to by user {os.geteuid()}: {advice}"
    if not unwritable:
        yield Level.OK, f"{host.settings.state_dir} can be written to, and where else jobs write"


def _written_by_jobs(host: Host) -> Iterator[Path]:
    state = host.settings.state_dir
    yield state
    if state.is_dir():
        yield from sorted(each for each in state.iterdir() if each.is_dir())
    if host.settings.archive_url.startswith("file://"):
        yield Path(host.settings.archive_url.removeprefix("file://"))


def _is_writable(folder: Path) -> bool:
    """Tell whether files can be made in it, or it can be made."""
    there = checks.nearest_existing(folder)
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _of_doctor(name: str) -> Check:
    """One that doctor makes as well: loaded when it is made, because it brings much with it."""

    def check(host: Host) -> Answers:
        from hallofshame import checkup  # noqa: PLC0415

        yield from checkup.CHECKS[name](host)

    return check


CHECKS: dict[str, dict[str, Check]] = {
    "web": {
        "settings": _settings_of_web,
        "secrets": _secrets,
        "release": _release,
        "application": _web_application,
        "database": _database,
        "directories": _directories_of_web,
        "disk": _disk_of_web,
    },
    "jobs": {
        "settings": _settings_of_jobs,
        "secrets": _secrets,
        "release": _release,
        "application": _jobs_application,
        "database": _database,
        "directories": _directories_of_jobs,
        "disk": _disk_of_jobs,
        "jobs": _of_doctor("jobs"),
        "mail": _of_doctor("mail"),
    },
}
