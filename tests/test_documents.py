"""What is documented is what is there."""

import re
from pathlib import Path

import pytest

from hallofshame import jobs_file, settings
from hallofshame.alerts.words import KIND_WORDS
from hallofshame.console import COMMANDS
from webapp.api import openapi

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parent.parent
HANDBOOK = ROOT / "docs" / "operations.md"


def test_the_example_of_an_environment_has_every_setting_with_its_description() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf8")
    entries = dict(re.findall(r"^# (.+)\n# ?(\w+)=", example, re.MULTILINE))
    told = {name: description for description, name in entries.items()}
    assert told == {name: field.description for name, field in settings.variables().items()}


def test_every_secret_in_the_example_says_that_it_may_be_a_file() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf8")
    for name, field in settings.variables().items():
        assert (f"{name}_FILE" in example) == settings.is_secret(field), name


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented(name: str) -> None:
    assert f"`hos {name}" in (ROOT / "README.md").read_text(encoding="utf8")


def test_every_failure_of_the_wrappers_catalogue_is_held_by_a_test_that_exists() -> None:
    document = (ROOT / "docs" / "wrapper.md").read_text(encoding="utf8")
    named = re.findall(r"`(test_\w+)::(test_\w+)`", document)
    assert len(named) > 40
    for file, test in named:
        [path] = (ROOT / "tests").rglob(f"{file}.py")
        assert f"def {test}(" in path.read_text(encoding="utf8"), test


@pytest.mark.parametrize("word", sorted({*KIND_WORDS.values(), "FLAPPING", "OK again", "STORM", "DIGEST"}))
def test_every_word_of_an_alert_is_explained(word: str) -> None:
    document = (ROOT / "docs" / "alerts.md").read_text(encoding="utf8")
    table = [line for line in document.splitlines() if line.startswith("| ")]
    assert any(word in line.split("|")[1] for line in table)


def headings(document: Path) -> dict[str, str]:
    """Anchors, as code hosts make them, with their headings."""
    found = re.findall(r"^#{2,3} (.+)$", document.read_text(encoding="utf8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"): heading for heading in found}


@pytest.mark.parametrize("word", sorted({*KIND_WORDS.values(), "FLAPPING", "STORM", "DIGEST", "A unit that failed"}))
def test_the_handbook_has_a_section_for_every_kind_of_alert(word: str) -> None:
    assert word in headings(HANDBOOK).values()


@pytest.mark.parametrize("name", sorted(jobs_file.load(ROOT / "jobs.toml")))
def test_the_handbook_has_a_section_for_every_job_and_its_runbook_leads_there(name: str) -> None:
    job = jobs_file.load(ROOT / "jobs.toml")[name]
    assert job.runbook == f"docs/operations.md#{name}"
    assert headings(HANDBOOK)[name] == name


def test_the_handbook_names_every_unit_that_can_fail() -> None:
    units = (ROOT / "deployment" / "units").glob("*.service")
    named = [unit.name for unit in units if "@" not in unit.name]
    assert named
    text = HANDBOOK.read_text(encoding="utf8")
    assert [name for name in named if f"| `{name}` |" not in text] == []


def test_what_the_handbook_tells_to_paste_exists() -> None:
    text = HANDBOOK.read_text(encoding="utf8")
    said = set(re.findall(r"(?:`|^    |; |hallofshame |_MIGRATE )hos ([a-z-]+)", text, re.MULTILINE))
    assert len(said) > 10
    assert said <= {*COMMANDS}
    assert [path for path in re.findall(r"\bdeployment/[\w.-]+", text) if not (ROOT / path).exists()] == []


def test_every_setting_that_the_handbook_names_is_one() -> None:
    known = {*settings.variables()}
    known |= {f"{name}_FILE" for name in known} | {"HOS_DATABASE_URL_MIGRATE", "HOS_DATABASE_URL_WEB"}
    assert set(re.findall(r"\b(?:HOS|SENDGRID)_[A-Z_]+\b", HANDBOOK.read_text(encoding="utf8"))) <= known


@pytest.mark.parametrize("document", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_every_link_of_a_document_leads_somewhere(document: str) -> None:
    path = ROOT / "docs" / document
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf8")):
        if "://" not in target:
            file, _, anchor = target.partition("#")
            there = (path.parent / file).resolve() if file else path
            assert there.exists(), target
            assert not anchor or anchor in headings(there), target


@pytest.mark.parametrize("path", sorted(openapi.document()["paths"]))
def test_every_route_of_the_api_is_documented(path: str) -> None:
    assert f"`{path}`" in (ROOT / "docs" / "api.md").read_text(encoding="utf8")
