"""setup-host on a running host, with a release: what it lays out is what units, site and backup need."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from hallofshame import jobs_file
from tests import mariadb, systemd_sandbox
from tests.deployment.conftest import DATABASE_SOCKET, HOS
from tests.release_host import PREFIX, ROOT, ReleaseHost
from tests.systemd_sandbox import Systemd

pytestmark = [pytest.mark.integration, pytest.mark.deployment]

SETUP = f"{PREFIX}/current/deployment/setup-host"
SITE = "etc/apache2/sites-available/hallofshame.conf"
CERTIFICATE = [
    "-nodes",
    "-newkey",
    "rsa:2048",
    "-subj",
    "/CN=localhost",
    "-keyout",
    "/etc/hos.key",
    "-out",
    "/etc/hos.crt",
]
PATIENCE_SECONDS = 60

# Nothing has a way out of there. apt, dpkg and the package are real, made once more of what is installed here.
_REPOSITORY = r"""
cd /mnt
fields='Package Version Architecture Maintainer Depends Description'
for field in $fields; do dpkg-query --show --showformat="$field: \${$field}\n" logrotate; done >control
mkdir --parents package/DEBIAN
cp control package/DEBIAN
dpkg-query --listfiles logrotate >files
tar --create --dereference --no-recursion --files-from=files | tar --extract --directory=package
dpkg-deb --build package logrotate.deb
{ cat control; printf 'Filename: ./logrotate.deb\nSize: %s\n' "$(stat --format=%s logrotate.deb)"
  echo "SHA256: $(sha256sum logrotate.deb | cut --delimiter=' ' --fields=1)"; } >Packages
rm --recursive --force /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/mnt ./' >/etc/apt/sources.list.d/mnt.list
dpkg --purge --force-depends logrotate
"""


@dataclass(frozen=True)
class Host:
    """`told`: what setup-host said the first time."""

    systemd: Systemd
    told: str

    def set_up(self, *options: str) -> str:
        return self.systemd.run(SETUP, *options, timeout=300).stdout

    def curl(self, *options: str) -> str:
        return self.systemd.run("curl", "--silent", "--show-error", "--max-time", "60", *options).stdout


@contextmanager
def set_up(release_host: ReleaseHost, *options: str) -> Iterator[Host]:
    """A host with a server of its own, a release and setup-host's work, its schema brought up; nothing was deployed."""
    with (
        mariadb.server() as server,
        systemd_sandbox.running({str(PREFIX): release_host.folder, str(DATABASE_SOCKET): server}) as systemd,
    ):
        systemd.run("mkdir", "/var/log/apache2")  # of Debian's package; logs of this machine are not seen in there
        made = Host(systemd, systemd.run(SETUP, "--no-apache", *options, timeout=300).stdout)
        migrating = "HOS_DATABASE_URL_FILE=/etc/hallofshame/secrets/HOS_DATABASE_URL_MIGRATE"
        systemd.run("env", migrating, HOS, "migrate")
        yield made


@pytest.fixture(scope="module")
def host(release_host: ReleaseHost) -> Iterator[Host]:
    with set_up(release_host) as made:
        yield made


def test_a_second_time_there_is_nothing_to_do(host: Host) -> None:
    assert "install the crontab" in host.told
    assert host.set_up("--no-apache") == "setup-host: everything is there\n"


def test_timers_and_sockets_run(host: Host) -> None:
    for unit in ("hos-watch.timer", "hos-backup.timer", "hos-web.socket"):
        assert host.systemd.show(unit, "ActiveState") == "active"
        assert host.systemd.show(unit, "UnitFileState") == "enabled"


def test_an_operator_asks_as_the_jobs_user(host: Host) -> None:
    said = host.systemd.run(
        "runuser", "-u", "hallofshame", "--", "/usr/local/bin/hos", "doctor", is_checked=False
    ).stdout
    database = [line for line in said.splitlines() if "database" in line or "schema" in line]
    assert database
    assert not [line for line in database if line.startswith("fail")]
    assert HOS.rpartition("/")[0] in host.systemd.run("cat", "/etc/cron.d/hallofshame").stdout


def test_each_user_reads_its_own_secret_and_no_other(host: Host) -> None:
    names = ("HOS_DATABASE_URL", "HOS_DATABASE_URL_MIGRATE", "HOS_DATABASE_URL_WEB", "HOS_SIGNING_KEY")

    def readable(user: str) -> set[str]:
        test = ("runuser", "-u", user, "--", "test", "-r")
        return {
            name
            for name in names
            if host.systemd.run(*test, f"/etc/hallofshame/secrets/{name}", is_checked=False).returncode == 0
        }

    assert readable("hallofshame") == {"HOS_DATABASE_URL", "HOS_SIGNING_KEY"}
    assert readable("hallofshame-web") == {"HOS_DATABASE_URL_WEB", "HOS_SIGNING_KEY"}
    assert readable("nobody") == set()


