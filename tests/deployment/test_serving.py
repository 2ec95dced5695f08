"""What serves the site behind one address: Apache itself by mod_wsgi, then Gunicorn, then again Apache.

One host through all of it, in this order: as setup-host has it, and through deploys and roll-backs.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import certificates, mariadb, systemd_sandbox
from tests.deployment import releases_in_git
from tests.deployment.conftest import DATABASE_SOCKET, Host
from tests.deployment.releases_in_git import Built
from tests.deployment.test_deploy import (
    PAUSES,
    ROLLED_BACK,
    WEB,
    alter,
    asked_all_the_time,
    built,
    deploy,
    full_release_host,
    serves,
)
from tests.release_host import PREFIX, ROOT, ReleaseHost

__all__ = ["built", "full_release_host"]

pytestmark = [pytest.mark.integration, pytest.mark.deployment]

SETUP = f"{PREFIX}/source/deployment/setup-host"
URL = "https://localhost"
INSIDE, IN_FRONT = "hallofshame-mod-wsgi.conf", "hallofshame.conf"
APACHE = "apache2.service"
INCLUDED = "deployment/apache/site-common.conf"
SETTINGS = {
    "HOS_SITE_URL": URL,
    "HOS_ALERT_TO": "ops@example.org",
    "HOS_SMTP_URL": "smtp://127.0.0.1:25",
    "HOS_REQUESTS_PER_MINUTE": "0",
    "HOS_REQUESTS_PER_DAY": "0",
}


@pytest.fixture(scope="module")
def prefix(built: Built, tmp_path_factory: pytest.TempPathFactory) -> ReleaseHost:
    """Two releases are built, and nothing was deployed."""
    copy = ReleaseHost(built.folder, built.first).copy(tmp_path_factory.mktemp("serving") / "prefix")
    for name in ("current", "deploys.jsonl", "deploy.lock"):
        (copy.folder / name).unlink()
    return copy


@pytest.fixture(scope="module")
def host(built: Built, prefix: ReleaseHost, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Installed as docs/operations.md#first-installation has it, for mod_wsgi; the first release serves."""
    folder = tmp_path_factory.mktemp("certificates")
    with ExitStack() as stack:
        binds = {str(PREFIX): prefix.folder, str(DATABASE_SOCKET): stack.enter_context(mariadb.server())}
        made = Host(stack.enter_context(systemd_sandbox.running(binds)), [], {})
        made.systemd.run("mkdir", "/var/log/apache2")  # of Debian's package; logs of this machine are not seen in there
        certify(made, folder)
        set_up(made, "--server", "mod-wsgi")
        with (made.systemd.root / "etc/hallofshame/hallofshame.env").open("a", encoding="utf8") as file:
            file.writelines(f"{name}={value}\n" for name, value in SETTINGS.items())
        change_to(made, built.first[-7:])
        edit(made, INSIDE)
        assert "enable the site" in set_up(made)
        yield made
        print(made.systemd.run("journalctl", "--no-pager").stdout)  # noqa: T201 - shown with a test that failed


def certify(host: Host, folder: Path) -> None:
    """A certificate for localhost, from an authority that the host trusts."""
    authority = certificates.authority(folder, "authority")
    for source, target in zip(
        (authority, *certificates.signed(authority, "localhost", "DNS:localhost")),
        ("usr/local/share/ca-certificates/authority.crt", "etc/hos.pem", "etc/hos.key"),
        strict=True,
    ):
        shutil.copy(source, host.systemd.root / target)
    host.systemd.run("update-ca-certificates")


