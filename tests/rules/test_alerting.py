"""Which mails follow from what happens to all jobs: each test is one rule, the last ones hold for every history."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallofshame.model import IncidentKind
from hallofshame.rules import alerting
from hallofshame.rules.alerting import Alerts, Change, Telling, Verdict, Word
from hallofshame.rules.incidents import Decision, Event, Policy

pytestmark = pytest.mark.unit

BEGAN_AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FAILED, TIMED_OUT = IncidentKind.FAILED, IncidentKind.TIMED_OUT


@dataclass
class World:
    """Jobs that run while time passes, and every mail and change that followed."""

    alerts: Alerts = field(default_factory=Alerts)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    now: datetime = BEGAN_AT
    tellings: list[Telling] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    undelivered: frozenset[str] = frozenset()
    events: int = 0

    @property
    def words(self) -> list[Word]:
        return [telling.word for telling in self.tellings]

    @property
    def decisions(self) -> list[Decision]:
        return [change.decision for change in self.changes]

    def run(self, job: str, kind: IncidentKind | None, *, hangs: bool = False) -> None:
        self.events += 1
        event = Event(job, self.now, kind, f"i{self.events}", run_id=f"r{self.events}", hangs=hangs)
        self._follow(alerting.judge(self.alerts, event, self.policies.get(job, Policy()), self.now))

    def fail(self, *jobs: str) -> None:
        for job in jobs:
            self.run(job, FAILED)

    def succeed(self, *jobs: str) -> None:
        for job in jobs:
            self.run(job, None)

    def tick(self) -> None:
        self._follow(alerting.tick(self.alerts, self.policies, self.now, self.undelivered))

    def wait(self, length: timedelta, every: timedelta = MINUTE) -> None:
        """Let time pass with the watcher's ticks; nothing runs."""
        until = self.now + length
        while self.now < until:
            self.now = min(self.now + every, until)
            self.tick()

    def told(self) -> list[tuple[Word, timedelta]]:
        return [(telling.word, telling.at - BEGAN_AT) for telling in self.tellings]

    def _follow(self, verdict: Verdict) -> None:
        self.alerts = verdict.alerts
        self.tellings += verdict.tellings
        self.changes += verdict.changes


@pytest.fixture
def world() -> World:
    return World()


# --- One job ---


def test_a_failure_is_told_and_its_recovery_in_the_same_thread(world: World) -> None:
    world.fail("a")
    world.wait(10 * MINUTE)
    world.succeed("a")
    assert world.told() == [(Word.INCIDENT, 0 * MINUTE), (Word.OK_AGAIN, 10 * MINUTE)]
    assert [(telling.thread_id, telling.sequence) for telling in world.tellings] == [("i1", 0), ("i1", 1)]
    assert [(change.decision, change.is_over) for change in world.changes] == [
        (Decision.OPENED, False),
        (Decision.RECOVERED, True),
    ]


def test_a_recovery_knows_for_how_long_and_how_often_a_job_failed(world: World) -> None:
    for _ in range(3):
        world.fail("a")
        world.wait(10 * MINUTE)
    world.succeed("a")
    incident = world.tellings[-1].incident
    assert incident is not None
    assert (incident.opened_at, incident.failures) == (BEGAN_AT, 3)


def test_a_success_of_a_job_that_was_well_is_one_quiet_change(world: World) -> None:
    world.succeed("a")
    assert world.changes == [Change("a", BEGAN_AT, Decision.QUIET, None)]
    assert not world.tellings


# Rule: reminders after 1 h, 4 h, then daily, whatever the job does meanwhile.
def test_an_incident_that_lasts_is_told_again_after_1_and_4_hours_and_then_daily(world: World) -> None:
    world.fail("a")
    world.wait(3 * DAY)
    assert world.told() == [
        (Word.INCIDENT, 0 * HOUR),
        (Word.STILL, 1 * HOUR),
        (Word.STILL, 4 * HOUR),
        (Word.STILL, 24 * HOUR),
        (Word.STILL, 48 * HOUR),
        (Word.STILL, 72 * HOUR),
    ]


