"""What an alert mail says, in the order in which it is read. Pure, and plain text: how it looks is `composing`'s.

Whatever is not known is left out; what is only likely ends with a question mark.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from hallofshame.alerts import kinds
from hallofshame.alerts.facts import Facts, Links
from hallofshame.alerts.kinds import Case, Harm, Step, quoted
from hallofshame.alerts.output import Output, error_line, output_of
from hallofshame.alerts.words import KIND_WORDS, STATE_WORDS, clock, clocks, lasted, length, number, short, size, some
from hallofshame.model import IncidentKind, Run, RunState
from hallofshame.rules.alerting import STORM_WITHIN, Storm, Telling, Word
from hallofshame.rules.incidents import ANNOUNCEMENTS, STABLE_RUNS, Decision

DISK_FULL_PERCENT = 95
FRESH_RELEASE = timedelta(hours=24)  # one deployed so shortly before the trouble is suspect
ON_TIME_SECONDS = 60


class Tone(Enum):
    """How a mail is meant."""

    BAD = "bad"
    ODD = "odd"
    GOOD = "good"
    CALM = "calm"


@dataclass(frozen=True, slots=True)
class Row:
    """One of several jobs or changes, and how it stands."""

    about: str
    state: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of the last runs."""

    word: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Content:
    """One mail. `state` begins the subject and heads the mail; `why`: why you got it, and what comes next."""

    tone: Tone
    state: str
    about: str
    subject: str
    sentence: str
    why: str
    background: str | None = None
    error_line: str | None = None
    impact: str | None = None
    rows: tuple[Row, ...] = ()
    steps: tuple[Step, ...] = ()
    next_run: str | None = None
    links: Links | None = None
    facts: tuple[tuple[str, str], ...] = ()
    last_runs: tuple[Outcome, ...] = ()
    output: Output | None = None


def content(telling: Telling, facts: Facts, now: datetime) -> Content:
    """Everything that one mail says."""
    if telling.storm is not None:
        return _storm(telling.word, telling.storm, facts, now)
    if telling.job is None or telling.incident is None:
        return _digest(telling, facts)
    case = Case(telling.job, telling.incident, facts, now)
    if telling.word is Word.OK_AGAIN:
        return _ok_again(case)
    if telling.word is Word.FLAPPING:
        return _flapping(case)
    return _still(case) if telling.word is Word.STILL else _opened(case)


def _opened(case: Case) -> Content:
    kind, word = kinds.of(case.incident.kind), KIND_WORDS[case.incident.kind]
    return _of_incident(case, word, f"{word} {case.job}{kind.note(case)}", kinds.sentence(case))


def _still(case: Case) -> Content:
    incident = case.incident
    word = kinds.still_word(incident.kind)
    age = case.now - incident.opened_at
    state = f"{word} {short(age)}" + (f" (x{incident.failures})" if incident.failures > 1 else "")
    sentence = f"For {lasted(age)} now: {kinds.sentence(case)}"
    return _of_incident(case, state, f"{state} {case.job}", sentence)


def _of_incident(case: Case, state: str, subject: str, sentence: str) -> Content:
    kind = kinds.of(case.incident.kind)
    return Content(
        tone=Tone.BAD if kind.is_urgent else Tone.ODD,
        state=state,
        about=f"{case.job} on {case.facts.host}",
        subject=f"{subject} {case.facts.host}",
        sentence=sentence,
        background=_background(case),
        error_line=error_line(case.run) if kind.has_error_line else None,
        impact=_impact(case),
        steps=tuple(_steps(case)),
        next_run=_next_run(case),
        links=None if case.incident.kind in ANNOUNCEMENTS else case.facts.links,
        facts=tuple(_facts(case)),
        last_runs=_last_runs(case.facts),
        output=output_of(case.run, is_attached=bool(case.facts.full_output)),
        why=f"{_recipient(case)} {_what_comes(case)} To hear nothing of it: hos mute {quoted(case.job)} 2h",
    )


def _flapping(case: Case) -> Content:
    return Content(
        tone=Tone.ODD,
        state="FLAPPING",
        about=f"{case.job} on {case.facts.host}",
        subject=f"FLAPPING {case.job} {case.facts.host}",
        sentence=f"{case.job} fails and succeeds in turn.",
        background=f"Last failure: {kinds.sentence(case)}{_last_success(case)}",
        error_line=error_line(case.run) if kinds.of(case.incident.kind).has_error_line else None,
        impact=_impact(case, "Each time: "),
        steps=tuple(_steps(case)),
        next_run=_next_run(case),
        links=case.facts.links,
        facts=tuple(_facts(case)),
        last_runs=_last_runs(case.facts),
        output=output_of(case.run, is_attached=bool(case.facts.full_output)),
        why=f"{_recipient(case)} No more mails about it until {STABLE_RUNS} runs in a row end alike; then one.",
    )


