"""Which way imports go: the table of CONTRIBUTING.md, held."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parent.parent
APPLICATIONS = ("jobs", "webapp", "wrapper", "monitoring", "deployment")
SHARED = "hallofshame."  # every module of the shared package but the console and its commands
VALUES = ("hallofshame.model", "hallofshame.errors", "hallofshame.clock")
TOLD = tuple(f"hallofshame.alerts.{name}" for name in ("content", "facts", "kinds", "output", "words"))

# module or package: (what it may import of ours, what of others). Longest name wins. Siblings are always allowed.
TABLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "hallofshame": ((), ()),
    "hallofshame.aggregation": ((*VALUES, "hallofshame.rules", "hallofshame.store"), ()),
    "hallofshame.alerts": ((SHARED,), ("pydantic",)),
    # What a mail says is found out elsewhere.
    "hallofshame.alerts.composing": (
        (*VALUES, *TOLD, "hallofshame.mail", "hallofshame.rules"),
        ("css_inline", "jinja2"),
    ),
    "hallofshame.alerts.content": ((*VALUES, *TOLD, "hallofshame.rules"), ()),
    "hallofshame.alerts.kinds": ((*VALUES, *TOLD, "hallofshame.quantities", "hallofshame.rules"), ()),
    "hallofshame.alerts.output": ((*VALUES, *TOLD, "hallofshame.journal"), ()),
    "hallofshame.alerts.words": (VALUES, ()),
    "hallofshame.archive": (
        (*VALUES, "hallofshame.feed", "hallofshame.polls_file", "hallofshame.rules", "hallofshame.whole_files"),
        ("boto3", "botocore"),
    ),
    "hallofshame.archiving": ((SHARED,), ()),
    "hallofshame.arrival": ((*VALUES, "hallofshame.rules", "hallofshame.store"), ()),
    "hallofshame.auditing": ((SHARED,), ()),
    "hallofshame.backfilling": ((SHARED,), ()),
    "hallofshame.checks": ((*VALUES, "hallofshame.settings"), ()),
    "hallofshame.checkup": ((SHARED,), ()),
    "hallofshame.clock": ((), ()),
    "hallofshame.clock_changes": ((), ()),
    "hallofshame.commands": ((SHARED,), ("click",)),
    "hallofshame.console": (("hallofshame.errors",), ("click",)),
    "hallofshame.deploys": (("hallofshame.clock", "hallofshame.release", "hallofshame.whole_files"), ()),
    "hallofshame.due_times": ((), ("cronsim",)),
    "hallofshame.errors": ((), ()),
    "hallofshame.feed": (VALUES, ("pydantic",)),
    "hallofshame.host_file": ((), ()),
    "hallofshame.jobs_file": (
        (*VALUES, "hallofshame.due_times", "hallofshame.quantities", "hallofshame.rules.expectations"),
        ("cronsim", "pydantic"),
    ),
    "hallofshame.importing": ((SHARED,), ()),
    "hallofshame.journal": (VALUES, ()),
    "hallofshame.judging": ((*VALUES, "hallofshame.rules", "hallofshame.polls_file", "hallofshame.feed"), ()),
    "hallofshame.last_bodies": ((), ()),
    "hallofshame.leaderboards": ((*VALUES, "hallofshame.rules", "hallofshame.store"), ()),
    "hallofshame.limiter": (VALUES, ()),
    "hallofshame.linting": (
        (
            *VALUES,
            "hallofshame.clock_changes",
            "hallofshame.jobs_file",
            "hallofshame.quantities",
            "hallofshame.rules.expectations",
        ),
        ("cronsim",),
    ),
    "hallofshame.logs": ((), ("pythonjsonlogger",)),
    "hallofshame.living_runs": ((*VALUES, "hallofshame.journal", "hallofshame.processes"), ()),
    "hallofshame.mail": ((*VALUES, "hallofshame.settings"), ("python_http_client", "sendgrid")),
    "hallofshame.model": ((), ()),
    "hallofshame.park_overrides": (VALUES, ("tzfpy",)),
    "hallofshame.polls_file": ((*VALUES, "hallofshame.rules"), ()),
    "hallofshame.output_logs": ((), ()),
    "hallofshame.processes": ((), ()),
    "hallofshame.quantities": ((), ()),
    "hallofshame.queue_times": (
        (*VALUES, "hallofshame.feed", "hallofshame.last_bodies", "hallofshame.limiter", "hallofshame.retrying"),
        ("requests",),
    ),
    "hallofshame.redaction": ((), ()),
    "hallofshame.replay": ((SHARED,), ()),
    "hallofshame.retrying": (VALUES, ("tenacity",)),
    "hallofshame.rules": (VALUES[:2], ()),
    "hallofshame.run_id": ((), ()),
    "hallofshame.runtime": ((SHARED,), ()),
    "hallofshame.release": ((), ()),
    "hallofshame.settings": ((*VALUES, "hallofshame.host_file", "hallofshame.release"), ("pydantic", "dotenv")),
    "hallofshame.store": (VALUES, ("sqlalchemy", "alembic")),
    "hallofshame.tier_file": ((*VALUES, "hallofshame.rules"), ()),
    "hallofshame.whole_files": ((), ()),
    "jobs": ((SHARED,), ("click",)),
    "wrapper": (
        (
            "hallofshame.errors",
            "hallofshame.host_file",
            "hallofshame.journal",
            "hallofshame.output_logs",
            "hallofshame.processes",
            "hallofshame.redaction",
            "hallofshame.release",
            "hallofshame.replay",
            "hallofshame.run_id",
            "hallofshame.settings",
        ),
        (),
    ),
    "webapp": (
        (SHARED,),
        ("click", "flask", "flask_cors", "limits", "prometheus_client", "pydantic", "werkzeug"),
    ),
    "monitoring": ((SHARED,), ("click", "pydantic")),
    "monitoring.cloudwatch": ((SHARED,), ("boto3", "botocore")),
    "deployment": ((SHARED,), ("click", "cronsim", "jinja2")),
    # With the host's own Python, before there is a release: the standard library alone.
    "deployment.releasing": (
        (
            "hallofshame.clock",
            "hallofshame.deploys",
            "hallofshame.errors",
            "hallofshame.host_file",
            "hallofshame.whole_files",
        ),
        (),
    ),
    "deployment.releasing.smoke": (("hallofshame.clock", "hallofshame.errors", "hallofshame.settings"), ()),
    "deployment.parameter_store": ((SHARED,), ("boto3", "botocore")),
}


def sources() -> Iterator[tuple[str, Path]]:
    for folder in ("hallofshame", *APPLICATIONS):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[str]:
    """Every absolute import, wherever it stands; relative ones stay among siblings."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def row_of(module: str) -> str:
    return max((name for name in TABLE if f"{module}.".startswith(f"{name}.")), key=len)


