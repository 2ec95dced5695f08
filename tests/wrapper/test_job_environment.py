"""What the job finds in its environment, what it may report, and what the line demands of the environment."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from hallofshame.clock import parse_utc
from hallofshame.model import RunState
from tests.wrapper.conftest import HosCron

pytestmark = pytest.mark.integration


def test_the_job_knows_its_run(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "env | grep ^HOS_", timeout="5m")
    found = dict(line.split("=", 1) for line in done.stdout.decode().splitlines())
    run = done.run
    assert found["HOS_RUN_ID"] == run.run_id
    assert (found["HOS_JOB"], found["HOS_ATTEMPT"]) == ("job", "1")
    assert parse_utc(found["HOS_SCHEDULED_AT"]) == run.scheduled_at
    assert found["HOS_SCHEDULED_AT"].endswith(":00Z")
    assert parse_utc(found["HOS_DEADLINE"]) == run.started_at + timedelta(minutes=5)
    assert Path(found["HOS_REPORT"]).is_absolute()


def test_a_relative_state_directory_is_one_in_the_working_directory(hos_cron: HosCron) -> None:
    hos_cron.environment["HOS_STATE_DIR"] = "state"
    done = hos_cron("sh", "-c", 'cd /; echo "{\\"rows\\": 1}" > $HOS_REPORT')
    assert done.run.report == {"rows": 1}


def test_the_default_state_directory_is_var(hos_cron: HosCron, tmp_path: Path) -> None:
    del hos_cron.environment["HOS_STATE_DIR"]
    hos_cron.state = tmp_path / "var"
    assert hos_cron("true").run.state is RunState.SUCCEEDED


def test_an_env_file_in_the_working_directory_may_name_the_state_directory(hos_cron: HosCron, tmp_path: Path) -> None:
    del hos_cron.environment["HOS_STATE_DIR"]
    (tmp_path / ".env").write_text("HOS_STATE_DIR=elsewhere\n", encoding="utf8")
    hos_cron.state = tmp_path / "elsewhere"
    assert hos_cron("true").run.state is RunState.SUCCEEDED


def test_the_hosts_file_names_the_state_directory_and_release_where_nothing_nearer_does(
    hos_cron: HosCron, tmp_path: Path
) -> None:
    del hos_cron.environment["HOS_STATE_DIR"]
    (tmp_path / "host.env").write_text("HOS_STATE_DIR=elsewhere\nHOS_RELEASE=host\n", encoding="utf8")
    (tmp_path / ".env").write_text("HOS_RELEASE=here\n", encoding="utf8")
    hos_cron.environment["HOS_SETTINGS_FILE"] = str(tmp_path / "host.env")
    hos_cron.state = tmp_path / "elsewhere"
    assert hos_cron("true").run.release == "here"
    (tmp_path / ".env").unlink()
    assert hos_cron("true").run.release == "host"


def test_all_that_is_made_is_private(hos_cron: HosCron) -> None:
    hos_cron("sh", "-c", 'echo "{}" > $HOS_REPORT; exit 1')
    made = [hos_cron.state, *hos_cron.state.rglob("*")]
    assert {oct(path.stat().st_mode & 0o777) for path in made if path.is_dir()} == {"0o700"}
    assert {oct(path.stat().st_mode & 0o777) for path in made if path.is_file()} == {"0o600"}


@pytest.mark.parametrize(
    ("report", "kept"),
    [
        ('{"parks_ok": 85, "seconds": 1.5}', {"parks_ok": 85, "seconds": 1.5}),
        ("{}", {}),
        ("", {}),
    ],
)
def test_a_report_is_kept_and_its_file_is_not(hos_cron: HosCron, report: str, kept: dict[str, float]) -> None:
    done = hos_cron("sh", "-c", f"printf %s '{report}' > $HOS_REPORT")
    assert (done.run.report, done.run.reason) == (kept, None)
    assert list((hos_cron.state / "reports").iterdir()) == []


@pytest.mark.parametrize(
    "write",
    [
        "echo nonsense > $HOS_REPORT",
        "echo '[1, 2]' > $HOS_REPORT",
        """echo '{"parks": "many"}' > $HOS_REPORT""",
        """echo '{"parks": true}' > $HOS_REPORT""",
        """echo '{"parks": NaN}' > $HOS_REPORT""",
        """echo '{"parks": 1e400}' > $HOS_REPORT""",
        "head -c 100000 /dev/zero > $HOS_REPORT",
        r"head -c 60000 /dev/zero | tr '\0' '[' > $HOS_REPORT",
        "ln -s /etc/passwd $HOS_REPORT",
        "mkdir $HOS_REPORT",
        "mkfifo $HOS_REPORT",
    ],
)
def test_a_report_that_is_none_is_told_and_changes_nothing_else(hos_cron: HosCron, write: str) -> None:
    done = hos_cron("sh", "-c", write)
    assert (done.exit_code, done.run.report) == (0, {})
    if "mkfifo" not in write:
        assert "report" in (done.run.reason or "")
        assert "report" in done.stderr


def test_an_env_file_reaches_the_job_and_the_wrapper(hos_cron: HosCron, tmp_path: Path) -> None:
    hos_cron.state = tmp_path / "from file"
    lines = ["# comment", "", "export PLAIN=a=b ", "QUOTED='a b'", f'HOS_STATE_DIR="{hos_cron.state}"', "EMPTY="]
    (tmp_path / "job.env").write_text("\n".join(lines), encoding="utf8")
    script = "import json, os; print(json.dumps([os.environ[n] for n in ('PLAIN', 'QUOTED', 'EMPTY')]))"
    done = hos_cron("python3", "-c", script, env_file="job.env")
    assert json.loads(done.stdout) == ["a=b", "a b", ""]


@pytest.mark.parametrize("content", [None, "no assignment\n"])
def test_a_bad_env_file_is_125_and_recorded(hos_cron: HosCron, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "job.env").write_text(content, encoding="utf8")
    done = hos_cron("touch", "ran", env_file="job.env")
    assert (done.exit_code, done.run.state, done.run.exit_code) == (125, RunState.NOT_STARTED, 125)
    assert (done.run.reason or "").startswith("--env-file job.env: ")
    assert not (tmp_path / "ran").exists()


def test_a_required_variable_that_is_missing_is_125_and_named(hos_cron: HosCron) -> None:
    hos_cron.environment |= {"GIVEN": "x", "EMPTY": ""}
    done = hos_cron("true", require_env=["GIVEN", "EMPTY", "ABSENT"])
    assert (done.exit_code, done.run.state) == (125, RunState.NOT_STARTED)
    assert done.run.reason == "not set in the environment: EMPTY, ABSENT"


def test_niceness_and_memory_are_limited_for_the_job_alone(hos_cron: HosCron) -> None:
    script = "until [ $(ulimit -v) = 524288 ]; do :; done; nice; cut -d' ' -f19 /proc/$PPID/stat"
    done = hos_cron("sh", "-c", script, nice=7, memory_max="512M", timeout=10)
    assert done.stdout.split() == [b"7", b"0"]


def test_a_job_beyond_its_memory_fails(hos_cron: HosCron) -> None:
    script = "import resource as r\nwhile r.getrlimit(r.RLIMIT_AS)[0] < 0: pass\nbytearray(1 << 30)"
    done = hos_cron("python3", "-c", script, memory_max="256M", timeout=10)
    assert done.exit_code == 1
    assert "MemoryError" in done.record["stderr_tail"]
