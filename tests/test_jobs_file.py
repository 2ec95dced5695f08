"""jobs.toml is read strictly, as hos-cron reads its line, and every command in it exists."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hallofshame import jobs_file, quantities
from hallofshame.errors import Permanent
from hallofshame.rules.expectations import Expectation, Expectations
from wrapper.flags import FlagError, read_flags
from wrapper.schedule import Schedule

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parent.parent
GOOD = 'command = ["true"]\nschedule = "0 8 * * *"\nrunbook = "r"\nimpact = "i"\n'


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "jobs.toml"
    path.write_text(text)
    return path


def test_the_projects_own_file_names_commands_that_exist() -> None:
    installed = {script.name for script in entry_points(group="console_scripts")}
    for job in jobs_file.load(ROOT / "jobs.toml").values():
        assert job.command[0] in installed


def test_every_field_is_explained_in_the_file() -> None:
    text = (ROOT / "jobs.toml").read_text(encoding="utf8")
    for name in jobs_file.Job.model_fields:
        assert f"# {name} " in text, name


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('schedule = "61 * * * *"', "jobs.a.schedule: no cron schedule: Bad minute"),
        (
            'schedule = "5/10 * * * *"',
            "jobs.a.schedule: no cron schedule: '5/10' is no minute that Debian's cron takes",
        ),
        ('schedule = "0 0 L * *"', "jobs.a.schedule: no cron schedule: 'L' is no day of the month"),
        ('schedule = "0 0 * * * *"', "jobs.a.schedule: no cron schedule: it has 6 fields, not five"),
        ('schedule = "0 0 31 2 *"', "jobs.a.schedule: no cron schedule: Bad day-of-month"),
        ('timezone = "Mars/Base"', "jobs.a.timezone: no IANA time zone"),
        ('timeout = "-3"', "jobs.a.timeout: expected a duration above zero"),
        ("timeout = true", "jobs.a.timeout: Input should be a valid string"),
        ("kill_after = 0", "jobs.a.kill_after: expected a duration above zero"),
        ('overlap = "queue"', "jobs.a.overlap: expected skip, allow or wait:SECONDS"),
        ('overlap = "wait:soon"', "jobs.a.overlap: expected a duration"),
        ("retries = 101", "jobs.a.retries: Input should be less than or equal to 100"),
        ("nice = 20", "jobs.a.nice: Input should be less than or equal to 19"),
        ('memory_max = "1M"', "jobs.a.memory_max: expected a size of at least 16M"),
        ('env_file = "some.env"', "jobs.a.env_file: String should match"),
        ('require_env = ["A=B"]', "jobs.a.require_env.0: String should match"),
        ('fail_if = ["("]', "jobs.a.fail_if.0: '(' is no regular expression"),
        ('require = ["--"]', "jobs.a.require.0: `--` would end hos-cron's part of the line"),
        ('expect = ["parks_ok is fine"]', "jobs.a.expect.0: 'parks_ok is fine': expected a figure, one of"),
        ("alert_after = 0", "jobs.a.alert_after: Input should be greater than or equal to 1"),
        ('reminders = ["4h", "1h"]', "jobs.a.reminders: expected durations that grow"),
        ('severity = "dire"', "jobs.a.severity: Input should be 'low', 'normal' or 'high'"),
        ('recipients = ["nobody"]', "jobs.a.recipients.0: String should match"),
        ('runbook = " "', "jobs.a.runbook: String should match"),
        ('command = ["echo", "two\\nlines"]', "jobs.a.command.1: String should match"),
        ('surprise = "x"', "jobs.a.surprise: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(line: str, problem: str, tmp_path: Path) -> None:
    name = line.split(" ", maxsplit=1)[0]
    text = "\n".join(each for each in GOOD.splitlines() if not each.startswith(name))
    with pytest.raises(Permanent) as caught:
        jobs_file.load(write(tmp_path, f"[jobs.a]\n{text}\n{line}\n"))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [f"[jobs.'Bad Name']\n{GOOD}", "[jobs.a]\nrunbook = 'r'\n", "not toml", "jobs = 3\n", f"[job.a]\n{GOOD}"],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"jobs\.toml"):
        jobs_file.load(write(tmp_path, text))


def test_a_job_that_is_wrong_hides_neither_the_good_ones_nor_another_problem(tmp_path: Path) -> None:
    path = write(tmp_path, f"[jobs.good]\n{GOOD}[jobs.bad]\n{GOOD}nice = 99\n[jobs.worse]\n{GOOD}retries = -1\n")
    jobs, problems = jobs_file.read(path)
    assert list(jobs) == ["good"]
    assert [problem.place for problem in problems] == ["jobs.bad.nice", "jobs.worse.retries"]


def test_a_duration_may_be_a_number_of_seconds(tmp_path: Path) -> None:
    assert jobs_file.load(write(tmp_path, f"[jobs.a]\n{GOOD}timeout = 90\n"))["a"].timeout == "90"


def test_what_is_expected_of_a_run_has_a_meaning(tmp_path: Path) -> None:
    expected = 'min_duration = "1s"\nmax_duration = "2m"\nexpect = ["parks_ok >= 80"]\n'
    job = jobs_file.load(write(tmp_path, f"[jobs.a]\n{GOOD}{expected}"))["a"]
    assert job.expectations() == Expectations(1, 120, (Expectation("parks_ok", ">=", 80),))


@given(st.text("0123456789.smhx-", max_size=8) | st.sampled_from(["٣", "1_0", "1e3", "nan", "8784h", "8785h", "5m\n"]))
def test_a_duration_means_what_it_means_on_hos_crons_line(text: str) -> None:
    assert meaning(quantities.seconds, text) == on_the_line("--timeout", text, "timeout_seconds")


@given(st.text("0123456789KMGx", max_size=8) | st.integers(0, 1 << 70).map(str))
def test_a_size_means_what_it_means_on_hos_crons_line(text: str) -> None:
    assert meaning(quantities.size_bytes, text) == on_the_line("--memory-max", text, "memory_max_bytes")


def meaning(read: Callable[[str], object], text: str) -> object:
    try:
        return read(text)
    except ValueError:
        return None


def on_the_line(flag: str, text: str, attribute: str) -> object:
    try:
        return getattr(read_flags(["job", flag, text, "--", "true"]), attribute)
    except FlagError:
        return None


FIELD = st.text("0123456789*,/-L#", max_size=4) | st.sampled_from(["*", "5", "1-5", "*/5", "5/10", "jan", "MON-fri"])


@given(st.lists(FIELD, min_size=4, max_size=6).map(" ".join))
def test_a_schedule_that_is_taken_here_is_taken_on_hos_crons_line(text: str) -> None:
    problem = problem_of(text)
    assume(not problem or "Bad day-of-month" not in problem)  # 31 February is refused here alone
    try:
        Schedule(text, "UTC")
    except ValueError:
        assert problem
    else:
        assert not problem


def problem_of(schedule: str) -> str | None:
    facts = {"command": ["true"], "runbook": "r", "impact": "i", "schedule": schedule}
    try:
        jobs_file.Job.model_validate(facts)
    except ValueError as error:
        return str(error)
    return None


def test_a_missing_file_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="set HOS_JOBS_FILE"):
        jobs_file.load(tmp_path / "none.toml")


def test_a_job_in_another_zone_is_due_at_its_wall_clock_all_year(tmp_path: Path) -> None:
    job = jobs_file.load(write(tmp_path, f'[jobs.a]\n{GOOD}timezone = "America/Los_Angeles"\n'))["a"]
    winter, summer = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 7, 10, tzinfo=UTC)
    assert (job.next_due(winter).hour, job.next_due(summer).hour) == (16, 15)
