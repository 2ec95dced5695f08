"""`hos watch` as it is run: from an empty folder, with bad settings, with a database that hangs."""

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def place(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "jobs.toml", tmp_path)
    return tmp_path


def command(place: Path, *argv: str, **given: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"} | given
    return subprocess.run(argv, env=environment, cwd=place, capture_output=True, text=True, timeout=60, check=False)


def test_from_an_empty_folder_it_looks_after_the_jobs(place: Path) -> None:
    command(place, "hos-cron", "hello", "--", "true")
    first = command(place, "hos", "watch", "--json")
    assert first.returncode == 0, first.stderr
    done = json.loads(first.stdout)
    assert (done["judged"], done["missed"], done["late"], done["overdue"], done["unknown"]) == (True, 0, 0, 0, 0)
    assert done["problems"] == []
    assert "every job is expected from now on" in first.stderr
    assert (
        json.loads((place / "var" / "watch.json").read_text())["expected"]["collect"]["terms"] == "*/10 * * * * UTC, 5m"
    )
    again = command(place, "hos", "watch")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("0 missed, 0 late, 0 overdue, 0 unknown, ")


def test_what_is_wrong_with_jobs_and_settings_is_said_and_the_rest_is_done(place: Path) -> None:
    with (place / "jobs.toml").open("a", encoding="utf8") as file:
        file.write("\n[jobs.bad]\nschedule = '* * *'\n")
    done = command(place, "hos", "watch", HOS_KEEP_READINGS_HOURS="some")
    assert done.returncode == 1
    assert "hos watch: HOS_KEEP_READINGS_HOURS is wrong" in done.stderr
    assert "hos watch: jobs.toml: jobs.bad.schedule: no cron schedule" in done.stderr
    assert "collect" in (place / "var" / "watch.json").read_text()


@pytest.mark.slow
def test_it_ends_before_the_next_one_begins_whatever_hangs(place: Path) -> None:
    """Two seconds stand for the fifty; a connect alone may take ten."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"mysql+pymysql://root@127.0.0.1:{listener.getsockname()[1]}/hos"
        begun = time.monotonic()
        hasty = "from hallofshame.monitoring import commands; commands.LONGEST_SECONDS = 2; commands.watch()"
        done = command(place, sys.executable, "-c", hasty, HOS_DATABASE_URL=url)
    assert done.returncode == -14
    assert time.monotonic() - begun < 6
