"""Where the recorded and synthetic data lie: beside the repository, not in it."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def shared(*parts: str) -> Path:
    """A file or folder of the shared data. Where it is absent the test is skipped, or fails when CI=true."""
    path = SHARED.joinpath(*parts)
    if path.exists():
        return path
    message = f"{path} is absent: put the shared data beside the repository to run this test"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def shared_names(folder: str, pattern: str) -> list[str]:
    """File names to run a test over. An absent folder gives one name, whose test then skips or fails."""
    return sorted(path.name for path in SHARED.joinpath(folder).glob(pattern)) or [pattern]
