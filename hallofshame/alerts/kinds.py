"""What each kind of incident is called, how it is told in one sentence, and what is to be done about it. Pure."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from hallofshame import quantities
from hallofshame.alerts.facts import Facts
from hallofshame.alerts.words import KIND_WORDS, clock, length, number, some
from hallofshame.model import IncidentKind, Run, RunState
from hallofshame.rules.expectations import Expectation
from hallofshame.rules.incidents import Incident

SHORT_ID = 13  # characters of a run's id that `hos log` needs

_IN_WORDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than", "==": "exactly", "!=": "not"}
_BROKEN = {">=": "<", "<=": ">", ">": "<=", "<": ">=", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Case:
    """One job's incident, all that is known of it, and the moment of telling."""

    job: str
    incident: Incident
    facts: Facts
    now: datetime

    @property
    def run(self) -> Run | None:
        return self.facts.run

    @property
    def zone(self) -> str | None:
        return self.facts.job.timezone if self.facts.job else None

    @property
    def limit(self) -> str | None:
        return length(quantities.seconds(self.facts.job.timeout)) if self.facts.job else None


class Harm(Enum):
    """Whether the job's work was left undone, and what then stands before its impact."""

    DONE = ""
    POSSIBLE = "At worst: "
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do: why, and the command for it (with `{job}` and `{run}`, until they are known) or a place."""

    text: str
    command: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is told: `happened` is a sentence without its full stop, `note` stands in the subject."""

    happened: Callable[[Case], str]
    steps: tuple[Step, ...]
    note: Callable[[Case], str] = lambda case: ""  # noqa: ARG005 - most have one
    is_urgent: bool = True
    harm: Harm = Harm.DONE
    has_error_line: bool = False


def of(kind: IncidentKind) -> Kind:
    """How to tell it."""
    return _KINDS[kind]


def sentence(case: Case) -> str:
    """What happened, whole."""
    happened = of(case.incident.kind).happened(case)
    return happened if happened.endswith(("?", "!")) else f"{happened}."


def steps(case: Case) -> Iterator[Step]:
    """What to do about it, first things first; what a run printed only where one printed something."""
    printed_id = case.run.run_id[:SHORT_ID] if case.run and case.run.output_bytes else None
    is_unit = case.facts.job is None and case.job.endswith(_UNITS)
    for step in _LOOK_AT_UNIT if is_unit else of(case.incident.kind).steps:
        command = step.command or ""
        if "{run}" not in command or printed_id:
            yield replace(step, command=command.format(job=quoted(case.job), run=printed_id))


def still_word(kind: IncidentKind) -> str:
    """What a reminder begins with."""
    return "STILL FAILING" if kind is IncidentKind.FAILED else f"STILL {KIND_WORDS[kind]}"


def quoted(job: str) -> str:
    """A job's name within a command that will be copied."""
    return shlex.quote(job)


def _failed_note(case: Case) -> str:
    if case.run is None or (case.run.signal is None and case.run.exit_code is None):
        return ""
    return f" ({case.run.signal or f'exit {case.run.exit_code}'})"


def _failed(case: Case) -> str:
    return f"{case.job} failed{_because(_reason(case))}{_after(case)}"


def _timed_out(case: Case) -> str:
    limit = f" of {case.limit}" if case.limit else ""
    return f"{case.job} ran into its time limit{limit} and was stopped"


def _interrupted(case: Case) -> str:
    signal = f" by {case.run.signal}" if case.run and case.run.signal else ""
    return f"{case.job} was stopped from outside{signal}{_after(case)}: is the host stopping?"


def _not_started(case: Case) -> str:
    return f"{case.job} could not be started{_because(_reason(case))}"


def _lost(case: Case) -> str:
    return f"{case.job} got lost{_because(_reason(case))}. How far it came is not known"


def _skipped(case: Case) -> str:
    return f"{case.job} did not run: the run before is still going, or holds its lock"


def _succeeded_but(case: Case) -> str:
    return f"{case.job} succeeded, but {case.incident.detail or 'not in its usual time'}"


def _expectation_note(case: Case) -> str:
    broken = _broken_figures(case)
    if not broken:
        return ""
    more = f" +{len(broken) - 1}" if len(broken) > 1 else ""
    return f": {_broken_short(*broken[0])}{more}"


def _expectation(case: Case) -> str:
    broken = "; ".join(_broken_long(*each) for each in _broken_figures(case))
    return f"{case.job} ended well, but its figures are wrong: {broken or case.incident.detail or 'see its report'}"


def _missed(case: Case) -> str:
    return f"{case.job} did not start{_because(case.incident.detail)}"


def _late(case: Case) -> str:
    return f"{case.job} started late{_because(case.incident.detail)}"


def _overdue_note(case: Case) -> str:
    return f" ({length((case.now - case.run.started_at).total_seconds())})" if case.run else ""


def _overdue(case: Case) -> str:
    if case.run is None:
        return f"{case.job} hangs{_because(case.incident.detail)}"
    limit = f", though its limit is {case.limit}" if case.limit else ""
    return f"{case.job} hangs: its run of {clock(case.run.started_at, case.now)} is still going{limit}"


def _blind(case: Case) -> str:
    return f"Nobody watched the jobs for a while{_because(case.incident.detail)}"


