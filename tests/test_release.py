"""Which release of this program runs, told by the folder it lies in."""

import sys
from pathlib import Path

import pytest

from hallofshame.release import of_path, programs

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("path", "release"),
    [
        ("/opt/hallofshame/releases/1.4.2/lib/settings.py", "1.4.2"),
        ("/opt/hallofshame/releases/1.4.2", "1.4.2"),
        ("/opt/hallofshame/releases/", None),
        ("/opt/hallofshame/checkout/settings.py", None),
        ("/opt/hallofshame/old-releases/1.4.2/settings.py", None),
        ("/opt/hallofshame/releases.old/1.4.2/settings.py", None),
        ("settings.py", None),
    ],
)
def test_it_is_named_by_the_folder_below_releases(path: str, release: str | None) -> None:
    assert of_path(path) == release


def test_the_current_one_is_named_by_what_the_link_to_it_points_at(tmp_path: Path) -> None:
    (tmp_path / "releases" / "1.4.2").mkdir(parents=True)
    (tmp_path / "current").symlink_to(tmp_path / "releases" / "1.4.2")
    assert of_path(str(tmp_path / "current" / "settings.py")) == "1.4.2"


def test_programs_are_named_below_the_current_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "releases/1.4.2/.venv/bin").mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", f"{tmp_path}/releases/1.4.2/.venv/bin/python")
    assert programs() == f"{tmp_path}/releases/1.4.2/.venv/bin"
    (tmp_path / "current").symlink_to("releases/1.4.2")
    assert programs() == f"{tmp_path}/current/.venv/bin"


def test_without_releases_programs_are_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/hos/.venv/bin/python")
    assert programs() == "/opt/hos/.venv/bin"
