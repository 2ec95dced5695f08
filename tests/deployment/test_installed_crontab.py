"""What is installed is compared with jobs.toml line by line, and only our own block of it is ever replaced."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from deployment.installed_crontab import BEGIN, END, Installed, differences, with_block
from hallofshame.errors import Permanent
from hallofshame.jobs_file import Job

pytestmark = pytest.mark.unit

FACTS = {"schedule": "*/10 * * * *", "runbook": "r", "impact": "i"}
JOBS = {
    "collect": Job.model_validate(FACTS | {"command": ["hos-collect"]}),
    "report": Job.model_validate(FACTS | {"command": ["sh", "-c", "make report"]}),
}
COLLECT = "*/10 * * * * hos-cron collect -- hos-collect"
REPORT = "*/10 * * * * hos-cron report -- sh -c 'make report'"
BLOCK = [BEGIN, "PATH=/srv/bin:/bin", "HOS_STATE_DIR=/srv/var", COLLECT, REPORT, END]
THEIRS = ["MAILTO=root", "# their comment", "@daily /usr/bin/certbot renew", "0 3 * * * sh -c 'tidy up'"]


def told(lines: list[str]) -> list[tuple[str, str, int | None]]:
    return [(each.kind, each.job, each.line) for each in differences(lines, BLOCK, JOBS, has_user=False)]


def block_with(old: str, *new: str) -> list[str]:
    at = BLOCK.index(old)
    return [*BLOCK[:at], *new, *BLOCK[at + 1 :]]


DIFFERENT: dict[str, tuple[list[str], list[tuple[str, str, int | None]]]] = {
    "the block": (BLOCK, []),
    "the block among others": ([*THEIRS, *BLOCK, "5 5 * * * backup --hot"], []),
    "nothing": ([], [("missing", "collect", None), ("missing", "report", None)]),
    "a job is missing": (block_with(REPORT), [("missing", "report", None)]),
    "a job is commented out": (block_with(REPORT, "# " + REPORT), [("missing", "report", None)]),
    "another time": (block_with(COLLECT, COLLECT.replace("*/10", "*/5")), [("drifted", "collect", 4)]),
    "another flag": (block_with(COLLECT, COLLECT.replace(" --", " --nice 3 --")), [("drifted", "collect", 4)]),
    "another state directory": (
        block_with("HOS_STATE_DIR=/srv/var", "HOS_STATE_DIR = /tmp"),
        [("drifted", "collect", 4), ("drifted", "report", 5)],
    ),
    "the path is set between": (block_with(REPORT, "PATH=/bin", REPORT), [("drifted", "report", 6)]),
    "a line twice": ([*BLOCK, COLLECT], [("duplicated", "collect", 7)]),
    "a second line": ([*BLOCK, "0 0 * * * /srv/bin/hos-cron collect -- x"], [("duplicated", "collect", 7)]),
    "a job that is no longer": ([*BLOCK, "0 0 * * * cd / && hos-cron old -- x"], [("stray", "old", 7)]),
    "not wrapped": (
        block_with(COLLECT, "*/10 * * * * /srv/bin/hos-collect >>log 2>&1"),
        [("not_wrapped", "collect", 4)],
    ),
    "not wrapped besides": ([*BLOCK, "@hourly sh -c 'make report'"], [("not_wrapped", "report", 7)]),
    "a bare percent": ([*BLOCK, r"0 0 * * * hos-cron collect -- date +\%F +%T"], [("unescaped", "collect", 7)]),
    "quotes that do not close": ([*BLOCK, "0 0 * * * hos-cron collect -- 'x"], [("duplicated", "collect", 7)]),
    "half a line": ([*BLOCK, "0 0 * *"], []),
}


@pytest.mark.parametrize(("lines", "expected"), DIFFERENT.values(), ids=DIFFERENT)
def test_it_tells(lines: list[str], expected: list[tuple[str, str, int | None]]) -> None:
    assert told(lines) == expected


def test_a_difference_says_what_is_there_what_should_be_and_what_to_do() -> None:
    [drifted] = differences(block_with(COLLECT, COLLECT.replace("10", "5")), BLOCK, JOBS, has_user=False)
    assert str(drifted) == (
        "line 4: collect: drifted: is `*/5 * * * * hos-cron collect -- hos-collect`, "
        "expected `*/10 * * * * hos-cron collect -- hos-collect`; run `hos crontab install`"
    )
    moved = differences(block_with("HOS_STATE_DIR=/srv/var", "HOS_STATE_DIR=/tmp"), BLOCK, JOBS, has_user=False)
    assert "runs with HOS_STATE_DIR=/tmp (expected /srv/var)" in str(moved[0])


def test_our_block_takes_the_place_of_the_one_before_and_comes_last_where_there_was_none() -> None:
    assert with_block(THEIRS, BLOCK) == [*THEIRS, *BLOCK]
    assert with_block(["# a", BEGIN, COLLECT, END, "# b"], BLOCK) == ["# a", *BLOCK, "# b"]
    assert with_block(with_block(THEIRS, BLOCK), BLOCK) == [*THEIRS, *BLOCK]


@pytest.mark.parametrize("lines", [[BEGIN], [END], [END, BEGIN], [BEGIN, END, BEGIN, END]])
def test_marks_that_are_no_pair_are_left_to_a_person(lines: list[str]) -> None:
    with pytest.raises(Permanent, match="are no pair: remove them"):
        with_block(lines, BLOCK)


@pytest.mark.parametrize(
    ("path", "user", "said"),
    [
        (None, "hos", "--user is for --file"),
        ("/etc/cron.d/hallofshame", None, "give --user NAME"),
        ("/etc/cron.d/hall.of.shame", "hos", "cron reads no file there whose name"),
    ],
)
def test_where_cron_would_not_read_the_lines_nothing_is_written(path: str | None, user: str | None, said: str) -> None:
    with pytest.raises(Permanent, match=said):
        Installed(None if path is None else Path(path), user)


CRONTAB = """\
#!/bin/sh
# A crontab that keeps its lines in a file.
case $1 in
  -l) cat "$SPOOL" 2>/dev/null || { echo "no crontab for root" >&2; exit 1; } ;;
  -) cat >"$SPOOL" && echo "$1" >>"$SPOOL.calls" ;;
