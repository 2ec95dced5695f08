"""`hos log` of an output that is longer than what the record keeps."""

import json
import os
import pty
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests.commands.test_commands import command, place

pytestmark = pytest.mark.integration

__all__ = ["place"]

SCRIPT = "printf '\\033[31mred\\n'; head -c 200000 /dev/zero | tr '\\0' x; printf '\\n\\377last\\n'"
SIZE = 9 + 200_000 + 7


@pytest.fixture
def run(place: Path) -> dict[str, Any]:
    """A run with a long output."""
    command(place, "hos-cron", "long", "--sync", "--quiet", "--", "sh", "-c", SCRIPT)
    [listed] = json.loads(command(place, "hos", "runs", "--json").stdout)
    return dict(listed)


def test_the_beginning_and_the_end_are_shown_and_where_the_rest_is(place: Path, run: dict[str, Any]) -> None:
    shown = command(place, "hos", "log", run["run_id"])
    assert shown.stdout.startswith("\x1b[31mred\nxxx")
    assert f"\n[{SIZE - 80 * 1024} bytes cut]\n" in shown.stdout
    assert shown.stdout.endswith("\\xfflast\n")
    assert shown.stderr == f"hos: more of it is in the log of this host: hos log {run['run_id']} --full\n"


def test_the_full_log_is_the_output_byte_for_byte(place: Path, run: dict[str, Any]) -> None:
    argv = [f"{sysconfig.get_path('scripts')}/hos", "log", run["run_id"][:13], "--full"]
    shown = subprocess.run(argv, cwd=place, capture_output=True, check=True).stdout
    assert shown == b"\x1b[31mred\n" + b"x" * 200_000 + b"\n\xfflast\n"


@pytest.mark.parametrize("full", [(), ("--full",)])
def test_on_a_terminal_nothing_in_it_is_a_command(place: Path, run: dict[str, Any], full: tuple[str, ...]) -> None:
    shown = on_a_terminal(place, "log", run["run_id"], *full)
    assert b"\x1b" not in shown
    assert b"\\x1b[31mred\r\n" in shown
    assert b"\\xfflast\r\n" in shown


def test_a_run_that_printed_nothing_says_so_and_why_it_ended(place: Path) -> None:
    command(place, "hos-cron", "silent", "--sync", "--", "sh", "-c", "exit 3")
    [listed] = json.loads(command(place, "hos", "runs", "--json").stdout)
    shown = command(place, "hos", "log", listed["run_id"])
    assert shown.stderr == "hos: silent failed: exit code 3; it printed nothing\n"


def on_a_terminal(place: Path, *line: str) -> bytes:
    ours, theirs = pty.openpty()
    argv = [f"{sysconfig.get_path('scripts')}/hos", *line]
    with subprocess.Popen(argv, cwd=place, stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        shown = b""
        while piece := read_terminal(ours):
            shown += piece
    os.close(ours)
    assert process.returncode == 0
    return shown


def read_terminal(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # how a terminal says that nobody has it open any more
        return b""


def test_as_json_all_that_is_known_of_the_run_is_there(place: Path, run: dict[str, Any]) -> None:
    short = json.loads(command(place, "hos", "log", run["run_id"], "--json").stdout)
    full = json.loads(command(place, "hos", "log", run["run_id"], "--json", "--full").stdout)
    assert short | {"log": "", "output": ""} == run | {"log": "", "output": ""}
    assert short["log"] == full["log"] == f"{place}/var/output/long/{run['run_id']}.log"
    assert "bytes cut]" in short["output"]
    assert full["output"] == "\x1b[31mred\n" + "x" * 200_000 + "\n\\xfflast\n"


def test_a_log_that_is_not_here_is_said_to_be_missing(place: Path, run: dict[str, Any]) -> None:
    (place / "var" / "output" / "long" / f"{run['run_id']}.log").unlink()
    missing = command(place, "hos", "log", run["run_id"], "--full")
    assert missing.returncode == 1
    assert f"hos: no log of {run['run_id']} on {run['host']}: it is too old, or could not be kept" in missing.stderr
    assert command(place, "hos", "log", run["run_id"]).stderr == ""


def test_of_a_short_output_full_is_what_the_record_holds(place: Path) -> None:
    command(place, "hos-cron", "short", "--sync", "--", "echo", "hi")
    [run] = json.loads(command(place, "hos", "runs", "--json").stdout)
    assert command(place, "hos", "log", run["run_id"], "--full").stdout == "hi\n"
