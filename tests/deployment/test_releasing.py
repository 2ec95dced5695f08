"""What a deploy decides by: names, the record of what stayed, who holds the lock, what is in use."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deployment.releasing import history, json_shapes, lock, programs, releases
from hallofshame import deploys
from hallofshame.deploys import Event, Line
from hallofshame.errors import Permanent

pytestmark = pytest.mark.integration

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DOCUMENT = {
    "components": {
        "schemas": {"Park": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}}
    }
}
PARK = {"$ref": "#/components/schemas/Park"}


def kept(*names: str) -> list[Line]:
    return [Line(NOW, Event.KEPT, name) for name in names]


def make(prefix: Path, *names: str) -> None:
    for name in names:
        folder = prefix / "releases" / name
        folder.mkdir(parents=True)
        (folder / "RELEASE").write_text(json.dumps({"commit": name[-7:], "built_at": ""}), encoding="utf8")


@pytest.mark.parametrize(
    ("names", "stack"),
    [("", ""), ("AB", "AB"), ("ABA", "A"), ("ABAC", "AC"), ("ABCB", "AB"), ("AA", "A")],
)
def test_a_roll_back_takes_away_what_came_after(names: str, stack: str) -> None:
    assert history.proven(kept(*names)) == list(stack)


@pytest.mark.parametrize(
    ("events", "is_broken_off"),
    [("", False), ("S", True), ("SK", False), ("SR", False), ("SF", True), ("SKS", True), ("SKF", False)],
)
def test_a_change_that_is_not_said_to_be_over_broke_off(events: str, is_broken_off: bool) -> None:
    by_letter = {"S": Event.SWITCHING, "K": Event.KEPT, "R": Event.ROLLED_BACK, "F": Event.REFUSED}
    lines = [Line(NOW, by_letter[letter], "A") for letter in events]
    assert (history.broken_off(lines) is not None) == is_broken_off


def test_a_line_that_was_not_written_to_its_end_spoils_no_other(tmp_path: Path) -> None:
    deploys.append(tmp_path, Line(NOW, Event.KEPT, "A", None, "deploy", "a\nb"))
    with (tmp_path / deploys.NAME).open("a", encoding="utf8") as file:
        file.write('{"at": "2026-05-0')
    deploys.append(tmp_path, Line(NOW, Event.KEPT, "B", "A"))
    assert [(line.release, line.before, line.why) for line in deploys.read(tmp_path)] == [
        ("A", None, "a\nb"),
        ("B", "A", ""),
    ]


def test_when_a_release_came_is_known_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploys, "__file__", str(tmp_path / "releases" / "A" / "hallofshame" / "deploys.py"))
    assert deploys.kept_at("A") is None
    later = NOW.replace(hour=13)
    for line in (*kept("A", "B"), Line(later, Event.KEPT, "A"), Line(later, Event.SWITCHING, "B")):
        deploys.append(tmp_path, line)
    assert (deploys.kept_at("A"), deploys.kept_at("B"), deploys.kept_at("C")) == (later, NOW, None)


def test_one_holds_the_lock_and_another_is_told_who(tmp_path: Path) -> None:
    assert lock.holder(tmp_path) is None
    with lock.held(tmp_path, "deploy of main", NOW):
        expected = f"a deploy of main goes on: process {os.getpid()} of "
        assert (lock.holder(tmp_path) or "").startswith(expected)
        with pytest.raises(Permanent, match=expected), lock.held(tmp_path, "rollback", NOW):
            pass
    assert lock.holder(tmp_path) is None


def test_the_newest_three_stay_and_what_is_protected_or_in_use(tmp_path: Path) -> None:
    names = [f"2026050{day}T120000Z-abcdef{day}" for day in range(1, 8)]
    make(tmp_path, *names)
    (tmp_path / "releases" / "20260509T120000Z-abcdef9").mkdir()  # not built to its end
    sleeping = subprocess.Popen(["sleep", "60"], cwd=tmp_path / "releases" / names[1])
    try:
        gone = releases.prune(tmp_path, {names[0], None})
    finally:
        sleeping.kill()
        sleeping.wait()
    assert gone == names[2:4]
    assert list(releases.built(tmp_path)) == [*names[:2], *names[4:]]
    assert releases.remove_unfinished(tmp_path) == ["20260509T120000Z-abcdef9"]


def test_current_is_switched_in_one_step(tmp_path: Path) -> None:
    assert releases.current(tmp_path) is None
    (tmp_path / ".current").symlink_to("releases/what-a-killed-one-left")
    for name in ("A", "B", None):
        releases.switch(tmp_path, name)
        assert releases.current(tmp_path) == name
    assert list(tmp_path.iterdir()) == []


def test_a_release_is_named_by_its_name_or_its_commit(tmp_path: Path) -> None:
    make(tmp_path, "20260501T120000Z-abcdef1", "20260502T120000Z-abcdef2", "20260503T120000Z-abcdef2")
    assert releases.named(tmp_path, "abcdef1").name == "20260501T120000Z-abcdef1"
    assert releases.named(tmp_path, "20260503T120000Z-abcdef2").commit == "abcdef2"
    with pytest.raises(Permanent, match="more than one release is called abcdef2"):
        releases.named(tmp_path, "abcdef2")


def test_a_program_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    argv = ["sh", "-c", "echo before; sleep 300 & sleep 300"]
    done = programs.attempt(argv, tmp_path, 0.5)
    assert (done.code, done.said) == (programs.TOO_LONG, "before\n")
    assert "did not end within its time" in done.told()
    with pytest.raises(Permanent, match="no-such-program cannot be run"):
        programs.run(["no-such-program"], tmp_path, 1)


def test_what_a_program_is_given_is_in_its_environment_and_never_on_a_command_line(tmp_path: Path) -> None:
    code = "import os\nfrom pathlib import Path\nfrom deployment.releasing import programs\n"
    code += "print(programs.run(['sh', '-c', 'echo $GIVEN'], Path('/'), 5, GIVEN=os.environ['HIDDEN']))"
    trace = ["strace", "--follow-forks", "--trace=execve", "--string-limit=1000", f"--output={tmp_path}/trace"]
    root = Path(__file__).resolve().parents[2]
    given = os.environ | {"PYTHONPATH": str(root), "HIDDEN": "not for everybody"}
    done = subprocess.run([*trace, sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "not for everybody"
    assert "echo $GIVEN" in (told := (tmp_path / "trace").read_text(encoding="utf8"))
    assert "not for everybody" not in told


def test_a_program_ends_with_whoever_started_it(tmp_path: Path) -> None:
    code = "from pathlib import Path\nfrom deployment.releasing import programs\n"
    code += "programs.run(['sh', '-c', 'echo $$ > pid; exec sleep 300'], Path('.').absolute(), 300)"
    root = Path(__file__).resolve().parents[2]
    deploy = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(root)})
    file = tmp_path / "pid"
    while not (file.exists() and file.read_text(encoding="ascii").strip()):
        assert deploy.poll() is None
    pid = int(file.read_text(encoding="ascii"))
    deploy.kill()
    deploy.wait()
    while _is_alive(pid):
        pass


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("value", "schema", "wrong"),
    [
        ({"id": 1}, PARK, []),
        ({"id": "1"}, PARK, [".id is str, not integer"]),
        ({"id": True}, PARK, [".id is bool, not integer"]),
        ({}, PARK, [".id is missing"]),
        ([], PARK, ["it is list, not object"]),
        ([{"id": 1}, {}], {"type": "array", "items": PARK}, ["[1].id is missing"]),
        (None, {"anyOf": [PARK, {"type": "null"}]}, []),
        ("x", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, ["it is str, not integer"]),
        ("x", {"type": "string", "enum": ["y"]}, ["it is 'x', none of ['y']"]),
        ({"x": 1.5}, {"type": "object", "additionalProperties": {"type": "number"}}, []),
        ({"x": 1}, {"type": "object", "additionalProperties": False}, [".x is not in the schema"]),
    ],
)
def test_json_is_held_to_its_schema(value: object, schema: dict[str, object], wrong: list[str]) -> None:
    assert list(json_shapes.faults(value, schema, DOCUMENT)) == wrong
