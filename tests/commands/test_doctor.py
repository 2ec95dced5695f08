"""`hos doctor` as it is called: one line a check, JSON, and 1 when something fails."""

import json
from pathlib import Path

import pytest

from tests.commands.test_commands import AWAY, command, place

pytestmark = pytest.mark.integration

__all__ = ["place"]


def test_a_host_that_can_work_exits_with_0(place: Path) -> None:
    done = command(place, "hos", "doctor")
    assert done.returncode == 0
    assert f"ok    state directory  {place}/var can be written to\n" in done.stdout


def test_one_that_cannot_exits_with_1_and_every_check_is_there(place: Path) -> None:
    done = command(place, "hos", "doctor", "--json", HOS_DATABASE_URL=AWAY, HOS_SITE_URL="nonsense")
    assert done.returncode == 1
    levels = {finding["check"]: finding["level"] for finding in json.loads(done.stdout)}
    assert {check for check, level in levels.items() if level == "fail"} == {"settings", "database", "last runs"}
    assert "mail" in levels
    assert "Traceback" not in done.stderr