def edit(host: Host, site: str) -> None:
    """Say in a site what is this host's own."""
    path = host.systemd.root / "etc/apache2/sites-available" / site
    text = path.read_text(encoding="utf8")
    for name, value in (("NAME", "localhost"), ("CERTIFICATE", "/etc/hos.pem"), ("CERTIFICATE_KEY", "/etc/hos.key")):
        text = re.sub(rf"^Define HOS_{name} .*$", f"Define HOS_{name} {value}", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf8")


def set_up(host: Host, *options: str, code: int = 0) -> str:
    done = host.systemd.run(SETUP, *options, is_checked=False, timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def change_to(host: Host, reference: str = "HEAD", code: int = 0) -> str:
    """Deploy, and smoke where visitors ask."""
    return deploy(host, "deploy", reference, *releases_in_git.flags(), code=code)


def curl(host: Host, path: str, *options: str) -> str:
    return host.systemd.run("curl", "--silent", "--show-error", "--fail", *options, URL + path).stdout


def enabled_sites(host: Host) -> set[str]:
    return {path.name for path in (host.systemd.root / "etc/apache2/sites-enabled").glob("hallofshame*")}


def states(host: Host, name: str) -> list[str]:
    return [host.systemd.show(f"hos-web.{kind}", name) for kind in ("socket", "service")]


def test_apache_serves_the_release_by_itself_and_a_second_time_there_is_nothing_to_do(host: Host, built: Built) -> None:
    assert f'"release":"{built.first}"' in curl(host, "/api/version")
    assert serves(host) == built.first
    assert (enabled_sites(host), states(host, "UnitFileState")) == ({INSIDE}, ["disabled", "disabled"])
    assert states(host, "ActiveState") == ["inactive", "inactive"]
    assert set_up(host) == "setup-host: everything is there\n"
    assert states(host, "ActiveState") == ["inactive", "inactive"]


def test_inside_apache_a_deploy_and_a_roll_back_lose_no_request(host: Host, built: Built) -> None:
    loads = {"keep-alive": "load-kept", "close": "load-anew"}
    for connection, unit in loads.items():
        script = f"{PREFIX}/{unit}.lua"
        (host.systemd.root / script[1:]).write_text(PAUSES % connection, encoding="utf8")
        wrk = ["wrk", "-t1", "-c4", "-d300", "--timeout", "60", "-s", script]
        host.systemd.run(
            "systemd-run", f"--unit={unit}", *wrk, f"{URL}/api/health/live"
        )  # which Apache keeps no answer to
    said = change_to(host)
    assert "fail" not in said
    assert "ok    smoke behind     5 answers" in said
    assert "ok    smoke headers    Content-Security-Policy" in said
    assert serves(host) == built.second
    assert deploy(host, "rollback").endswith(f"{built.first} serves\n")
    assert serves(host) == built.first
    for unit in loads.values():
        host.systemd.run("systemctl", "kill", "--kill-who=main", "--signal=INT", unit)
        host.systemd.wait_until(unit, "ActiveState", "inactive", "failed")
        told = host.systemd.journal(unit)
        [requested] = re.findall(r"(\d+) requests in", told)
        assert int(requested) > 100, told
        assert "Non-2xx" not in told
        assert "Socket errors" not in told
    assert states(host, "ActiveState") == ["inactive", "inactive"]


def test_inside_apache_a_broken_release_is_rolled_back(host: Host, built: Built, prefix: ReleaseHost) -> None:
    module, right, wrong = "hallofshame/webapp/version.py", "release=world().release", "release='another'"
    alter(prefix, built.second, module, right, wrong)
    with asked_all_the_time(host) as unanswered:
        said = change_to(host, code=ROLLED_BACK)
    assert f"fail  smoke version    another answers, not {built.second}" in said
    assert (serves(host), unanswered) == (built.first, [])
    alter(prefix, built.second, module, wrong, right)


def test_where_apache_does_not_run_no_release_is_said_to_serve(host: Host) -> None:
    host.systemd.run("systemctl", "stop", APACHE)
    assert f"does not start again: {APACHE} does not run, or not with the application in it" in change_to(host, code=4)
    host.systemd.run("systemctl", "start", APACHE)


def test_what_serves_is_changed_once_the_other_site_is_as_the_host_needs_it(host: Host, built: Built) -> None:
    assert f"the site is not enabled: edit /etc/apache2/sites-available/{IN_FRONT}" in set_up(
        host, "--server", "gunicorn", code=1
    )
    assert (enabled_sites(host), serves(host)) == ({INSIDE}, built.first)
    edit(host, IN_FRONT)
    set_up(host, "--server", "gunicorn")
    assert (enabled_sites(host), states(host, "UnitFileState")) == ({IN_FRONT}, ["enabled", "enabled"])
    assert f'"release":"{built.first}"' in curl(host, "/api/version")
    assert host.systemd.show(WEB, "ActiveState") == "active"
    assert set_up(host) == "setup-host: everything is there\n"


def include(prefix: ReleaseHost, release: str, text: str) -> None:
    """Have the file of a release that Apache includes be another."""
    path = prefix.folder / "releases" / release / INCLUDED
    path.unlink()  # it is shared with the other copies
    shutil.copy(ROOT / INCLUDED, path)
    with path.open("a", encoding="utf8") as file:
        file.write(text)


def test_apache_follows_the_files_of_a_release_that_it_includes(host: Host, built: Built, prefix: ReleaseHost) -> None:
    include(prefix, built.second, "Header always set X-Of-The-Second yes\n")
    with asked_all_the_time(host) as unanswered:
        change_to(host)
        assert "x-of-the-second: yes" in curl(host, "/", "--head")
        deploy(host, "rollback")
        assert "x-of-the-second" not in curl(host, "/", "--head")
    assert (serves(host), unanswered) == (built.first, [])


def test_a_release_that_apache_cannot_read_is_rolled_back(host: Host, built: Built, prefix: ReleaseHost) -> None:
    include(prefix, built.second, "Nonsense\n")
    before = host.systemd.show(APACHE, "InvocationID")
    said = change_to(host, code=ROLLED_BACK)
    assert "Invalid command 'Nonsense'" in said
    assert (serves(host), host.systemd.show(APACHE, "InvocationID")) == (built.first, before)
    assert '"status"' in curl(host, "/api/health/live")


def test_gunicorn_makes_room_for_apache_again(host: Host, built: Built) -> None:
    set_up(host, "--server", "mod-wsgi")
    assert (enabled_sites(host), states(host, "UnitFileState")) == ({INSIDE}, ["disabled", "disabled"])
    assert states(host, "ActiveState") == ["inactive", "inactive"]
    assert f'"release":"{built.first}"' in curl(host, "/api/version")