def _undeliverable_note(case: Case) -> str:
    return f" ({some(case.facts.waiting_mails, 'mail')})" if case.facts.waiting_mails else ""


def _undeliverable(case: Case) -> str:
    return f"Mails could not leave {case.facts.host}{_because(case.incident.detail)}"


def _times_note(case: Case) -> str:
    return f" (x{case.incident.failures})" if case.incident.failures > 1 else ""


def _limit_note(case: Case) -> str:
    return f" ({case.limit})" if case.limit else ""


def _took_note(case: Case) -> str:
    return f" ({length(case.run.duration_seconds)})" if case.run and case.run.duration_seconds is not None else ""


_LOOK = (Step("See what it printed", "hos log {run}"), Step("See its last runs", "hos runs {job}"))
_LOOK_AT_HOST = (Step("If somebody restarts the host, nothing; else check it", "hos doctor"), *_LOOK)
_LOOK_AT_COMMAND = (Step("See what is wrong with how it is started", "hos lint"), *_LOOK)
_LOOK_AT_HANGING = (
    Step("See which run hangs", "hos runs {job}"),
    Step("Stop it if it does nothing any more", "hos kill {job}"),
)
_LOOK_AT_CRON = (
    Step("See whether cron runs", "systemctl status cron"),
    Step("See whether its line is installed", "hos crontab check"),
    Step("Check the host", "hos doctor"),
)
_LOOK_AT_ALL = (Step("Check the host", "hos doctor"), Step("See how each job stands", "hos status"))
# What `hos unit-failed` tells of is told like a job.
_UNITS = (".service", ".socket")
_LOOK_AT_UNIT = (
    Step("See how it stands", "systemctl status {job}"),
    Step("See what it said", "journalctl -u {job} -n 50"),
    Step("Check settings and host", "hos validate"),
    Step("When that is mended, start it", "systemctl reset-failed {job} && systemctl start {job}"),
)
_LOOK_AT_MAIL = (Step("See what waits, and why", "hos outbox"), Step("Check keys and servers", "hos doctor"))

_KINDS = {
    IncidentKind.FAILED: Kind(_failed, _LOOK, _failed_note, has_error_line=True),
    IncidentKind.TIMED_OUT: Kind(_timed_out, _LOOK, _limit_note, has_error_line=True),
    IncidentKind.INTERRUPTED: Kind(_interrupted, _LOOK_AT_HOST, _failed_note, is_urgent=False),
    IncidentKind.NOT_STARTED: Kind(_not_started, _LOOK_AT_COMMAND, _failed_note),
    IncidentKind.LOST: Kind(_lost, _LOOK_AT_HOST),
    IncidentKind.SKIPPED: Kind(_skipped, _LOOK_AT_HANGING, _times_note, is_urgent=False),
    IncidentKind.TOO_FAST: Kind(_succeeded_but, _LOOK, _took_note, is_urgent=False, harm=Harm.POSSIBLE),
    IncidentKind.TOO_SLOW: Kind(_succeeded_but, _LOOK, _took_note, is_urgent=False, harm=Harm.NONE),
    IncidentKind.EXPECTATION: Kind(_expectation, _LOOK, _expectation_note, harm=Harm.POSSIBLE),
    IncidentKind.MISSED: Kind(_missed, _LOOK_AT_CRON),
    IncidentKind.LATE: Kind(_late, _LOOK_AT_ALL, is_urgent=False, harm=Harm.NONE),
    IncidentKind.OVERDUE: Kind(_overdue, _LOOK_AT_HANGING, _overdue_note),
    IncidentKind.BLIND: Kind(_blind, _LOOK_AT_ALL, harm=Harm.NONE),
    IncidentKind.UNDELIVERABLE: Kind(_undeliverable, _LOOK_AT_MAIL, _undeliverable_note, harm=Harm.NONE),
}


def _reason(case: Case) -> str | None:
    """Why the run ended so; what else an operator should know comes behind it."""
    run = case.run
    if run is None or run.reason is None:
        return case.incident.detail or (_failed_note(case).strip(" ()") or None)
    return run.reason.split("; ")[0]


def _because(reason: str | None) -> str:
    return f": {reason.rstrip('.')}" if reason else ""


def _after(case: Case) -> str:
    return f" after {length(case.run.duration_seconds)}" if case.run and case.run.duration_seconds is not None else ""


def _broken_figures(case: Case) -> list[tuple[Expectation, float | None]]:
    """Each expectation that the run's report does not meet, with the figure; None where it has none."""
    if case.run is None or case.facts.job is None or case.run.state is not RunState.SUCCEEDED:
        return []
    figures = [(each, case.run.report.get(each.figure)) for each in case.facts.job.figures()]
    return [(each, value) for each, value in figures if value is None or not each.is_met_by(value)]


def _broken_short(expected: Expectation, value: float | None) -> str:
    if value is None:
        return f"no {expected.figure}"
    return f"{expected.figure} {number(value)} {_BROKEN[expected.operator]} {number(expected.number)}"


def _broken_long(expected: Expectation, value: float | None) -> str:
    wanted = f"expected {_IN_WORDS[expected.operator]} {number(expected.number)}"
    return f"{expected.figure} {f'= {number(value)}' if value is not None else 'was not reported'}, {wanted}"
