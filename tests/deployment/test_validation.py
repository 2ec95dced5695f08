"""`hos validate` as a unit calls it: from a release, on a real database. What is wrong is one line, and exit code 1."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import pytest
from sqlalchemy import text

from deployment import built_release
from hallofshame.store import database
from hallofshame.store import engine as engines
from hallofshame.store.schema import REVISION
from tests import mariadb
from tests.conftest import Prepared
from tests.deployment import installed_release
from tests.wrapper.conftest import private_mounts, without_coverage

pytestmark = [pytest.mark.integration, pytest.mark.slow]

__all__ = ["private_mounts"]

CPU_SECONDS = 1.0
TRIES = 8  # on a busy machine, of which the best counts
READ_ONLY = 'folder=$1; shift; mount --bind "$folder" "$folder" && mount -o remount,bind,ro "$folder" && exec "$@"'


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not installed_release.fits():
        pytest.skip(f"{installed_release.SYSTEM_PYTHON} is another Python than that of the tests")
    return installed_release.install(tmp_path_factory.mktemp("prefix"))


class Site:
    """A host with a release, its settings in the host's file, and nothing else."""

    def __init__(self, release: Path, folder: Path, url: str) -> None:
        self.release = release
        self.folder = folder
        self.state = folder / "state"
        self.state.mkdir()
        self.settings = {
            "HOS_DATABASE_URL": url,
            "HOS_STATE_DIR": str(self.state),
            "HOS_SITE_URL": "https://example.org",
            "HOS_TRUSTED_PROXIES": "1",
            "HOS_JOBS_FILE": str(release / "jobs.toml"),
            "HOS_ALERT_TO": "ops@example.org",
            "HOS_SMTP_URL": "smtp://localhost",
        }

    @property
    def host_file(self) -> Path:
        return self.folder / "hallofshame.env"

    def validate(
        self, *flags: str, before: tuple[str, ...] = (), mode: int = 0o640
    ) -> "subprocess.CompletedProcess[str]":
        lines = "".join(f"{name}={value}\n" for name, value in self.settings.items())
        self.host_file.write_text(lines, encoding="utf8")
        self.host_file.chmod(mode)
        return subprocess.run(
            [*before, str(self.release / ".venv" / "bin" / "hos"), "validate", *flags],
            env=without_coverage(dict(os.environ)) | {"HOS_SETTINGS_FILE": str(self.host_file)},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def refusal(self, *flags: str, before: tuple[str, ...] = (), mode: int = 0o640) -> dict[str, str]:
        """What failed, by check; it has to exit with 1 and leave no traceback."""
        done = self.validate(*flags, "--json", before=before, mode=mode)
        assert (done.returncode, done.stderr) == (1, "")
        found = json.loads(done.stdout)
        return {each["check"]: each["message"] for each in found if each["level"] == "fail"}


@pytest.fixture
def site(release: Path, tmp_path: Path, prepared: Prepared) -> Site:
    return Site(release, tmp_path, prepared.url("mysqldb", tmp_path))


@contextmanager
def changed(file: Path, content: str | None) -> Iterator[None]:
    """A file that is another one meanwhile, or none."""
    kept = file.read_bytes()
    if content is None:
        file.unlink()
    else:
        file.write_text(content, encoding="utf8")
    try:
        yield
    finally:
        file.write_bytes(kept)


@pytest.mark.parametrize("purpose", ["web", "jobs"])
def test_what_can_run_is_one_good_line_a_check_and_nothing_is_changed(site: Site, purpose: str) -> None:
    done = site.validate("--for", purpose)
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert {line.split()[0] for line in lines} == {"ok"}
    assert [line.split()[1] for line in lines][:5] == ["settings", "secrets", "release", "application", "database"]
    assert f"answers, and its schema is {REVISION}" in done.stdout
    assert sorted(path.name for path in site.folder.rglob("*")) == ["hallofshame.env", "state"]


@pytest.mark.parametrize("purpose", ["web", "jobs"])
def test_it_takes_a_second_of_processor_time_at_most(site: Site, purpose: str) -> None:
    used: list[float] = []
    while len(used) < TRIES and min(used, default=CPU_SECONDS + 1) > CPU_SECONDS:
        before = os.times()
        assert site.validate("--for", purpose).returncode == 0
        after = os.times()
        used.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(used) <= CPU_SECONDS


def test_a_broken_application_says_where(site: Site) -> None:
    file = installed_release.site_packages(site.release) / "hallofshame" / "webapp" / "live.py"
    with changed(file, "raise RuntimeError('broken on purpose')\n"):
        refused = site.refusal()
    assert set(refused) == {"application", "release"}
    assert refused["application"].startswith(
        f"hallofshame.webapp.app cannot be loaded: RuntimeError: broken on purpose ({file}:1): "
    )
    assert refused["release"] == f"{file} is not as it was installed: build the release anew"


def test_a_broken_job_says_where(site: Site) -> None:
    file = installed_release.site_packages(site.release) / "hallofshame" / "jobs" / "collect.py"
    with changed(file, "import no_such_module\n"):
        refused = site.refusal("--for", "jobs")["application"]
    assert refused.startswith(
        "hallofshame.jobs.collect cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"
    )


def test_what_serves_the_site_is_looked_at_without_a_connection(site: Site) -> None:
    file = installed_release.site_packages(site.release) / "hallofshame" / "webapp" / "wsgi.py"
    with changed(file, "application = = None\n"):
        assert site.refusal()["application"].startswith("the site cannot be made: SyntaxError: invalid syntax (wsgi.py")


def test_a_wrong_password(site: Site) -> None:
    at = Path(os.environ[mariadb.SOCKET_VARIABLE])
    mariadb.execute(at, "CREATE OR REPLACE USER validated@localhost IDENTIFIED BY 'sesame'")
    try:
        site.settings["HOS_DATABASE_URL"] = mariadb.url(at, "mysql", "mysqldb").replace("root@", "validated:guess@")
        refused = site.refusal()
    finally:
        mariadb.execute(at, "DROP USER validated@localhost")
    assert set(refused) == {"database"}
    assert "Access denied for user 'validated'@'localhost'" in refused["database"]
    assert refused["database"].endswith(f": does it run, and is HOS_DATABASE_URL in {site.host_file} right?")
    assert "guess" not in refused["database"]


def test_a_database_that_is_away_or_hangs_is_a_failure_in_time(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site.settings["HOS_DATABASE_URL"] = f"mysql+pymysql://hos@127.0.0.1:{silent.getsockname()[1]}/hos"
        started = time.monotonic()
        assert set(site.refusal()) == {"database"}
        assert time.monotonic() - started < 20
    assert set(site.refusal()) == {"database"}


@pytest.mark.parametrize(("purpose", "name"), [("web", "HOS_DATABASE_URL"), ("jobs", "HOS_STATE_DIR")])
def test_a_setting_that_is_missing_says_where_to_set_it(site: Site, purpose: str, name: str) -> None:
    del site.settings[name]
    refused = site.refusal("--for", purpose)
    assert refused["settings"].startswith(f"{name} is not set: set it in {site.host_file}. ")


def test_a_setting_that_is_wrong_says_where_it_stands(site: Site) -> None:
    site.settings["HOS_DATABASE_URL"] = "postgresql://host/name"
    refused = site.refusal()
    assert refused["settings"].startswith(f"HOS_DATABASE_URL in {site.host_file} is wrong (")


def test_what_else_should_be_set_is_told_and_refuses_nothing(site: Site) -> None:
    del site.settings["HOS_SITE_URL"]
    done = site.validate()
    assert done.returncode == 0
    assert f"warn  settings         HOS_SITE_URL is not set: set it in {site.host_file}. " in done.stdout


@pytest.mark.parametrize(("revision", "refuses"), [(None, True), ("0001", True), ("9999", False)])
def test_an_old_schema_is_refused_and_a_later_one_is_not(
    site: Site, mariadb_url: str, revision: str | None, refuses: bool
) -> None:
    site.settings["HOS_DATABASE_URL"] = mariadb_url
    opened = database.open_as_it_is(mariadb_url)
    if revision:
        with engines.begin(opened) as conn:
            conn.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
            conn.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
    opened.dispose()
    if refuses:
        expected = f"the database's schema is {revision or 'empty'}, this release needs {REVISION}: run hos migrate"
        assert site.refusal() == {"database": expected}
    else:
        assert site.validate().returncode == 0


def test_a_missing_ca(site: Site) -> None:
    site.settings["HOS_DATABASE_CA"] = str(site.folder / "ca.pem")
    refused = site.refusal()["database"]
    assert refused.startswith(f"HOS_DATABASE_CA: {site.folder}/ca.pem cannot be read (No such file or directory)")


@pytest.mark.parametrize("folder", ["state", "state/journal"])
def test_a_directory_that_cannot_be_written_to(site: Site, private_mounts: None, folder: str) -> None:
    (site.folder / folder).mkdir(exist_ok=True)
    before = ("unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(site.folder / folder))
    refused = site.refusal("--for", "jobs", before=before)
    assert set(refused) == {"directories"}
    assert f"cannot be written to by user {os.geteuid()}: " in refused["directories"]
    assert f"set another in {site.host_file} (HOS_STATE_DIR" in refused["directories"]
    assert site.validate(before=before).returncode == 0  # the site writes nothing there


def test_secrets_that_every_user_can_read(site: Site) -> None:
    key = site.folder / "key"
    key.write_text("SG.sesame", encoding="utf8")
    key.chmod(0o644)
    site.settings["SENDGRID_API_KEY_FILE"] = str(key)
    assert site.refusal() == {"secrets": f"{key} is open to every user of this host: chmod o= {key}"}
    key.chmod(0o640)
    told = f"{site.host_file} is open to every user of this host: chmod o= {site.host_file}"
    assert site.refusal(mode=0o644) == {"secrets": told}


def test_a_release_that_was_not_built_to_its_end(site: Site) -> None:
    mark = site.release / "RELEASE"
    with changed(mark, None):
        assert site.refusal()["release"].startswith(f"{mark} does not say that the build came to its end")
    with changed(mark, '{"name": "another"}'):
        assert site.refusal()["release"] == f"{mark} is that of another: build the release anew"
    document = installed_release.site_packages(site.release) / "hallofshame" / "webapp" / "api" / "openapi.json"
    with changed(document, None):
        assert site.refusal()["release"] == f"{document} is missing: build the release anew"


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["no-such-package>=1,<2", "click>=8", 'boto3; extra == "aws"']
    monkeypatch.setattr(metadata, "requires", lambda _: asked)
    assert list(built_release.faults()) == ["the package no-such-package is not installed: build the release anew"]


def test_a_python_below_a_home_directory() -> None:
    found = list(built_release._below_a_home(Path("/home/someone/python"), Path("/usr/bin/python3.11")))
    assert [fault.split(" lies below a home directory")[0] for fault in found] == ["/home/someone/python"]
