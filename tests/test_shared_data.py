"""Where the shared data are absent, a developer's tests are skipped and the build's fail."""

from pathlib import Path

import pytest

from tests import shared_data

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("ci", "outcome"), [("true", "Failed"), ("", "Skipped")])
def test_an_absent_folder_is_never_passed_over_in_silence(
    ci: str, outcome: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_data, "SHARED", tmp_path / "shared")
    monkeypatch.setenv("CI", ci)
    (name,) = shared_data.shared_names("data/cases", "*.json")
    with pytest.raises(BaseException, match="is absent: put the shared data beside") as caught:
        shared_data.shared("data/cases", name)
    assert caught.typename == outcome
