"""jobs.toml is read strictly, and every command in it exists."""

from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from hallofshame import jobs_file
from hallofshame.errors import Permanent

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
        ('schedule = "61 * * * *"', "jobs.a.schedule: Value error, no cron schedule"),
        ('timezone = "Mars/Base"', "jobs.a.timezone: Value error, no IANA time zone"),
        ('timeout = "-3"', "jobs.a.timeout: String should match"),
        ('surprise = "x"', "jobs.a.surprise: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(line: str, problem: str, tmp_path: Path) -> None:
    name = line.split(" ", maxsplit=1)[0]
    text = "\n".join(each for each in GOOD.splitlines() if not each.startswith(name))
    with pytest.raises(Permanent) as caught:
        jobs_file.load(write(tmp_path, f"[jobs.a]\n{text}\n{line}\n"))
    assert problem in str(caught.value)


@pytest.mark.parametrize("text", [f"[jobs.'Bad Name']\n{GOOD}", "[jobs.a]\nrunbook = 'r'\n", "not toml"])
def test_a_file_that_cannot_be_meant_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"jobs\.toml"):
        jobs_file.load(write(tmp_path, text))


def test_a_missing_file_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="set HOS_JOBS_FILE"):
        jobs_file.load(tmp_path / "none.toml")


def test_a_job_in_another_zone_is_due_at_its_wall_clock_all_year(tmp_path: Path) -> None:
    job = jobs_file.load(write(tmp_path, f'[jobs.a]\n{GOOD}timezone = "America/Los_Angeles"\n'))["a"]
    winter, summer = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 7, 10, tzinfo=UTC)
    assert (job.next_due(winter).hour, job.next_due(summer).hour) == (16, 15)