def test_the_backup_unit_backs_up_and_the_backup_is_whole(host: Host) -> None:
    host.systemd.run("systemctl", "start", "hos-backup.service", timeout=120)
    assert "read back and as they were written" in host.systemd.journal("hos-backup.service")
    [name] = host.systemd.run("ls", "/var/backups/hallofshame").stdout.split()
    restore = f"{PREFIX}/current/deployment/restore"
    assert "is whole" in host.systemd.run(restore, f"/var/backups/hallofshame/{name}", "--check").stdout
    refused = host.systemd.run(restore, f"/var/backups/hallofshame/{name}", is_checked=False)
    assert (refused.returncode, "nothing done" in refused.stderr) == (1, True)
    assert "restored" in host.systemd.run(restore, f"/var/backups/hallofshame/{name}", "--force").stdout


def test_a_package_that_is_missing_is_installed(host: Host) -> None:
    host.systemd.run("sh", "-ec", _REPOSITORY)
    assert not (host.systemd.root / "usr/sbin/logrotate").exists()
    told = host.set_up("--no-apache")
    assert told.startswith("update the list of packages\ninstall logrotate\n")
    assert told.endswith("setup-host: 2 changes\n")
    host.systemd.run("logrotate", "--debug", "/etc/logrotate.d/hallofshame")
    assert host.set_up("--no-apache") == "setup-host: everything is there\n"


def test_a_site_whose_certificates_are_missing_is_not_enabled_and_then_it_is_served(host: Host) -> None:
    refused = host.systemd.run(SETUP, is_checked=False, timeout=300)
    assert refused.returncode == 1
    assert f"the site is not enabled: edit /{SITE}" in refused.stderr
    assert not (host.systemd.root / "etc/apache2/sites-enabled/hallofshame.conf").is_symlink()

    host.systemd.run("openssl", "req", "-x509", *CERTIFICATE)
    site = host.systemd.root / SITE
    text = site.read_text().replace("/etc/letsencrypt/live/${HOS_NAME}/fullchain.pem", "/etc/hos.crt")
    text = text.replace("/etc/letsencrypt/live/${HOS_NAME}/privkey.pem", "/etc/hos.key")
    site.write_text(text.replace("hallofshame.example.org", "localhost"))
    assert "enable the site" in host.set_up()
    assert host.set_up() == "setup-host: everything is there\n"
    assert host.curl("--insecure", "--fail", "https://localhost/api/version").startswith("{")
    assert host.curl("--output", "/dev/null", "--write-out", "%{http_code}", "http://localhost/") == "301"
    assert host.systemd.show("hos-web.service", "ActiveState") == "active"
    assert "GET /api/version" in (host.systemd.root / "var/log/hallofshame/access.log").read_text()


def test_logs_of_a_running_apache_are_rotated(host: Host) -> None:
    logs = host.systemd.root / "var/log/hallofshame"
    host.systemd.run("logrotate", "--force", "/etc/logrotate.d/hallofshame")
    assert (logs / "access.log").read_text() == ""
    assert [path.name for path in logs.glob("access.log-*") if path.stat().st_size]
    host.curl("--insecure", "https://localhost/api/version")
    host.systemd.run("sh", "-c", "until grep -q /api/version /var/log/hallofshame/access.log; do sleep 0.1; done")


def test_timers_start_the_jobs_where_they_are_asked_for_and_stay(release_host: ReleaseHost) -> None:
    with set_up(release_host, "--schedule", "timers") as host:
        assert "install the timers" in host.told
        assert not (host.systemd.root / "etc/cron.d/hallofshame").exists()
        for job in jobs_file.load(ROOT / "jobs.toml"):
            states = [host.systemd.show(f"hos-job-{job}.timer", name) for name in ("ActiveState", "UnitFileState")]
            assert states == ["active", "enabled"]
        assert host.set_up("--no-apache") == "setup-host: everything is there\n"
        host.systemd.drop_in("hos-job-aggregate-hourly.timer", "[Timer]\nOnCalendar=\nOnCalendar=*:*:*\n")
        host.systemd.run("systemctl", "restart", "hos-job-aggregate-hourly.timer")
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not (runs := ended_runs(host)):
            assert time.monotonic() < give_up_at, host.systemd.journal("hos-job-aggregate-hourly.service")
            time.sleep(0.2)
        assert (runs[0]["job"], runs[0]["state"]) == ("aggregate-hourly", "succeeded")


def ended_runs(host: Host) -> list[dict[str, Any]]:
    told = host.systemd.run("runuser", "-u", "hallofshame", "--", HOS, "runs", "--json").stdout
    return [run for run in json.loads(told) if run["finished_at"]]