def _ok_again(case: Case) -> Content:
    incident, job = case.incident, case.job
    ended = lasted(case.now - incident.opened_at)
    if incident.is_flapping:
        sentence = f"{job} is steady again: {STABLE_RUNS} runs in a row succeeded."
        background = f"It failed {some(incident.failures, 'time')} within {ended}."
    else:
        sentence = f"{job} works again since {clock(case.now, case.now)}."
        background = f"Before that: {KIND_WORDS[incident.kind]}, {some(incident.failures, 'time')} in {ended}"
        background += "." if incident.acknowledged_at else "; nobody acknowledged."
    if incident.acknowledged_at:
        background += f" Acknowledged at {clock(incident.acknowledged_at, case.now)}."
    return Content(
        tone=Tone.GOOD,
        state="OK again",
        about=f"{job} on {case.facts.host}",
        subject=f"OK again {job} {case.facts.host}",
        sentence=sentence,
        background=background,
        impact=_impact(case, f"From {clock(incident.opened_at, case.now)} to {clock(case.now, case.now)}: "),
        steps=(Step("Nothing to do. To look back", f"hos runs {quoted(job)}"),),
        next_run=_next_run(case),
        facts=tuple(_surroundings(case.facts, case.now)),
        last_runs=_last_runs(case.facts),
        why=f"{_recipient(case)} This ends the thread.",
    )


def _background(case: Case) -> str | None:
    incident, now = case.incident, case.now
    told_before = [KIND_WORDS[kind] for kind in incident.told_kinds if kind is not incident.kind]
    count = f"{incident.failures} times since {clock(incident.opened_at, now)} ({lasted(now - incident.opened_at)})."
    parts = [
        count if incident.failures > 1 else "First time." if case.facts.last_success_at else "",
        f"Before that: {', '.join(told_before)}." if told_before else "",
        _last_success(case).strip(),
        _fresh_release(case),
    ]
    return " ".join(filter(None, parts)) or None


def _last_success(case: Case) -> str:
    at = case.facts.last_success_at
    return f" Last success {clock(at, case.now)} ({lasted(case.now - at)} ago)." if at else ""


def _fresh_release(case: Case) -> str:
    deployed_at = case.facts.deployed_at
    if deployed_at is None or not timedelta(0) <= case.incident.opened_at - deployed_at <= FRESH_RELEASE:
        return ""
    return f"A new release came {lasted(case.incident.opened_at - deployed_at)} before."


def _impact(case: Case, when: str = "") -> str | None:
    """What the job's failure means, where it has failed, or may have for all that is known."""
    harm = kinds.of(case.incident.kind).harm
    if case.facts.job is None or harm is Harm.NONE:
        return None
    return f"{when or harm.value}{' '.join(case.facts.job.impact.split())}"


def _steps(case: Case) -> Iterator[Step]:
    if case.facts.database_problem:
        yield Step("The database does not answer: begin there", "hos doctor")
    yield from kinds.steps(case)
    if case.facts.job:
        yield Step("Runbook", place=case.facts.job.runbook)


def _next_run(case: Case) -> str | None:
    at = case.facts.next_due_at
    return f"It runs again by itself at {clocks(at, case.now, case.zone)}." if at else None


def _facts(case: Case) -> Iterator[tuple[str, str]]:
    run = case.run
    if run is not None:
        yield "Run", run.run_id
        yield "Started", _started(run, case)
        if run.state is not RunState.NOT_STARTED and (took := _took(run, case)):
            yield "Took", took
        if used := _used(run):
            yield "Used", used
        if run.report:
            yield "Report", "  ".join(f"{name}={number(value)}" for name, value in run.report.items())
        if run.release:
            deployed = case.facts.deployed_at
            yield "Release", run.release + (f", deployed {lasted(case.now - deployed)} ago" if deployed else "")
        if run.reason and "; " in run.reason:
            yield "Noted", run.reason
    yield from _surroundings(case.facts, case.now)


def _started(run: Run, case: Case) -> str:
    late = run.lateness_seconds
    how = "" if late is None else ", on time" if late < ON_TIME_SECONDS else f", {length(late)} late"
    return f"{clocks(run.started_at, case.now, case.zone)}{how}"


