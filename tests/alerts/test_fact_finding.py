"""What a mail tells besides its incident, found out on this host."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hallofshame import deploys, settings
from hallofshame.alerts import fact_finding
from hallofshame.alerts.fact_finding import _Past
from hallofshame.jobs_file import Job
from hallofshame.model import Run, RunState
from tests.alert_samples import JOB, NOW

pytestmark = pytest.mark.unit

BESIDE = JOB.model_copy(update={"runbook": "docs/operations.md#collect"})


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"HOS_DOCS_URL": "https://code.example.org/hos/blob/main/"}, "https://code.example.org/hos/blob/main"),
        ({"HOS_JOBS_FILE": "/srv/hallofshame/current/jobs.toml"}, "/srv/hallofshame/current"),
    ],
    ids=["in a browser", "on this host"],
)
def test_a_runbook_beside_jobs_toml_can_be_opened(given: dict[str, str], place: str) -> None:
    assert runbook_of(BESIDE, given) == f"{place}/docs/operations.md#collect"


def test_a_runbook_elsewhere_stays_as_it_is() -> None:
    assert runbook_of(JOB, {"HOS_DOCS_URL": "https://code.example.org"}) == JOB.runbook


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_release_came_when_it_was_deployed_else_when_the_job_first_saw_it(
    is_recorded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed = {"B": NOW - timedelta(hours=5)} if is_recorded else {}
    monkeypatch.setattr(deploys, "kept_at", deployed.get)
    past = _Past((run("A", NOW - timedelta(days=1)), run("B", NOW)))
    assert fact_finding._deployed_at(past) == deployed.get("B", NOW)
    assert fact_finding._deployed_at(_Past()) is None


def run(release: str, started_at: datetime) -> Run:
    begun = (started_at, started_at)
    return Run(release, "collect", RunState.FAILED, "host", "boot", 1, ("hos-collect",), *begun, release=release)


def runbook_of(job: Job, given: dict[str, str]) -> str:
    made = fact_finding._with_runbook_to_open(job, settings.load(given, Path("no-such-env-file")))
    assert made is not None
    return made.runbook
