"""A failing job, end to end: exit code, both streams, one row, one mail; the same with the database away."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests import mailboxes

pytestmark = pytest.mark.integration

AWAY = "mysql+pymysql://root@127.0.0.1:1/hos"
JOB = ("hos-cron", "t", "--timeout", "20", "--sync", "--", "sh", "-c", "echo out; echo err >&2; exit 3")


@pytest.mark.parametrize("is_away", [False, True], ids=["database there", "database away"])
def test_a_failing_job_is_told_and_recorded(is_away: bool, tmp_path: Path) -> None:
    with mailboxes.sendgrid() as stub:
        given = {
            "HOS_STATE_DIR": str(tmp_path / "state"),
            "SENDGRID_API_KEY": "SG.canary-key",
            "HOS_SENDGRID_URL": stub.url,
            "HOS_ALERT_TO": "ops@example.org",
        }
        away = {"HOS_DATABASE_URL": AWAY} if is_away else {}
        done = call(tmp_path, JOB, given | away)
        assert (done.returncode, done.stdout) == (3, "out\n")
        assert done.stderr.startswith("err\n")
        if is_away:
            [waiting] = listed(tmp_path, given | away)
            assert (waiting["state"], waiting["exit_code"]) == ("failed", 3)
            assert call(tmp_path, ("hos", "flush"), given).stdout == "1 runs entered\n"
        [run] = listed(tmp_path, given)
    assert (run["state"], run["exit_code"]) == ("failed", 3)
    assert run["output_tail"].splitlines() == ["out", "err"]
    [mail] = stub.accepted
    text = mail["content"][0]["value"]
    assert mail["subject"] == f"[hos] FAIL t (exit 3) {os.uname().nodename}"
    assert text.startswith("t failed: exit code 3 after ")
    assert "\n  out\n  err\n" in text
    assert not list((tmp_path / "state" / "journal").glob("*.jsonl"))


def call(place: Path, argv: tuple[str, ...], given: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"} | given
    return subprocess.run(argv, env=environment, cwd=place, capture_output=True, text=True, timeout=90, check=False)


def listed(place: Path, given: dict[str, str]) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(call(place, ("hos", "runs", "t", "--json"), given).stdout)
    return runs