@pytest.mark.parametrize("every", [SECOND, MINUTE, 10 * MINUTE, 30 * MINUTE])
def test_200_failing_runs_are_at_most_4_mails_on_the_first_day_and_then_one_a_day(
    world: World, every: timedelta
) -> None:
    for number in range(200):
        world.fail("a")
        world.wait(every, every)
        if number == 100:
            told = len(world.tellings)
            world.fail("b")
            assert (world.tellings[-1].job, len(world.tellings)) == ("b", told + 1)
            world.succeed("b")
    mails = [telling.at - BEGAN_AT for telling in world.tellings if telling.job == "a"]
    assert sum(at <= DAY for at in mails) <= 4
    assert all(sum(at // DAY == day for at in mails) == 1 for day in range(1, (200 * every) // DAY))


# Rule: ack stops reminders, not the recovery mail, nor that it fails in another way.
def test_an_acknowledged_incident_is_told_again_only_when_it_changes_or_ends(world: World) -> None:
    world.fail("a")
    world.alerts = alerting.acknowledge(world.alerts, "a", world.now)
    world.wait(2 * DAY, HOUR)
    world.run("a", TIMED_OUT)
    world.wait(2 * DAY, HOUR)
    world.succeed("a")
    assert world.words == [Word.INCIDENT, Word.INCIDENT, Word.OK_AGAIN]


# Rule: a snooze ends by itself, and what fell due meanwhile is told then.
def test_what_fell_due_in_a_snooze_is_told_when_it_ends(world: World) -> None:
    world.fail("a")
    world.alerts = alerting.snooze(world.alerts, "a", BEGAN_AT + 90 * MINUTE)
    world.wait(3 * HOUR)
    assert world.told() == [(Word.INCIDENT, 0 * MINUTE), (Word.STILL, 90 * MINUTE)]


def test_nothing_is_acknowledged_or_snoozed_where_nothing_is_wrong(world: World) -> None:
    assert alerting.acknowledge(world.alerts, "a", world.now) == world.alerts
    assert alerting.snooze(world.alerts, "a", world.now) == world.alerts


# Rule: a mute and a maintenance window hold everything back; what is still wrong afterwards is told then.
HOLD = {
    Decision.MUTED: lambda alerts, until: alerting.mute(alerts, "a", until),
    Decision.MAINTENANCE: alerting.maintenance,
}
Hold = Callable[[Alerts, datetime | None], Alerts]


@pytest.fixture(params=HOLD)
def held(request: pytest.FixtureRequest) -> tuple[Decision, Hold]:
    return request.param, HOLD[request.param]


def test_what_is_still_wrong_after_a_mute_or_maintenance_is_told_then(
    world: World, held: tuple[Decision, Hold]
) -> None:
    decision, hold = held
    world.alerts = hold(world.alerts, BEGAN_AT + HOUR)
    world.fail("a", "a")
    world.wait(2 * HOUR - MINUTE)
    assert world.told() == [(Word.INCIDENT, 1 * HOUR)]
    assert world.decisions == [decision, decision, Decision.OPENED]


def test_what_is_over_after_a_mute_or_maintenance_is_not_told(world: World, held: tuple[Decision, Hold]) -> None:
    decision, hold = held
    world.alerts = hold(world.alerts, BEGAN_AT + HOUR)
    world.fail("a")
    world.wait(30 * MINUTE)
    world.succeed("a")
    world.wait(HOUR)
    assert not world.tellings
    assert world.decisions == [decision, Decision.RECOVERED_UNTOLD]


def test_another_kind_within_a_mute_or_maintenance_is_told_afterwards(
    world: World, held: tuple[Decision, Hold]
) -> None:
    _, hold = held
    world.fail("a")
    world.alerts = hold(world.alerts, BEGAN_AT + 30 * MINUTE)
    world.run("a", TIMED_OUT)
    world.wait(HOUR)
    assert world.told() == [(Word.INCIDENT, 0 * MINUTE), (Word.INCIDENT, 30 * MINUTE)]
    assert world.decisions[-1] is Decision.KIND_CHANGED


def test_a_reminder_waits_for_the_end_of_a_mute_or_maintenance(world: World, held: tuple[Decision, Hold]) -> None:
    _, hold = held
    world.fail("a")
    world.alerts = hold(world.alerts, BEGAN_AT + 2 * HOUR)
    world.wait(5 * HOUR - MINUTE)
    assert world.told() == [(Word.INCIDENT, 0 * HOUR), (Word.STILL, 2 * HOUR), (Word.STILL, 4 * HOUR)]


def test_a_mute_or_maintenance_can_be_ended(world: World, held: tuple[Decision, Hold]) -> None:
    _, hold = held
    world.alerts = hold(world.alerts, BEGAN_AT + DAY)
    world.fail("a")
    world.alerts = hold(world.alerts, None)
    world.tick()
    assert world.words == [Word.INCIDENT]


def test_a_mute_concerns_one_job_alone(world: World) -> None:
    world.alerts = alerting.mute(world.alerts, "a", BEGAN_AT + HOUR)
    world.fail("a", "b")
    assert [telling.job for telling in world.tellings] == ["b"]


def test_flapping_within_a_mute_or_maintenance_is_told_afterwards(world: World, held: tuple[Decision, Hold]) -> None:
    _, hold = held
    world.fail("a")
    world.alerts = hold(world.alerts, BEGAN_AT + HOUR)
    for _ in range(3):
        world.succeed("a")
        world.fail("a")
    world.wait(2 * HOUR)
    assert world.words == [Word.INCIDENT, Word.FLAPPING]


# Rule: flapping is one mail, and one when it has settled.
@pytest.mark.parametrize("first", [FAILED, None])
@pytest.mark.parametrize("every", [SECOND, MINUTE, 10 * MINUTE])
def test_40_alternations_are_at_most_4_mails_one_of_them_flapping(
    world: World, first: IncidentKind | None, every: timedelta
) -> None:
    second = None if first else FAILED
    for _ in range(20):
        for kind in (first, second):
            world.run("a", kind)
            world.wait(every, every)
    assert len(world.tellings) <= 4
    assert world.words.count(Word.FLAPPING) == 1
    assert world.words[-1] is Word.FLAPPING


@pytest.mark.parametrize(("kind", "word"), [(None, Word.OK_AGAIN), (FAILED, Word.STILL)])
def test_what_flapped_is_told_once_more_when_it_has_settled(
    world: World, kind: IncidentKind | None, word: Word
) -> None:
    for _ in range(3):
        world.fail("a")
        world.succeed("a")
    told = len(world.tellings)
    for _ in range(11):
        world.run("a", kind)
        world.wait(MINUTE)
    assert world.words[told:] == [word]
    assert world.decisions.count(Decision.SETTLED) == 1


# Rule: a run that hangs is over with its own end.
def test_a_hanging_run_is_told_and_not_hidden_by_another_that_succeeds(world: World) -> None:
    world.run("a", IncidentKind.OVERDUE, hangs=True)
    world.succeed("a")
    world.wait(HOUR)
    assert world.words == [Word.INCIDENT, Word.STILL]


# Rule: what is announced leaves nothing open.
def test_that_the_watcher_was_blind_is_told_once_and_over_at_once(world: World) -> None:
    world.run("watch", IncidentKind.BLIND)
    world.succeed("watch")
    world.wait(2 * DAY, HOUR)
    assert world.words == [Word.INCIDENT]
    assert [(change.decision, change.is_over) for change in world.changes] == [
        (Decision.ANNOUNCED, True),
        (Decision.QUIET, False),
    ]


def test_an_announcement_leaves_an_open_incident_of_its_job_alone(world: World) -> None:
    world.fail("watch")
    before = world.alerts.jobs
    world.run("watch", IncidentKind.BLIND)
    assert world.alerts.jobs == before
    assert [(telling.thread_id, telling.sequence) for telling in world.tellings] == [("i1", 0), ("i2", 0)]


# Rule: nobody is reminded of a mail that has not left; reminders are due once it has.
def test_a_thread_that_was_not_delivered_is_not_reminded_of(world: World) -> None:
    world.fail("a")
    world.undelivered = frozenset(["i1"])
    world.wait(2 * HOUR)
    world.undelivered = frozenset()
    world.wait(4 * HOUR - MINUTE)
    assert world.told() == [(Word.INCIDENT, 0 * HOUR), (Word.STILL, 3 * HOUR), (Word.STILL, 4 * HOUR)]


# --- Storms ---


def test_five_jobs_that_fail_at_once_are_three_mails_the_last_one_a_storm(world: World) -> None:
    world.fail(*"abcde")
    world.wait(9 * MINUTE)
    assert world.words == [Word.INCIDENT, Word.INCIDENT, Word.STORM]
    assert world.decisions == [Decision.OPENED, Decision.OPENED, *[Decision.IN_STORM] * 3]


@pytest.mark.parametrize(("gap", "word"), [(29 * SECOND, Word.STORM), (31 * SECOND, Word.INCIDENT)])
def test_the_third_incident_within_a_minute_makes_a_storm(world: World, gap: timedelta, word: Word) -> None:
    for job in "abc":
        world.fail(job)
        world.now += gap
    assert world.words == [Word.INCIDENT, Word.INCIDENT, word]


def test_who_joins_a_storm_within_10_minutes_is_named_once_it_takes_in_no_more(world: World) -> None:
    world.fail(*"abcd")
    world.wait(9 * MINUTE)
    world.fail("e")
    assert len(world.tellings) == 3
    world.wait(MINUTE)
    late = world.tellings[-1]
    assert (late.word, late.at, late.sequence) == (Word.STORM, BEGAN_AT + 10 * MINUTE, 1)
    assert late.storm is not None
    assert set(late.storm.members.values()) == set("cde")
    world.fail("f")
    assert world.tellings[-1].job == "f"
    world.wait(30 * MINUTE)
    assert len(world.tellings) == 5


def test_a_storm_is_over_with_the_last_of_its_incidents_and_that_is_one_mail(world: World) -> None:
    world.fail(*"abcde")
    world.wait(5 * MINUTE)
    world.succeed(*"abcd")
    assert world.words[3:] == [Word.OK_AGAIN, Word.OK_AGAIN]  # of the two that were told as they came
    world.wait(20 * MINUTE)
    world.succeed("e")
    assert world.words[5:] == [Word.STORM, Word.STORM_OVER]
    assert [telling.sequence for telling in world.tellings if telling.storm] == [0, 1, 2]
    assert world.alerts.storm is None
    world.fail("c")
    assert world.words[-1] is Word.INCIDENT


def test_who_joined_late_and_is_well_again_is_named_with_the_end_alone(world: World) -> None:
    world.fail(*"abcd")
    world.succeed("d")
    world.wait(11 * MINUTE)
    assert len(world.tellings) == 3


def test_incidents_of_a_storm_are_reminded_of_together(world: World) -> None:
    world.fail(*"abcde")
    for job in "ab":
        world.alerts = alerting.acknowledge(world.alerts, job, world.now)
    world.wait(2 * DAY, 10 * MINUTE)
    assert [(word, at) for word, at in world.told() if word is not Word.INCIDENT] == [
        (Word.STORM, 0 * HOUR),
        (Word.STORM, 10 * MINUTE),
        (Word.STORM_STILL, 70 * MINUTE),
        (Word.STORM_STILL, 4 * HOUR),
        (Word.STORM_STILL, 24 * HOUR),
        (Word.STORM_STILL, 48 * HOUR),
    ]


# Rule: a storm is not reminded of while each of its incidents is acknowledged, snoozed or muted.
@pytest.mark.parametrize(("acknowledged", "words"), [("c", []), ("", [Word.STORM_STILL])])
def test_a_storm_is_reminded_of_while_somebody_waits_for_any_of_it(
    world: World, acknowledged: str, words: list[Word]
) -> None:
    world.fail(*"abcde")
    for job in f"ab{acknowledged}":
        world.alerts = alerting.acknowledge(world.alerts, job, world.now)
    world.wait(10 * MINUTE)
    world.alerts = alerting.snooze(world.alerts, "d", world.now + 2 * HOUR)
    world.alerts = alerting.mute(world.alerts, "e", world.now + 2 * HOUR)
    world.wait(90 * MINUTE)
    assert world.words[4:] == words
    world.wait(30 * MINUTE)
    assert world.words[4:] == [Word.STORM_STILL]


def test_a_storm_that_was_not_delivered_is_not_reminded_of(world: World) -> None:
    world.fail(*"abc")
    world.undelivered = frozenset(telling.thread_id for telling in world.tellings)
    world.wait(2 * HOUR)
    assert len(world.tellings) == 3
    world.undelivered = frozenset()
    world.wait(MINUTE)
    assert len(world.tellings) == 3
    world.wait(HOUR)
    assert world.words[3:] == [Word.STILL, Word.STILL, Word.STORM_STILL]


def test_a_storm_that_lasts_takes_in_the_next_wave_and_says_so_at_once(world: World) -> None:
    world.fail(*"abc")
    world.wait(30 * MINUTE)
    world.fail(*"defgh")
    assert world.words[3:] == [Word.INCIDENT, Word.INCIDENT, Word.STORM]
    assert (world.tellings[-1].thread_id, world.tellings[-1].sequence) == (world.tellings[2].thread_id, 1)


def test_a_job_that_fails_in_another_way_or_flaps_in_a_storm_says_nothing_of_its_own(world: World) -> None:
    world.fail(*"abcd")
    world.run("c", TIMED_OUT)
    for _ in range(3):
        world.succeed("d")
        world.fail("d")
    world.tick()
    assert len(world.tellings) == 3
    members = [state.incident for job, state in world.alerts.jobs.items() if job in "cd"]
    assert [member.told for member in members if member] == [0, 0]


def test_a_maintenance_window_holds_back_a_storm_too(world: World) -> None:
    world.fail(*"abcd")
    world.alerts = alerting.maintenance(world.alerts, BEGAN_AT + 2 * HOUR)
    world.wait(2 * HOUR - MINUTE)
    assert len(world.tellings) == 3
    world.wait(MINUTE)
    assert world.words[3:] == [Word.STILL, Word.STILL, Word.STORM]
    world.alerts = alerting.maintenance(world.alerts, world.now + HOUR)
    world.succeed(*"abcd")
    assert len(world.tellings) == 6
    assert world.alerts.storm is None


def test_many_that_are_wrong_after_a_maintenance_window_are_a_storm(world: World) -> None:
    world.alerts = alerting.maintenance(world.alerts, BEGAN_AT + HOUR)
    world.fail(*"abcdefgh")
    world.wait(HOUR)
    assert world.words == [Word.INCIDENT, Word.INCIDENT, Word.STORM]


# --- The budget ---


def test_50_incidents_one_by_one_are_20_mails_an_hour_and_one_digest(world: World) -> None:
    for number in range(50):
        world.fail(f"job-{number:02}")
        world.now += 40 * SECOND
    assert world.words == [Word.INCIDENT] * 20
    assert world.decisions.count(Decision.OVER_BUDGET) == 30
    world.wait(HOUR)
    digest = world.tellings[20]
    assert (digest.word, digest.sequence) == (Word.DIGEST, 0)
    assert BEGAN_AT + HOUR <= digest.at < BEGAN_AT + HOUR + MINUTE
    assert digest.overflow[0] == f"10:13 UTC job-20, failed: {Decision.OPENED.value}"
    assert [line.split()[2] for line in digest.overflow[:30]] == [f"job-{number}," for number in range(20, 50)]
    assert Word.INCIDENT not in world.words[20:]


def test_the_last_3_mails_of_an_hour_are_kept_for_what_is_new(world: World) -> None:
    for number in range(9):
        world.fail(f"job-{number}")
        world.succeed(f"job-{number}")
        world.now += 40 * SECOND
    assert world.words == [Word.INCIDENT, Word.OK_AGAIN] * 8 + [Word.INCIDENT]
    assert world.decisions[-1] is Decision.OVER_BUDGET
    world.fail("x")
    world.now += MINUTE
    world.fail("y")
    world.tick()
    assert [telling.job for telling in world.tellings[17:]] == ["x", "y"]
    world.wait(HOUR)
    assert world.words.count(Word.DIGEST) == 1


def test_what_a_digest_told_is_not_told_again_and_its_end_is(world: World) -> None:
    world.alerts = replace(world.alerts, mailed_at=(world.now,) * 20)
    world.fail("a", "a")
    assert not world.tellings
    world.wait(61 * MINUTE)
    world.succeed("a")
    told = [(telling.word, telling.thread_id, telling.sequence) for telling in world.tellings]
    assert told[0][0] is Word.DIGEST
    assert told[-1] == (Word.OK_AGAIN, "i1", len(told) - 2)


def test_a_digest_of_what_is_new_takes_the_first_place_that_is_free(world: World) -> None:
    before = (world.now - 59 * MINUTE, world.now - 59 * MINUTE, *[world.now] * 18)
    world.alerts = replace(world.alerts, mailed_at=before)
    world.fail("a")
    world.succeed("a")
    world.now += MINUTE
    world.fail("b")  # overtakes nobody
    world.tick()
    assert world.words == [Word.DIGEST]
    assert len(world.tellings[0].overflow) == 3
    world.fail("c")
    assert [telling.job for telling in world.tellings[1:]] == ["c"]


def test_a_storm_has_no_mail_of_its_own_where_there_is_no_room(world: World) -> None:
    world.alerts = replace(world.alerts, mailed_at=(world.now,) * 20)
    world.fail(*"abcd")
    world.wait(HOUR)
    (digest,) = world.tellings
    assert any(Word.STORM.value in line and line.endswith(": c") for line in digest.overflow)
    world.succeed(*"abcd")
    assert [(telling.word, telling.sequence) for telling in world.tellings if telling.storm] == [(Word.STORM_OVER, 0)]


@pytest.mark.parametrize(
    ("mailed", "words"), [(17, [Word.STORM]), (14, [Word.STORM]), (13, [Word.STORM, Word.STORM_OVER])]
)
def test_a_storm_is_new_and_its_end_is_not(world: World, mailed: int, words: list[Word]) -> None:
    world.alerts = replace(world.alerts, mailed_at=(world.now,) * mailed)
    world.fail(*"abc")
    world.succeed("c")
    assert world.words[2:] == words
    world.wait(HOUR)
    told = [line for telling in world.tellings for line in telling.overflow if Word.STORM_OVER.value in line]
    assert bool(told) is (words == [Word.STORM])


def test_a_reminder_without_room_is_told_once_by_the_digest(world: World) -> None:
    world.fail("a")
    world.wait(59 * MINUTE)
    world.alerts = replace(world.alerts, mailed_at=(world.now,) * 17)
    world.wait(HOUR)
    assert world.words == [Word.INCIDENT, Word.DIGEST]
    assert len(world.tellings[-1].overflow) == 1


# --- What holds for every history ---

JOBS = [f"job-{number:02}" for number in range(30)]
GAPS = [timedelta(0), timedelta(0), SECOND, 20 * SECOND, MINUTE, 10 * MINUTE, HOUR]
LASTING, QUIETING = 4 * HOUR, 45 * MINUTE

Action = tuple[str, int, timedelta]


def actions(*names: str) -> st.SearchStrategy[list[Action]]:
    """What happens, to which of the jobs, and how long nothing happens then."""
    return st.lists(
        st.tuples(st.sampled_from(names), st.integers(0, len(JOBS) - 1), st.sampled_from(GAPS)),
        min_size=1,
        max_size=120,
    )


KIND_OF = {
    "fail": FAILED,
    "succeed": None,
    "time out": TIMED_OUT,
    "skip": IncidentKind.SKIPPED,
    "hang": IncidentKind.OVERDUE,
    "blind": IncidentKind.BLIND,
}
RUNS = (*KIND_OF, "fail", "succeed", "all fail", "all succeed", "one by one")
HUSHES = ("acknowledge", "snooze", "mute", "maintenance", "undelivered")
some_policies = st.sampled_from([Policy(), Policy(alert_after=2), Policy(recover_after=2), Policy(reminders=())])


def play(history: list[Action], policy: Policy) -> World:
    world = World(policies=dict.fromkeys(JOBS[::2], policy))
    for name, number, gap in history:
        if name in KIND_OF:
            world.run(JOBS[number], KIND_OF[name], hangs=name == "hang")
        elif name in RUNS:
            _run_all(world, name)
        else:
            _hush(world, name, JOBS[number])
        world.wait(gap, max(MINUTE, gap / 3))
    return world


def _run_all(world: World, name: str) -> None:
    for job in JOBS:
        world.run(job, None if name == "all succeed" else FAILED)
        if name == "one by one":  # too slowly for a storm, too many for the budget
            world.wait(40 * SECOND)


def _hush(world: World, name: str, job: str) -> None:
    until = world.now + QUIETING
    if name == "undelivered":
        threads = frozenset(telling.thread_id for telling in world.tellings[-2:])
        world.undelivered = frozenset() if world.undelivered else threads
    elif name == "acknowledge":
        world.alerts = alerting.acknowledge(world.alerts, job, world.now)
    elif name == "maintenance":
        world.alerts = alerting.maintenance(world.alerts, until)
    else:
        hush = alerting.snooze if name == "snooze" else alerting.mute
        world.alerts = hush(world.alerts, job, until)


@settings(max_examples=40)
@given(actions(*RUNS, *HUSHES), some_policies)
def test_no_hour_has_more_than_20_mails_and_the_last_3_tell_what_is_new(history: list[Action], policy: Policy) -> None:
    tellings = play(history, policy).tellings
    for index, telling in enumerate(tellings):
        before = sum(telling.at - other.at < HOUR for other in tellings[:index])
        assert before < 20
        if before >= 17:
            assert telling.word in {Word.INCIDENT, Word.FLAPPING, Word.STORM, Word.DIGEST}
            assert telling.incident is None or len(telling.incident.told_kinds) == 1


@settings(max_examples=40)
@given(actions(*RUNS, *HUSHES), some_policies)
def test_every_mail_of_a_thread_has_the_next_number(history: list[Action], policy: Policy) -> None:
    world = play(history, policy)
    world.wait(2 * DAY, HOUR)
    threads = defaultdict(list)
    for telling in world.tellings:
        threads[telling.thread_id].append(telling.sequence)
    for sequences in threads.values():
        assert sequences == list(range(len(sequences)))


@settings(max_examples=40)
@given(actions(*RUNS, *HUSHES), some_policies)
def test_every_incident_that_lasts_is_told_once_nothing_holds_it_back(history: list[Action], policy: Policy) -> None:
    world = play(history, policy)
    world.undelivered = frozenset()
    world.wait(LASTING)
    for job, state in world.alerts.jobs.items():
        assert state.incident is None or _is_told(world, job, state.incident.incident_id)


@settings(max_examples=40)
@given(actions(*RUNS), some_policies)
def test_every_incident_is_told_and_its_end_as_well_where_nothing_holds_them_back(
    history: list[Action], policy: Policy
) -> None:
    world = play(history, policy)
    world.wait(LASTING)
    ended = {change.incident.incident_id: change for change in world.changes if change.incident and change.is_over}
    lines = [line for telling in world.tellings for line in telling.overflow]
    for incident_id, change in ended.items():
        assert _is_told(world, change.job, incident_id)
        endings = [telling for telling in world.tellings if telling.word in {Word.OK_AGAIN, Word.STORM_OVER}]
        assert (
            change.decision is Decision.ANNOUNCED
            or any(_names(telling, incident_id) for telling in endings)
            or any(change.job in line for line in lines)
            or (world.alerts.storm and incident_id in world.alerts.storm.members)
        )


def _is_told(world: World, job: str, incident_id: str) -> bool:
    return any(
        _names(telling, incident_id) or any(job in line for line in telling.overflow) for telling in world.tellings
    )


def _names(telling: Telling, incident_id: str) -> bool:
    return telling.thread_id == incident_id or (telling.storm is not None and incident_id in telling.storm.members)


@settings(max_examples=40)
@given(actions(*RUNS, *HUSHES), some_policies)
def test_a_second_tick_at_the_same_moment_changes_nothing(history: list[Action], policy: Policy) -> None:
    world = play(history, policy)
    for _ in range(5):
        world.now += 50 * MINUTE
        world.tick()
        again = alerting.tick(world.alerts, world.policies, world.now, world.undelivered)
        assert again == Verdict(world.alerts)


@settings(max_examples=40)
@given(actions(*RUNS, *HUSHES), some_policies, st.sampled_from([FAILED, None, IncidentKind.BLIND]))
def test_neither_an_event_nor_time_changes_what_they_are_given(
    history: list[Action], policy: Policy, kind: IncidentKind | None
) -> None:
    world = play(history, policy)
    before, alerts = deepcopy(world.alerts), world.alerts
    world.run(JOBS[0], kind)
    alerting.tick(alerts, world.policies, world.now + DAY, world.undelivered)
    assert alerts == before


@settings(max_examples=40)
@given(actions(*RUNS, *HUSHES), some_policies)
def test_each_event_is_one_change_and_no_incident_ends_twice(history: list[Action], policy: Policy) -> None:
    world = play(history, policy)
    ended = Counter(change.incident.incident_id for change in world.changes if change.incident and change.is_over)
    assert set(ended.values()) <= {1}
    assert len(world.changes) >= world.events
