"""What is wrong, or would go wrong, with the jobs of jobs.toml: findings, each with its place and what to do.

Asks nothing but which of the files that jobs name are there. What the grammar refuses is for jobs_file to say.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import islice, pairwise, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

from cronsim import CronSim

from hallofshame import clock_changes
from hallofshame.jobs_file import Job, Problem
from hallofshame.quantities import seconds
from hallofshame.rules import expectations

# Enough for the shortest distance of a schedule that is due every few minutes; others end by the year.
_DUE_TIMES = 2_000
_MINUTE, _YEAR = timedelta(minutes=1), timedelta(days=366)


class Severity(Enum):
    """An error keeps a job from running or from being told of; a warning is for somebody to have seen."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """`place` is `jobs.collect.timeout`, or empty for the whole file."""

    place: str
    severity: Severity
    problem: str
    advice: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the jobs run: the folder of our own programs, the state directory, and where jobs.toml lies."""

    programs: Path
    state_dir: Path
    jobs_file: Path


Redact = Callable[[list[str]], Sequence[str]]
_Told = tuple[str, Severity, str, str]


def search_path(programs: Path) -> str:
    """Where cron looks for the command of a job."""
    return f"{programs}:/usr/local/bin:/usr/bin:/bin"


def of_problems(problems: list[Problem]) -> list[Finding]:
    """What the file's grammar refused."""
    return [
        Finding(each.place, Severity.ERROR, each.message, "see the fields at the top of jobs.toml") for each in problems
    ]


def of_host(*, is_on_utc: bool) -> list[Finding]:
    """What is wrong with the host for all jobs."""
    if is_on_utc:
        return []
    problem = "this host's clock is not on UTC, in which the crontab's times are rendered"
    return [Finding("", Severity.WARNING, problem, "where cron is to run: timedatectl set-timezone UTC")]


def lint(jobs: dict[str, Job], place: Place, now: datetime, redact: Redact) -> list[Finding]:
    """Every finding, job by job. `redact` hides what looks like a secret in an argv."""
    findings = []
    for name, job in jobs.items():
        found = (
            *_command(job, place, redact),
            *_limits(job, now),
            *_clock_changes(job, now),
            *_runbook(job, place),
            *_expectations(job),
            *_environment(job),
        )
        findings += [Finding(f"jobs.{name}.{field}", severity, *texts) for field, severity, *texts in found]
    return findings


def _error(field: str, problem: str, advice: str) -> _Told:
    return field, Severity.ERROR, problem, advice


def _warning(field: str, problem: str, advice: str) -> _Told:
    return field, Severity.WARNING, problem, advice


def _command(job: Job, place: Place, redact: Redact) -> Iterator[_Told]:
    program, path = job.command[0], search_path(place.programs)
    if "/" in program and not program.startswith("/"):
        problem = f"cron would look for {program} in the home directory"
        yield _error("command", problem, "give its absolute path, or its name alone")
    elif shutil.which(program, path=path) is None:
        yield _error("command", f"there is no program {program!r} in {path}", "install it, or correct its name")
    for argument, shown in zip(job.command, redact(list(job.command)), strict=True):
        if argument != shown:
            problem = f"{shown!r} looks like a secret: everybody on this host can read a command line"
            yield _warning("command", problem, "put it into a file and name that in env_file")
        if r"\%" in argument:
            problem = f"{shown!r} has a backslash before %, which the job is given: the crontab escapes % by itself"
            yield _warning("command", problem, "write % alone, unless the job wants the backslash")