def _took(run: Run, case: Case) -> str:
    """How long, against what is usual and what is allowed."""
    usual, slow = case.facts.p50_seconds, case.facts.p95_seconds
    retries = case.facts.job.retries if case.facts.job else 0
    parts = [
        length(run.duration_seconds) if run.duration_seconds is not None else "",
        f"usually {length(usual)}" + (f" (p95 {length(slow)})" if slow is not None else "")
        if usual is not None
        else "",
        f"limit {case.limit}" if case.limit else "",
        f"attempt {run.attempts} of {retries + 1}" if retries or run.attempts > 1 else "",
    ]
    return ", ".join(filter(None, parts))


def _used(run: Run) -> str:
    parts = [
        f"CPU {length(run.cpu_seconds)}" if run.cpu_seconds is not None else "",
        f"memory {size(run.peak_memory_bytes)}" if run.peak_memory_bytes else "",
        f"output {size(run.output_bytes)}" if run.output_bytes else "",
    ]
    return ", ".join(filter(None, parts))


def _surroundings(facts: Facts, now: datetime) -> Iterator[tuple[str, str]]:
    if facts.day_counts:
        succeeded, failed, skipped = facts.day_counts
        yield "24 hours", f"{succeeded} ok, {failed} failed, {skipped} skipped"
    others = [f"{each.job} {KIND_WORDS[each.kind]} since {clock(each.since, now)}" for each in facts.others]
    yield "Also wrong", "; ".join(others) or "nothing"
    problem = facts.database_problem
    yield "Database", f"does not answer: {problem}" if problem else "answers"
    host = [facts.host]
    if facts.disk_used_percent is not None:
        host.append(f"disk {facts.disk_used_percent} % used")
    if facts.waiting_mails:
        host.append(f"{some(facts.waiting_mails, 'other mail')} could not leave yet")
    yield "Host", ", ".join(host)


def _last_runs(facts: Facts) -> tuple[Outcome, ...]:
    return tuple(Outcome(STATE_WORDS[state], _TONES.get(state, Tone.BAD)) for state in facts.last_states)


_TONES = {RunState.SUCCEEDED: Tone.GOOD, RunState.RUNNING: Tone.CALM, RunState.SKIPPED: Tone.CALM}


def _recipient(case: Case) -> str:
    named = case.facts.job is not None and case.facts.job.recipients
    return f"You get this because jobs.toml names you for {case.job}." if named else _HOS_ALERT_TO


_HOS_ALERT_TO = "You get this because HOS_ALERT_TO names you."


def _what_comes(case: Case) -> str:
    reminder = case.incident.next_reminder_at
    if case.incident.kind in ANNOUNCEMENTS:
        return "It is over; no more mails follow."
    if reminder is None:
        return "No reminder follows, only a mail when it is over."
    return f"Next reminder {clock(reminder, case.now)}, until it works again or somebody acknowledges."


# Mails about many jobs.


def _storm(word: Word, storm: Storm, facts: Facts, now: datetime) -> Content:
    jobs, open_jobs = _storm_jobs(storm, facts), sorted({storm.members[each] for each in storm.open_members})
    cause = _root_cause(open_jobs if word is Word.STORM_STILL else jobs, facts)
    count, age = some(len(jobs), "job"), now - storm.began_at
    since = f"since {clock(storm.began_at, now)}"
    if word is Word.STORM_OVER:
        state, about, sentence = "STORM over", count, f"What went wrong at once works again: {', '.join(jobs)}."
        background = f"It lasted {lasted(age)}, {since}."
    elif word is Word.STORM_STILL:
        state, about = f"STORM STILL {short(age)}", f"{len(open_jobs)} of {count}"
        sentence = f"After {lasted(age)} still wrong: {', '.join(open_jobs)}."
        background = cause.sentence
    else:
        state, about, sentence = "STORM", count, cause.sentence
        background = f"{count} say{'s' if len(jobs) == 1 else ''} so {since}, and are told together from here on."
    is_over = word is Word.STORM_OVER
    subject = f"{state} {cause.short}, {about}" if cause.short and not is_over else f"{state}, {about}"
    return Content(
        tone=Tone.GOOD if is_over else Tone.BAD,
        state=state,
        about=f"{about} on {facts.host}",
        subject=f"{subject} {facts.host}",
        sentence=sentence,
        background=background,
        impact=None if is_over else cause.impact,
        rows=() if is_over else tuple(_storm_rows(storm, facts, now)),
        steps=_LOOK_BACK
        if is_over
        else (Step(cause.step, "hos doctor"), Step("See how each job stands", "hos status")),
        facts=tuple((label, value) for label, value in _surroundings(facts, now) if label != "Also wrong"),
        why=f"{_HOS_ALERT_TO} {_storm_what_comes(word, storm, now)}",
    )


