"""What becomes of one job's incident: each table is one rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallofshame.model import IncidentKind
from hallofshame.rules import incidents
from hallofshame.rules.incidents import TOLD, Decision, Event, JobState, Policy

pytestmark = pytest.mark.unit

D = Decision  # short, in tables
BEGAN_AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# One letter a run, one run a minute.
KINDS = {
    "S": None,
    "F": IncidentKind.FAILED,
    "T": IncidentKind.TIMED_OUT,
    "K": IncidentKind.SKIPPED,
}


def event(number: int, letter: str, *, run_id: str | None = None, hangs: bool = False) -> Event:
    run_id = run_id or f"run-{number}"
    at = BEGAN_AT + number * MINUTE
    return Event("collect", at, KINDS[letter], new_id=f"incident-{number}", run_id=run_id, hangs=hangs)


def play(
    runs: str, policy: Policy | None = None, state: JobState | None = None, *, is_held_back: bool = False
) -> tuple[JobState, list[Decision]]:
    """Where a job stands after its runs, and what was decided at each; what is to be told is told, unless held back."""
    policy, state = policy or Policy(), state or JobState()
    decisions = []
    for number, letter in enumerate(runs):
        state, decision = incidents.step(state, event(number, letter), policy)
        decisions.append(decision)
        if decision in TOLD and state.incident and not is_held_back:
            incident = incidents.told(state.incident, decision, policy, event(number, letter).at, by_own_mail=True)
            state = replace(state, incident=incident)
    return state, decisions


# Rule: the failure number alert_after in a row opens the incident.
@pytest.mark.parametrize(
    ("alert_after", "runs", "decisions"),
    [
        (1, "F", [D.OPENED]),
        (1, "SF", [D.QUIET, D.OPENED]),
        (3, "FF", [D.BELOW_THRESHOLD, D.BELOW_THRESHOLD]),
        (3, "FFF", [D.BELOW_THRESHOLD, D.BELOW_THRESHOLD, D.OPENED]),
        (3, "FTF", [D.BELOW_THRESHOLD, D.BELOW_THRESHOLD, D.OPENED]),
        (3, "FFSFF", [D.BELOW_THRESHOLD, D.BELOW_THRESHOLD, D.QUIET, D.BELOW_THRESHOLD, D.BELOW_THRESHOLD]),
    ],
)
def test_the_failure_number_alert_after_in_a_row_opens_an_incident(
    alert_after: int, runs: str, decisions: list[Decision]
) -> None:
    assert play(runs, Policy(alert_after=alert_after))[1] == decisions


# Rule: an incident began with the first of its failures, and counts each.
@pytest.mark.parametrize(
    ("alert_after", "runs", "first", "failures"),
    [(1, "SF", 1, 1), (1, "SFFFF", 1, 4), (3, "SFFF", 1, 3), (3, "SFFSFFFF", 4, 4), (1, "FSSF", 3, 1)],
)
def test_an_incident_is_as_old_as_its_first_failure_and_counts_each(
    alert_after: int, runs: str, first: int, failures: int
) -> None:
    incident = play(runs, Policy(alert_after=alert_after))[0].incident
    assert incident is not None
    assert (incident.opened_at, incident.failures) == (BEGAN_AT + first * MINUTE, failures)


def test_an_incident_shows_the_newest_of_its_failures() -> None:
    incident = play("FTF")[0].incident
    assert incident is not None
    assert (incident.incident_id, incident.run_id, incident.kind) == ("incident-0", "run-2", IncidentKind.FAILED)


# Rule: the success number recover_after in a row ends the incident.
@pytest.mark.parametrize(
    ("recover_after", "runs", "decisions"),
    [
        (1, "FS", [D.OPENED, D.RECOVERED]),
        (3, "FSSS", [D.OPENED, D.RECOVERING, D.RECOVERING, D.RECOVERED]),
        (3, "FSSFSS", [D.OPENED, D.RECOVERING, D.RECOVERING, D.KNOWN, D.RECOVERING, D.RECOVERING]),
        (1, "FSS", [D.OPENED, D.RECOVERED, D.QUIET]),
    ],
)
def test_the_success_number_recover_after_in_a_row_ends_an_incident(
    recover_after: int, runs: str, decisions: list[Decision]
) -> None:
    state, decided = play(runs, Policy(recover_after=recover_after))
    assert decided == decisions
    assert (state.incident is None) is (decisions[-1] in {D.RECOVERED, D.QUIET})


# Rule: a kind that this incident has not been told of yet is news; going back to one is not.
@pytest.mark.parametrize(
    ("runs", "decisions"),
    [
        ("FF", [D.OPENED, D.KNOWN]),
        ("FT", [D.OPENED, D.KIND_CHANGED]),
        ("FTFT", [D.OPENED, D.KIND_CHANGED, D.KNOWN, D.KNOWN]),
        ("FTST", [D.OPENED, D.KIND_CHANGED, D.RECOVERED, D.OPENED]),
    ],
)
def test_a_change_of_kind_is_told_once_a_kind_and_incident(runs: str, decisions: list[Decision]) -> None:
    assert play(runs)[1] == decisions


# Rule: skips are tolerated twice in a row, and are then a failure.
@pytest.mark.parametrize(
    ("runs", "decisions"),
    [
        ("KK", [D.TOLERATED_SKIP, D.TOLERATED_SKIP]),
        ("KKK", [D.TOLERATED_SKIP, D.TOLERATED_SKIP, D.OPENED]),
        ("KKSKK", [D.TOLERATED_SKIP, D.TOLERATED_SKIP, D.QUIET, D.TOLERATED_SKIP, D.TOLERATED_SKIP]),
        ("KKKK", [D.TOLERATED_SKIP, D.TOLERATED_SKIP, D.OPENED, D.KNOWN]),
        ("FKKK", [D.OPENED, D.TOLERATED_SKIP, D.TOLERATED_SKIP, D.KIND_CHANGED]),
    ],
)
def test_skips_are_tolerated_twice_in_a_row(runs: str, decisions: list[Decision]) -> None:
    assert play(runs)[1] == decisions


# Rule: at the third change of outcome within twenty runs the mail then due says so.
@pytest.mark.parametrize(
    ("policy", "runs", "decision"),
    [
        (Policy(), "FS", D.RECOVERED),
        (Policy(), "FSF", D.OPENED),
        (Policy(), "FSFS", D.FLAPPED),
        (Policy(), "SFS", D.RECOVERED),
        (Policy(), "SFSF", D.FLAPPED),
        (Policy(), "FFSSFFS", D.FLAPPED),
        (Policy(), "F" + "S" * 18 + "FS", D.RECOVERED),  # the first change is out of sight
        (Policy(), "F" + "S" * 17 + "FS", D.FLAPPED),
        (Policy(alert_after=3), "SFSF", D.BELOW_THRESHOLD),  # no mail is due
        (Policy(alert_after=3), "SFSFFF", D.FLAPPED),
        (Policy(alert_after=12), "SFS" + "F" * 12, D.OPENED),  # by now it is stable
        (Policy(recover_after=2), "FSFS", D.RECOVERING),
        (Policy(recover_after=2), "FSFSS", D.FLAPPED),
        (Policy(recover_after=2), "FSFST", D.FLAPPED),
    ],
)
def test_the_mail_due_at_the_third_change_of_outcome_is_flapping(policy: Policy, runs: str, decision: Decision) -> None:
    assert play(runs, policy)[1][-1] is decision


# Rule: what flaps is quiet until ten runs in a row had one outcome; then one mail says which.
@pytest.mark.parametrize(("last", "is_over"), [("S", True), ("F", False)])
@pytest.mark.parametrize("before", ["FSFS", "SFSF"])
def test_what_flaps_is_quiet_until_ten_runs_were_alike(before: str, last: str, *, is_over: bool) -> None:
    alike = last * (9 if before.endswith(last) else 10)
    state, decisions = play(before + alike)
    assert decisions[3:] == [D.FLAPPED, *[D.STILL_FLAPPING] * (len(alike) - 1), D.SETTLED]
    assert (state.incident is None) is is_over
    assert play("F" if is_over else "S", state=state)[1] == [D.OPENED if is_over else D.RECOVERED]


# Rule: a run that hangs is over with its own end, whatever other runs of its job do meanwhile; it fails only once.
def test_a_hanging_run_is_not_ended_by_the_success_of_another() -> None:
    events = {
        event(0, "F", run_id="a", hangs=True): D.OPENED,
        event(1, "F", run_id="b", hangs=True): D.KNOWN,
        event(2, "S", run_id="c"): D.ANOTHER_RUN_HANGS,
        event(3, "T", run_id="a"): D.KIND_CHANGED,
        event(4, "S", run_id="d"): D.ANOTHER_RUN_HANGS,
        event(5, "T", run_id="b"): D.KNOWN,
    }
    state = JobState()
    for each, decision in events.items():
        state, decided = incidents.step(state, each, Policy())
        assert decided is decision
        if state.incident and decided in TOLD:
            told = incidents.told(state.incident, decided, Policy(), each.at, by_own_mail=True)
            state = replace(state, incident=told)
    assert state.incident is not None
    assert state.incident.failures == 2
    assert incidents.step(state, event(6, "S"), Policy())[1] is D.RECOVERED


def test_a_hanging_run_ends_its_incident_when_it_succeeds_after_all() -> None:
    state, _ = incidents.step(JobState(), event(0, "F", run_id="a", hangs=True), Policy())
    assert incidents.step(state, event(1, "S", run_id="b"), Policy())[1] is D.ANOTHER_RUN_HANGS
    assert incidents.step(state, event(1, "S", run_id="a"), Policy())[0].incident is None


# Rule: nobody is told of the end of what he was not told of.
@pytest.mark.parametrize("runs", ["FS", "FFS"])
def test_an_incident_that_ends_untold_is_over_without_a_word(runs: str) -> None:
    state, decisions = play(runs, is_held_back=True)
    assert decisions[-1] is D.RECOVERED_UNTOLD
    assert state.incident is None


# Rule: what an incident has become and was not told stays due.
@pytest.mark.parametrize(
    ("told", "held_back", "decision"),
    [
        ("", "F", D.OPENED),
        ("F", "T", D.KIND_CHANGED),
        ("", "FSFS", D.FLAPPED),
        ("", "FSFSF", D.FLAPPED),
        ("F", "SFS", D.FLAPPED),
        ("FSFS", "F" * 10, D.SETTLED),
        ("", "FSFS" + "F" * 10, D.OPENED),
    ],
)
def test_what_was_held_back_stays_due_while_it_is_true(told: str, held_back: str, decision: Decision) -> None:
    state, _ = play(told)
    state, decisions = play(held_back, state=state, is_held_back=True)
    assert decisions[-1] is decision
    assert incidents.due(state, BEGAN_AT) is decision


# Rule: reminders are counted from the first mail; the last length comes again and again; none comes too soon.
@pytest.mark.parametrize(
    ("lengths", "told_after", "moments"),
    [
        ((HOUR, 4 * HOUR, DAY), None, [HOUR, 4 * HOUR, DAY, 2 * DAY, 3 * DAY]),
        ((HOUR,), None, [HOUR, 2 * HOUR, 3 * HOUR]),
        ((), None, []),
        ((HOUR, 4 * HOUR, DAY), 30 * MINUTE, [90 * MINUTE, 4 * HOUR, DAY]),  # told of another kind meanwhile
        ((HOUR, 4 * HOUR, DAY), 210 * MINUTE, [HOUR, 270 * MINUTE, DAY]),
    ],
)
def test_reminders_come_1_and_4_hours_after_the_first_mail_and_then_daily(
    lengths: tuple[timedelta, ...], told_after: timedelta | None, moments: list[timedelta]
) -> None:
    policy = Policy(reminders=lengths)
    state, _ = play("F", policy)
    reminded = []
    for minutes in range(1, 24 * 60 * 4):
        after = minutes * MINUTE
        decision = incidents.due(state, BEGAN_AT + after)
        if after == told_after:
            decision = D.KIND_CHANGED
        elif decision is D.REMINDED:
            reminded.append(after)
        else:
            assert decision is D.NOT_DUE
            continue
        assert state.incident is not None
        told = incidents.told(state.incident, decision, policy, BEGAN_AT + after, by_own_mail=True)
        state = replace(state, incident=told)
    assert reminded[: len(moments)] == moments
    assert bool(reminded) is bool(lengths)


# Rule: who has acknowledged is not reminded; a snooze ends by itself; what flaps is quiet.
def test_why_nobody_is_reminded() -> None:
    state, _ = play("F")
    assert state.incident is not None
    due_at = BEGAN_AT + HOUR
    acknowledged = replace(state, incident=replace(state.incident, acknowledged_at=BEGAN_AT))
    snoozed = replace(state, incident=replace(state.incident, snoozed_until=due_at + HOUR))
    assert incidents.due(JobState(), due_at) is None
    assert incidents.due(state, due_at - MINUTE) is D.NOT_DUE
    assert incidents.due(state, due_at) is D.REMINDED
    assert incidents.due(acknowledged, due_at) is D.ACKNOWLEDGED
    assert incidents.due(snoozed, due_at) is D.SNOOZED
    assert incidents.due(snoozed, due_at + HOUR) is D.REMINDED
    assert incidents.due(play("FSFS")[0], due_at + DAY) is D.STILL_FLAPPING


def test_a_reminder_of_what_flaps_says_so() -> None:
    assert incidents.due(play("FSFS", Policy(recover_after=2))[0], BEGAN_AT + DAY) is D.FLAPPED


def test_an_acknowledged_incident_is_told_when_it_is_over() -> None:
    state, _ = play("F")
    assert state.incident is not None
    acknowledged = replace(state, incident=replace(state.incident, acknowledged_at=BEGAN_AT))
    assert play("S", state=acknowledged)[1] == [D.RECOVERED]


OPENS, ENDS = {D.OPENED, D.FLAPPED}, {D.RECOVERED, D.RECOVERED_UNTOLD, D.SETTLED}


@given(
    runs=st.text("SFTK", max_size=60),
    alert_after=st.integers(1, 4),
    recover_after=st.integers(1, 12),
    is_held_back=st.booleans(),
)
def test_an_incident_begins_and_ends_with_a_decision(
    runs: str, alert_after: int, recover_after: int, *, is_held_back: bool
) -> None:
    policy, state = Policy(alert_after, recover_after), JobState()
    for letter in runs:
        before = state
        state, (decision,) = play(letter, policy, state, is_held_back=is_held_back)
        if (before.incident is None) is not (state.incident is None):
            assert decision in (OPENS if state.incident else ENDS)
        assert len(state.outcomes) <= incidents.OUTCOMES_KEPT


@given(st.text("SF", max_size=60), st.text("SF", max_size=60))
def test_ten_runs_alike_say_how_a_job_stands_whatever_went_before(before: str, runs: str) -> None:
    state, _ = play(before + runs)
    assert play("S" * 10, state=state)[0].incident is None
    broken = play("F" * 10, state=state)[0].incident
    assert broken is not None
    assert not broken.is_flapping
