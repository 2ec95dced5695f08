"""setup-host makes a bare host ready, says before what it would do, and the second time has nothing to do."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hallofshame import settings
from tests import mariadb
from tests.deployment.hosts import ROOT, SETUP, bare, everything, set_up

pytestmark = [
    pytest.mark.deployment,
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0, reason="users and owners are root's to make"),
]
SECRETS = "etc/hallofshame/secrets"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return bare(tmp_path / "root")


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with mariadb.server() as socket:
        yield socket


def facts(path: Path) -> tuple[str, int, int]:
    found = path.stat()
    return oct(stat.S_IMODE(found.st_mode)), found.st_uid, found.st_gid


def ids(root: Path, file: str) -> dict[str, int]:
    lines = (line.split(":") for line in (root / "etc" / file).read_text().splitlines())
    return {fields[0]: int(fields[2]) for fields in lines}


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(root: Path) -> None:
    before = everything(root)
    told = set_up(root, "--dry-run")
    assert everything(root) == before
    for expected in ("make the user hallofshame-web", "make the secret", "install the unit", "write the settings"):
        assert f"would {expected}" in told


def test_a_second_time_there_is_nothing_to_do(root: Path, server: Path) -> None:
    set_up(root, "--database-socket", server)
    before = everything(root)
    assert "setup-host: everything is there" in set_up(root, "--database-socket", server)
    assert everything(root) == before
    assert "would" not in set_up(root, "--dry-run", "--no-database")


def test_what_is_missing_or_was_changed_comes_back_and_secrets_stay(root: Path) -> None:
    set_up(root)
    before = everything(root)
    shutil.rmtree(root / "var/backups/hallofshame")
    (root / "var/lib/hallofshame").chmod(0o777)
    (root / "etc/logrotate.d/hallofshame").write_text("nonsense")
    assert "setup-host: 3 changes" in set_up(root)
    assert everything(root) == before


def test_the_settings_of_an_operator_stay(root: Path) -> None:
    set_up(root)
    for name in ("hallofshame.env", "web.env"):
        (root / "etc/hallofshame" / name).write_text("HOS_SITE_URL=https://example.org\n")
    assert "everything is there" in set_up(root)
    assert (root / "etc/hallofshame/hallofshame.env").read_text() == "HOS_SITE_URL=https://example.org\n"


def test_folders_and_secrets_have_the_rights_they_should(root: Path) -> None:
    set_up(root)
    users, groups = ids(root, "passwd"), ids(root, "group")
    ours, web = (users["hallofshame"], groups["hallofshame"]), (0, groups["hallofshame-web"])
    assert {path: facts(root / path) for path in EXPECTED} == {
        path: (mode, *{"root": (0, 0), "ours": ours, "group": (0, ours[1]), "web": web}[owner])
        for path, (mode, owner) in EXPECTED.items()
    }
    assert "hallofshame:x:" + f"{ours[1]}:hallofshame-web" in (root / "etc/group").read_text()


EXPECTED = {
    "srv/hallofshame": ("0o755", "root"),
    "srv/hallofshame/releases": ("0o755", "root"),
    "etc/hallofshame": ("0o750", "group"),
    "etc/hallofshame/hallofshame.env": ("0o640", "group"),
    "etc/hallofshame/web.env": ("0o640", "web"),
    SECRETS: ("0o750", "group"),
    f"{SECRETS}/HOS_SIGNING_KEY": ("0o640", "group"),
    f"{SECRETS}/HOS_DATABASE_URL": ("0o400", "ours"),
    f"{SECRETS}/HOS_DATABASE_URL_WEB": ("0o440", "web"),
    f"{SECRETS}/HOS_DATABASE_URL_MIGRATE": ("0o400", "root"),
    "var/lib/hallofshame": ("0o700", "ours"),
    "var/backups/hallofshame": ("0o700", "ours"),
    "var/log/hallofshame": ("0o750", "group"),
}


def test_no_secret_is_in_any_argv_environment_output_or_readable_file(root: Path, server: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    strace = ("strace", "-f", "-v", "-s", "100000", "-e", "trace=execve", "-o", trace)
    told = set_up(root, "--database-socket", server, before=strace)
    started = trace.read_text(errors="replace")
    secrets = [*re.findall(r"[0-9a-f]{40,}", "".join(path.read_text() for path in (root / SECRETS).iterdir()))]
    assert len(secrets) == 4
    assert "mariadb" in started
    for secret in secrets:
        assert secret not in started + told
        held = [path for path in root.rglob("*") if path.is_file() and secret in path.read_text(errors="replace")]
        assert [path.parent.name for path in held] == ["secrets"]
        assert held[0].stat().st_mode & 0o007 == 0


def test_its_settings_are_settings_and_the_secrets_they_name_are_there(root: Path) -> None:
    set_up(root)
    example = (ROOT / "deployment" / "hallofshame.env.example").read_text(encoding="utf8")
    names = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))
    assert names <= {*settings.variables(), *(f"{name}_FILE" for name in settings.variables())}
    for name in ("hallofshame.env", "web.env"):
        for line in (root / "etc/hallofshame" / name).read_text().splitlines():
            if "_FILE=/etc/" in line and not line.startswith("#"):
                assert (root / line.split("=/")[1]).is_file(), line


def test_another_prefix_goes_through_all_that_names_it(root: Path) -> None:
    set_up(root, "--prefix", "/opt/hos")
    assert (root / "opt/hos/releases").is_dir()
    assert (root / "usr/local/bin/hos").readlink() == Path("/opt/hos/current/.venv/bin/hos")
    left = [
        path
        for folder in ("etc/systemd", "etc/hallofshame", "etc/logrotate.d")
        for path in (root / folder).rglob("*")
        if path.is_file() and "/srv/hallofshame" in path.read_text()
    ]
    assert left == []


def test_timers_and_sockets_are_enabled_and_templates_are_not(root: Path) -> None:
    set_up(root)
    enabled = {path.name for path in (root / "etc/systemd/system").glob("*.wants/*")}
    assert {"hos-watch.timer", "hos-web.socket", "hos-backup.timer"} <= enabled
    assert not [name for name in enabled if "@" in name or name.startswith("hos-credentials")]


def test_where_apache_serves_by_itself_its_other_site_is_installed_and_the_sites_own_unit_is_not_enabled(
    root: Path,
) -> None:
    told = set_up(root, "--server", "mod-wsgi")
    assert "left out with --root: enable Apache's module wsgi" in told
    assert [path.name for path in (root / "etc/apache2/sites-available").iterdir()] == ["hallofshame-mod-wsgi.conf"]
    assert "everything is there" in set_up(root)  # what was said holds on
    enabled = {path.name for path in (root / "etc/systemd/system").glob("*.wants/*")}
    assert enabled == {"hos-watch.timer", "hos-backup.timer"}


def test_with_a_prefix_of_secrets_they_are_fetched_at_boot(root: Path) -> None:
    set_up(root)
    with (root / "etc/hallofshame/hallofshame.env").open("a") as file:
        file.write("HOS_SSM_PREFIX=/themeparkhallofshame/prod/\n")
    assert "enable hos-credentials" in set_up(root)


@pytest.mark.parametrize(
    "options",
    [
        ["--database", "a-b"],
        ["--prefix", "srv"],
        ["--prefix", "/a b"],
        ["--schedule", "at"],
        ["--server", "apache"],
        ["--server", "mod-wsgi", "--no-apache"],
        ["--prefix"],
        ["--odd"],
    ],
)
def test_nonsense_is_refused_before_anything_is_done(root: Path, options: list[str]) -> None:
    before = everything(root)
    done = subprocess.run([SETUP, "--root", root, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage:" in done.stderr
    assert everything(root) == before


def test_every_shell_script_of_the_house_is_clean() -> None:
    files = [path for folder in ("deployment", "scripts", ".ci") for path in (ROOT / folder).iterdir()]
    scripts = [path for path in files if path.is_file() and re.match(rb"#!.*\b(?:ba)?sh\n", path.read_bytes())]
    named = {path.name for path in scripts}
    assert named >= {"setup-host", "deploy", "backup", "restore", "run", "test", "bench", "install", "lock", "packages"}
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