_LOOK_BACK = (Step("Nothing to do. To look back", "hos status"),)


@dataclass(frozen=True, slots=True)
class _Cause:
    """What the jobs of a storm have in common: for the subject, as a sentence, and where to begin."""

    short: str | None
    sentence: str
    step: str
    impact: str | None = None


def _root_cause(jobs: list[str], facts: Facts) -> _Cause:
    kinds = {each.kind for each in facts.others if each.job in jobs}
    host, disk = facts.host, facts.disk_used_percent
    if facts.database_problem:
        return _Cause(
            short="database down",
            sentence=f"The database does not answer ({facts.database_problem}).",
            step="Begin with the database",
            impact="Jobs run on; their runs wait on this host and are entered when it is back.",
        )
    if disk is not None and disk >= DISK_FULL_PERCENT:
        return _Cause(f"disk {disk} % full", f"The disk of {host} is {disk} % full.", "Make room; check the host")
    if kinds and kinds <= {IncidentKind.INTERRUPTED, IncidentKind.LOST}:
        return _Cause("host stopped?", f"Did {host} stop or restart? Its runs were cut off.", "Check the host")
    if kinds and kinds <= {IncidentKind.MISSED, IncidentKind.LATE}:
        return _Cause("cron stopped?", f"Does cron run on {host}? Nothing started in time.", "Check cron and the host")
    step = "Look for what they share: network, disk, host, release"
    if len(kinds) == 1:
        word = KIND_WORDS[kinds.pop()]
        return _Cause(f"all {word}", f"{some(len(jobs), 'job')} went wrong at once, all {word}.", step)
    return _Cause(None, f"{some(len(jobs), 'job')} went wrong at once.", step)


def _storm_jobs(storm: Storm, facts: Facts) -> list[str]:
    """Its members, and those that were told one by one when it was about to begin."""
    before = (each.job for each in facts.others if abs(storm.began_at - each.since) <= STORM_WITHIN)
    return sorted({*storm.members.values(), *before})


def _storm_rows(storm: Storm, facts: Facts, now: datetime) -> Iterator[Row]:
    told = {each.job: each for each in facts.others}
    open_jobs = {storm.members[each] for each in storm.open_members}
    for job in _storm_jobs(storm, facts):
        if job in told:
            yield Row(job, f"{KIND_WORDS[told[job].kind]} since {clock(told[job].since, now)}")
        else:
            yield Row(job, "still wrong" if job in open_jobs else "OK again")


def _storm_what_comes(word: Word, storm: Storm, now: datetime) -> str:
    if word is Word.STORM_OVER:
        return "This ends the thread."
    until = f"what else opens until {clock(storm.until, now)} joins it" if now < storm.until else ""
    reminder = f"next reminder {clock(storm.next_reminder_at, now)}" if storm.next_reminder_at else ""
    return "; ".join(filter(None, ("One mail when all is over", reminder, until))) + "."


def _digest(telling: Telling, facts: Facts) -> Content:
    count = len(telling.overflow)
    return Content(
        tone=Tone.CALM,
        state="DIGEST",
        about=f"all jobs on {facts.host}",
        subject=f"DIGEST {some(count, 'change')} not mailed one by one {facts.host}",
        sentence=f"{some(count, 'change')} had no room among the mails of an hour.",
        rows=tuple(_digest_row(line) for line in telling.overflow),
        steps=(Step("See how each job stands now", "hos status"),),
        facts=tuple(_surroundings(facts, telling.at)),
        why=_HOS_ALERT_TO,
    )


def _digest_row(change: str) -> Row:
    """`WHAT: WHY`, as `alerting` writes it; a decision in the words of mails."""
    about, _, reason = change.partition(": ")
    return Row(about, _DIGEST_WORDS.get(reason, reason))


_DIGEST_WORDS = {
    Decision.OPENED.value: "went wrong",
    Decision.KIND_CHANGED.value: "fails in another way",
    Decision.REMINDED.value: "still wrong",
    Decision.FLAPPED.value: "FLAPPING",
    Decision.SETTLED.value: "steady again",
    Decision.RECOVERED.value: "OK again",
    Decision.ANNOUNCED.value: "happened",
}