def _limits(job: Job, now: datetime) -> Iterator[_Told]:
    timeout, limit = seconds(job.timeout), seconds(job.timeout) + seconds(job.kill_after)
    period = _shortest_period_seconds(job, now)
    if period is not None and limit >= period and job.overlap != "allow":
        problem = f"with kill_after a run may take {limit:g} s, and the next is due after {period:g} s already"
        yield _error("timeout", problem, "shorten timeout, or run the job less often")
    if job.overlap.startswith("wait:") and seconds(job.overlap.removeprefix("wait:")) > limit:
        problem = f"{job.overlap} is longer than any run can hold the lock"
        yield _warning("overlap", problem, f"wait:{limit:g} is enough")
    if job.splay and seconds(job.splay) >= seconds(job.start_grace):
        problem = f"a run may begin {job.splay} late, and after {job.start_grace} (start_grace) it is told as missed"
        yield _warning("splay", problem, "shorten splay or lengthen start_grace")
    if job.retries and job.retries * seconds(job.retry_delay) >= timeout:
        problem = "timeout, which is for all attempts together, leaves no room for as many"
        yield _warning("retries", problem, "lengthen timeout or shorten retry_delay")


def _shortest_period_seconds(job: Job, now: datetime) -> float | None:
    """The shortest distance of two due times within a year, by the wall clock; None where it is due but once."""
    start = now.replace(tzinfo=None)
    due = islice(CronSim(job.schedule, start), _DUE_TIMES)
    within_a_year = takewhile(lambda time: time < start + _YEAR, due)
    return min(((later - earlier).total_seconds() for earlier, later in pairwise(within_a_year)), default=None)


def _clock_changes(job: Job, now: datetime) -> Iterator[_Told]:
    """The first hour within a year that is skipped, and the first that comes twice, in which the job is due."""
    minute, hour, *_ = job.schedule.split()
    if hour.startswith("*"):
        return  # due in each hour, whatever the clock calls it
    told: set[bool] = set()
    for change in clock_changes.within_a_year(ZoneInfo(job.timezone), now):
        before, after = change.before, change.after
        is_skip = before < after
        time = next(CronSim(job.schedule, min(before, after) - _MINUTE))
        if time < max(before, after) and is_skip not in told:
            told.add(is_skip)
            problem = f"in {job.timezone}, {_at_change(time, after, is_skip=is_skip, follows=minute.startswith('*'))}"
            yield _warning("schedule", problem, "choose another hour, or UTC, if that matters")


def _at_change(time: datetime, after: datetime, *, is_skip: bool, follows: bool) -> str:
    """What becomes of a run; one whose minute has a `*` follows the clock, as with Debian's cron."""
    if is_skip:
        told = "does not run then" if follows else f"runs at {after:%H:%M}"
        return f"{time:%H:%M} does not exist on {time:%Y-%m-%d}: the job {told}"
    told = "runs both times" if follows else "runs the first time"
    return f"{time:%H:%M} comes twice on {time:%Y-%m-%d}: the job {told}"


def _runbook(job: Job, place: Place) -> Iterator[_Told]:
    if "://" in job.runbook:
        return
    name, _, anchor = job.runbook.partition("#")
    path = place.jobs_file.parent / name
    if not path.is_file():
        yield _error("runbook", f"there is no file {path}", "write it, or point to a URL")
    elif anchor and anchor not in _anchors(path.read_text(encoding="utf8", errors="replace")):
        yield _error("runbook", f"{path} has no heading for #{anchor}", "point to one that it has")


def _anchors(markdown: str) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#{1,6}\s+(.+?)\s*#*$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _expectations(job: Job) -> Iterator[_Told]:
    expected, limit = job.expectations(), seconds(job.timeout)
    if expected.min_seconds is not None and expected.min_seconds >= (expected.max_seconds or limit):
        yield _error("min_duration", "no run takes that long and is still short enough", "shorten min_duration")
    if expected.max_seconds is not None and expected.max_seconds >= limit:
        yield _warning("max_duration", "timeout ends a run before it is too slow", "shorten max_duration")
    for name in sorted({each.figure for each in expected.figures}):
        if not expectations.can_all_hold([each for each in expected.figures if each.figure == name]):
            yield _error("expect", f"no value of {name} can be as expected", "remove one of the expectations")


def _environment(job: Job) -> Iterator[_Told]:
    if job.env_file is not None and not os.access(job.env_file, os.R_OK):
        problem = f"{job.env_file} cannot be read here: the job would not be started (125)"
        yield _error("env_file", problem, "create it, or correct the path")
