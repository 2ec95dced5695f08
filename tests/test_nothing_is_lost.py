"""Over many histories of crashes and of failing neighbours: every incident is told, and nothing twice without need."""

from pathlib import Path
from random import Random

import pytest

from tests import mailboxes
from tests.alert_histories import draw, play

pytestmark = [pytest.mark.integration, pytest.mark.deployment]

SEEDS, HISTORIES_EACH = (20261122, 20261123, 20261124, 20261125), 50


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_breaks_each_incident_is_told_or_waits_in_the_outbox(seed: int, tmp_path: Path) -> None:
    random = Random(seed)  # noqa: S311 - to be repeatable, not secret
    for number in range(HISTORIES_EACH):
        steps = draw(random)
        with mailboxes.sendgrid() as stub:
            wrong = play(tmp_path / str(number), steps, stub)
        assert wrong is None, f"seed {seed}, history {number}, {steps}: {wrong}"
