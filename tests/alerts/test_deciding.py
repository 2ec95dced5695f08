"""What jobs.toml leaves out is what the rules take for granted."""

import pytest

from hallofshame.alerts import deciding
from hallofshame.jobs_file import Job
from hallofshame.rules.incidents import Policy

pytestmark = pytest.mark.unit


def test_a_job_that_says_nothing_of_telling_is_told_like_one_that_is_not_declared() -> None:
    silent = Job.model_validate({"command": ["true"], "schedule": "* * * * *", "impact": "None.", "runbook": "look"})
    assert deciding.policy_of(silent) == deciding.policy_of(None) == Policy()
