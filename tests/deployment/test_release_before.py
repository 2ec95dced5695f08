"""A migration only adds: the code as it was before the newest one runs on the schema that it leads to.

A deploy migrates before it switches and a roll-back leaves the schema, so that code serves there: its own tests say
that it can, and its commands do it.
"""

import json
import os
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from scripts.simulation.server import serve
from scripts.simulation.world import World
from tests.deployment import release_before
from tests.deployment.release_before import ROOT, VERSIONS, NoReleaseBeforeError, Outcome
from tests.shared_data import shared
from tests.wrapper.conftest import without_coverage

pytestmark = [pytest.mark.integration, pytest.mark.deployment]

# What reads and writes the database, every table of it. Left out is the same through another driver, and what is slow.
ITS_TESTS = (
    *("tests/store", "tests/jobs", "tests/webapp"),
    *("tests/test_importing.py", "tests/test_archiving.py", "tests/test_replay.py", "tests/test_reconciling.py"),
    *("-m", "not slow and not deployment", "-k", "not pymysql and not gunicorn"),
)

# Of these nothing else can come there: each says that the database's schema is the one its own code was written for.
SEE_ANOTHER_SCHEMA = {
    "tests.store.test_schema::test_migrations_lead_to_the_schema": "compares tables with its schema.py",
    "tests.store.test_schema::test_the_revision_the_code_asks_for_is_the_newest_migration": "compares with REVISION",
    "tests.store.test_schema::test_a_migration_that_broke_off_can_be_run_again": "ends at REVISION",
    "tests.store.test_schema::test_an_embedded_database_is_made_on_first_use": "ends at REVISION",
}
REVISION_OF_A_DATABASE = "tests.store.test_schema::test_an_embedded_database_is_made_on_first_use"

CONTRACTIONS = {
    "drops": ("drop_column('argv')", "argv"),
    "renames": ("alter_column('reason', new_column_name='why', existing_type=sa.String(500))", "reason"),
    "demands": ("add_column(sa.Column('tenant', sa.Integer(), nullable=False))", "tenant"),
}
CONTRACTING = """\
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = {head!r}


def upgrade() -> None:
    with op.batch_alter_table("job_runs", recreate="always") as table:
        table.{step}
"""

RECORDED = "data/polls/plopsaland_2022-12-06_10.jsonl.gz"
RECORDED_DAYS = ("--from", "2022-12-06", "--to", "2022-12-10")
JOBS = {"collect": "hos-collect", "aggregate-hourly": "hos-aggregate-hourly", "aggregate-daily": "hos-aggregate-daily"}

