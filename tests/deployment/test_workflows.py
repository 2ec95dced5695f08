"""CI elsewhere runs what a developer runs, and nothing that only it has."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]


def test_every_workflow_checks_by_the_script_that_lands_a_change() -> None:
    workflows = list((ROOT / ".github" / "workflows").glob("*.yml"))
    assert workflows
    for path in workflows:
        text = path.read_text(encoding="utf8")
        steps = re.findall(r"^ +(?:- )?run: (.+)$", text, re.MULTILINE)
        assert [step for step in steps if not step.startswith(("apt-get update", "git config"))] == [".ci/run"]
        assert "contents: read" in text
        assert "secrets." not in text
        # Without the history nobody knows the release before, and whether it runs on this schema would go untried.
        assert text.count("uses: actions/checkout@") == text.count("fetch-depth: 0") == 1
