"""What is documented is what is there."""

import re
from pathlib import Path

import pytest

from hallofshame import settings
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