def is_allowed(imported: str, module: str) -> bool:
    row = row_of(module)
    ours, others = TABLE[row]
    top = imported.split(".", maxsplit=1)[0]
    if top == "hallofshame":
        inside = SHARED in ours and not imported.startswith(("hallofshame.commands", "hallofshame.console"))
        return inside or any(f"{imported}.".startswith(f"{name}.") for name in (*ours, row))
    return top in sys.stdlib_module_names or top in others


@pytest.mark.parametrize(("module", "path"), [pytest.param(*each, id=each[0]) for each in sources()])
def test_a_module_imports_only_what_the_table_allows(module: str, path: Path) -> None:
    assert [name for name in imports(path) if not is_allowed(name, module)] == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("hallofshame.rules.status", "hallofshame.store.polls"),
        ("hallofshame.store.polls", "hallofshame.rules.status"),
        ("hallofshame.feed", "sqlalchemy.select"),
        ("jobs.collect", "wrapper.flags"),
        ("jobs.collect", "sqlalchemy.Engine"),
        ("webapp.site", "hallofshame.console.main"),
    ],
)
def test_the_table_refuses(module: str, imported: str) -> None:
    assert not is_allowed(imported, module)


def calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf8"))
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize(("module", "path"), [pytest.param(*each, id=each[0]) for each in sources()])
def test_only_the_settings_read_the_environment_and_only_the_clock_the_time(module: str, path: Path) -> None:
    if module.startswith("wrapper"):  # may load neither before the job runs
        return
    asked = calls(path)
    environment = {"os.environ", "os.getenv"} if module != "hallofshame.settings" else set()
    time = {
        "datetime.now",
        "datetime.utcnow",
        "date.today",
        "time.time",
        "time.monotonic",
        "time.time_ns",
        "time.sleep",
    }
    assert asked.isdisjoint(environment | (time if module != "hallofshame.clock" else set()))