# Every page and answer that asks for nothing, or for what was recorded.
ASK_EVERYTHING = """
import json
from flask import url_for
from hallofshame.webapp.wsgi import application

recorded, told = {"park_id": 54, "ride_id": 5590}, {}
with application.test_request_context():
    rules = [rule for rule in application.url_map.iter_rules() if rule.arguments <= recorded.keys()]
    paths = [url_for(rule.endpoint, **{name: recorded[name] for name in rule.arguments}) for rule in rules]
for path in paths:
    told[path] = application.test_client().get(path).status_code
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def commit() -> str:
    try:
        return release_before.commit_before(ROOT, release_before.newest_migration(ROOT))
    except NoReleaseBeforeError as error:
        pytest.skip(f"whether the release before runs on this schema was not tried: {error}")


@pytest.fixture(scope="module")
def as_it_was(commit: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = release_before.lay_out(commit, tmp_path_factory.mktemp("as-it-was"))
    assert not (tree / release_before.newest_migration(ROOT)).exists()
    return tree


def test_its_own_tests_pass_on_the_newer_schema(commit: str, tmp_path: Path, mariadb_url: str) -> None:
    tree = release_before.lay_out(commit, tmp_path / "before")
    release_before.give_migrations(tree)
    outcome = release_before.run_its_tests(tree, tmp_path, *ITS_TESTS, "-n", "2")
    assert set(SEE_ANOTHER_SCHEMA) <= outcome.names, "one that is excused is there no longer"
    assert REVISION_OF_A_DATABASE in outcome.failed, "its databases were not at the newer schema"
    wrong = [f"{name}: {why[:300]}" for name, why in unexcused(outcome).items()]
    assert not wrong, f"{len(wrong)} of its tests fail on this schema:\n" + "\n".join(wrong[:20])
    assert {"sqlite", "mysqldb"} <= {name.partition("[")[2].rstrip("]") for name in outcome.passed}
    assert outcome.tables
    assert outcome.tables - outcome.written == set(), "tables that no test wrote to"
    assert outcome.tables - outcome.read == set(), "tables that no test read from"


@pytest.mark.parametrize("kind", CONTRACTIONS)
def test_a_migration_that_takes_away_is_seen(kind: str, commit: str, tmp_path: Path, mariadb_url: str) -> None:
    step, column = CONTRACTIONS[kind]
    tree = release_before.lay_out(commit, tmp_path / "before")
    release_before.give_migrations(tree)
    contracting = CONTRACTING.format(head=head_of(tree), step=step)
    (tree / VERSIONS / "9999_takes_away.py").write_text(contracting, encoding="utf8")
    outcome = release_before.run_its_tests(tree, tmp_path, "tests/store/test_runs.py", "-k", "not pymysql")
    for database in ("sqlite", "mysqldb"):
        said = [why for name, why in unexcused(outcome).items() if database in name]
        assert any(column in why for why in said), said


@pytest.mark.parametrize("kind", ["sqlite", "mysqldb"])
def test_it_works_on_after_a_roll_back(kind: str, as_it_was: Path, tmp_path: Path, feed: str, mariadb_url: str) -> None:
    """Deployed, followed by this tree, come back to, and followed once more: on one database and its rows."""
    url = mariadb_url if kind == "mysqldb" else f"sqlite:///{tmp_path}/hos.sqlite3"
    before = Release(as_it_was, as_it_was / ".venv/bin", tmp_path, url, feed)
    after = Release(ROOT, Path(sysconfig.get_path("scripts")), tmp_path, url, feed)
    before.run("hos", "migrate")
    before.run("hos", "import", str(shared(RECORDED)))
    assert before.works() == {}
    after.run("hos", "migrate")
    assert revision_of(after) > revision_of(before)
    assert after.works() == {}
    assert before.works() == {}
    assert after.works() == {}


@dataclass(frozen=True, slots=True)
class Release:
    """One of two that share a host's state and its database."""

    tree: Path
    programs: Path
    folder: Path
    url: str
    feed: str

    def run(self, *argv: str) -> str:
        """What it printed; it has to succeed."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("HOS_")}
        settings = {
            "HOS_STATE_DIR": str(self.folder / "state"),
            "HOS_DATABASE_URL": self.url,
            "HOS_QUEUE_TIMES_URL": self.feed,
            "HOS_QUEUE_TIMES_REQUESTS_PER_SECOND": "0",
            "HOS_JOBS_FILE": str(self.tree / "jobs.toml"),
        }
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=without_coverage(others | settings) | {"PATH": f"{self.programs}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{argv} of {self.tree}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def works(self) -> dict[str, object]:
        """Have it do all that it does on a host; returns what went wrong in jobs and on the site."""
        if "validate" in self.run("hos", "--help"):  # it came after migration 0007
            for purpose in ("web", "jobs"):
                self.run("hos", "validate", "--for", purpose)
        for job, program in JOBS.items():
            self.run("hos-cron", job, "--", program)
        self.run("hos", "watch")
        self.run("hos", "flush")
        self.run("hos", "backfill", *RECORDED_DAYS)
        runs = json.loads(self.run("hos", "runs", "--limit", str(len(JOBS)), "--json"))
        wrong = {run["job"]: run for run in runs if run["state"] != "succeeded"}
        assert {run["job"] for run in runs} == set(JOBS)
        told = json.loads(self.run("python", "-c", ASK_EVERYTHING))
        assert {told["/"], told["/api/health"], told["/api/v1/live"]} == {200}
        return wrong | {path: status for path, status in told.items() if status >= 500}


@pytest.fixture(scope="module")
def feed() -> Iterator[str]:
    with serve(World(seed=1, park_count=3)) as url:
        yield url


def unexcused(outcome: Outcome) -> dict[str, str]:
    return {name: why for name, why in outcome.failed.items() if name.partition("[")[0] not in SEE_ANOTHER_SCHEMA}


def head_of(tree: Path) -> str:
    config = Config()
    config.set_main_option("script_location", str(tree / VERSIONS.parent))
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head
    return head


def revision_of(release: Release) -> str:
    """What its code was written for."""
    return release.run("python", "-c", "from hallofshame.store.schema import REVISION; print(REVISION)").strip()


# --- which commit is the release before


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A commit with one migration, one with a second, one with none."""
    folder = tmp_path / "repository"
    (folder / VERSIONS).mkdir(parents=True)
    git(folder, "init", "--quiet")
    for name in (VERSIONS / "0001_first.py", VERSIONS / "0002_second.py", Path("README.md")):
        (folder / name).touch()
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", name.name)
    return folder


def test_it_is_the_commit_before_the_newest_migration(repository: Path) -> None:
    newest = release_before.newest_migration(repository)
    assert newest == VERSIONS / "0002_second.py"
    assert release_before.commit_before(repository, newest) == git(repository, "rev-parse", "HEAD~2")


def test_it_is_the_last_commit_where_the_newest_migration_is_not_committed(repository: Path) -> None:
    (repository / VERSIONS / "0003_third.py").touch()
    newest = release_before.newest_migration(repository)
    assert release_before.commit_before(repository, newest) == git(repository, "rev-parse", "HEAD")
    git(repository, "add", "--all")
    assert release_before.commit_before(repository, newest) == git(repository, "rev-parse", "HEAD")


def test_without_the_history_it_is_said_what_to_do(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", str(clone))
    newest = release_before.newest_migration(clone)
    with pytest.raises(NoReleaseBeforeError, match=r"begins after 0002_second\.py came: git fetch --unshallow"):
        release_before.commit_before(clone, newest)
    (clone / ".git").rename(tmp_path / "elsewhere")
    with pytest.raises(NoReleaseBeforeError, match="no git checkout"):
        release_before.commit_before(clone, newest)


def git(folder: Path, *argv: str) -> str:
    name = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    done = subprocess.run(["git", *name, "-C", str(folder), *argv], capture_output=True, text=True, check=True)
    return done.stdout.strip()
