"""What is documented is what is there."""

import re
from pathlib import Path

import pytest

from hallofshame import settings
from hallofshame.alerts.words import KIND_WORDS
from hallofshame.console import COMMANDS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parent.parent


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