esac
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a jobs.toml of one job, and a program `crontab`."""
    job = '[jobs.collect]\ncommand = ["hos-collect"]\nschedule = "*/10 * * * *"\nrunbook = "r"\nimpact = "i"\n'
    (tmp_path / "jobs.toml").write_text(job)
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(CRONTAB)
    program.chmod(0o755)
    return tmp_path


def hos_crontab(place: Path, *argv: str, path: str | None = None) -> "subprocess.CompletedProcess[str]":
    search = f"{place}/bin:/usr/bin:/bin" if path is None else path
    environment = {"PATH": search, "SPOOL": str(place / "spool"), "HOME": str(place)}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    line = [f"{sysconfig.get_path('scripts')}/hos", "crontab", *argv]
    return subprocess.run(line, env=environment, cwd=place, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.integration
def test_install_is_done_once_and_keeps_what_is_not_ours(place: Path) -> None:
    (place / "spool").write_text("0 3 * * * tidy\n")
    assert hos_crontab(place, "check").returncode == 1
    assert hos_crontab(place, "install").stdout == "crontab: 1 jobs installed\n"
    assert (place / "spool").read_text().startswith("0 3 * * * tidy\n# BEGIN hallofshame")
    assert hos_crontab(place, "install").stdout == "crontab: is as jobs.toml has it\n"
    assert (place / "spool.calls").read_text() == "-\n"
    checked = hos_crontab(place, "check")
    assert (checked.returncode, checked.stdout) == (0, "crontab: is as jobs.toml has it\n")
    assert json.loads(hos_crontab(place, "check", "--json").stdout) == []


@pytest.mark.integration
def test_install_tells_of_lines_of_ours_that_stand_elsewhere_and_exits_with_1(place: Path) -> None:
    (place / "spool").write_text("* * * * * hos-collect\n")
    done = hos_crontab(place, "install")
    assert done.returncode == 1
    assert done.stderr.startswith("hos: crontab: line 1: collect: not wrapped: ")


@pytest.mark.integration
def test_a_file_is_replaced_as_a_whole_and_stays_as_readable_as_it_was(place: Path) -> None:
    path = place / "hallofshame"
    path.write_text("MAILTO=root\n")
    path.chmod(0o640)
    before = path.stat().st_ino
    assert hos_crontab(place, "install", "--file", str(path), "--user", "hos").returncode == 0
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.stat().st_ino != before
    assert "\n*/10 * * * * hos hos-cron collect -- hos-collect\n" in path.read_text()
    assert not list(place.glob(".hallofshame*"))
    assert hos_crontab(place, "check", "--file", str(path), "--user", "hos").returncode == 0
    [drifted] = json.loads(hos_crontab(place, "check", "--file", str(path), "--json").stdout)
    assert drifted["kind"] == "drifted"


@pytest.mark.integration
def test_without_the_program_it_says_what_to_install(place: Path) -> None:
    done = hos_crontab(place, "check", path=str(place))
    assert done.returncode == 1
    assert done.stderr == (
        "hos: no program `crontab` on this host: install it (apt-get install cron), or give --file FILE\n"
    )


@pytest.mark.integration
def test_a_file_that_cannot_be_written_is_told(place: Path) -> None:
    done = hos_crontab(place, "install", "--file", str(place / "none" / "x"))
    assert done.returncode == 1
    assert "x: cannot be written (No such file or directory): " in done.stderr
