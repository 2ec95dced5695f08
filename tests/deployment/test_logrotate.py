"""Logs are rotated as the file says: nothing that is open is compressed, and nobody but their readers reads them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.deployment,
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0, reason="logrotate gives files to their owners"),
]

CONFIGURATION = Path(__file__).resolve().parents[2] / "deployment" / "logrotate"


def test_logrotate_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    rotate(tmp_path, "--debug")


def test_a_log_is_rotated_at_once_and_compressed_when_it_is_no_longer_open(tmp_path: Path) -> None:
    logs = tmp_path / "log"
    for line in ("first", "second"):
        (logs / "access.log").parent.mkdir(exist_ok=True, mode=0o750)
        (logs / "access.log").write_text(f"{line}\n")
        rotate(tmp_path, "--force")
        assert (logs / "access.log").read_text() == ""
        assert oct((logs / "access.log").stat().st_mode & 0o777) == "0o640"
        _age(logs)
    rotated = sorted(path.name for path in logs.iterdir() if path.name != "access.log")
    assert [name.endswith(".gz") for name in rotated] == [True, False]
    assert (tmp_path / "reloads").read_text() == "reload\nreload\n"


def _age(logs: Path) -> None:
    """A rotated file is named by the second, which may not have passed when the next one is."""
    for path in logs.glob("access.log-*[0-9]"):
        if not any(logs.glob("access.log-20200101-*")):
            path.rename(logs / "access.log-20200101-1577836800")


def rotate(place: Path, how: str) -> None:
    """Run it on a folder of this test, with what stands in for the group, and for Apache."""
    assert shutil.which("logrotate"), "scripts/test installs logrotate"
    text = CONFIGURATION.read_text(encoding="utf8")
    text = text.replace("/var/log/hallofshame", f"{place}/log").replace("root hallofshame", "root root")
    text = re.sub(r"if systemctl.*fi", f"echo reload >>{place}/reloads", text)
    (place / "conf").write_text(text, encoding="utf8")
    (place / "conf").chmod(0o644)
    line = ["logrotate", how, "--state", str(place / "state"), str(place / "conf")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, "error" in done.stderr.lower()) == (0, False), done.stderr
