"""A host with a release: systemd, users, settings, a database, a mail server, and the units as they are deployed."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest
import requests

from tests import mailboxes, mariadb, systemd_sandbox
from tests.release_host import PREFIX, ROOT, ReleaseHost
from tests.release_host import release_host as release_host  # noqa: PLC0414 - a fixture, given on
from tests.systemd_sandbox import Systemd

UNITS = sorted((ROOT / "deployment" / "units").iterdir())
HOS = f"{PREFIX}/current/.venv/bin/hos"
SITE = "http://127.0.0.1:5001"
DATABASE_SOCKET = Path("/run/mysqld/mysqld.sock")
PATIENCE_SECONDS = 60.0
MAIL_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Host:
    """It is set up, and nothing of it has been started. `mails` are those its mail server has taken."""

    systemd: Systemd
    mails: list[Message]
    settings: dict[str, str]

    def hos(self, *argv: str, is_checked: bool = True) -> str:
        """What a `hos` command of an operator prints, on either stream."""
        done = self.systemd.run("runuser", "-u", "hallofshame", "--", HOS, *argv, is_checked=is_checked)
        return done.stdout + done.stderr

    def set(self, **settings: str) -> None:
        """Have the settings of this host, some of them changed."""
        path = self.systemd.root / "etc/hallofshame/hallofshame.env"
        path.write_text("".join(f"{name}={value}\n" for name, value in (self.settings | settings).items()))
        path.chmod(0o640)
        self.systemd.run("chown", "root:hallofshame", "/etc/hallofshame/hallofshame.env")

    def get(self, path: str = "/", timeout: float = PATIENCE_SECONDS) -> requests.Response:
        """Ask the site, each time by a connection of its own."""
        with self.systemd.network():
            return requests.get(SITE + path, timeout=timeout, headers={"Connection": "close"})

    def mail(self, is_it: Callable[[str], bool]) -> Message:
        """The first mail with such a subject, once it has come."""
        give_up_at = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < give_up_at:
            for mail in self.mails:
                if is_it(str(mail["Subject"])):
                    return mail
            time.sleep(0.1)
        raise AssertionError(f"no such mail among {[str(mail['Subject']) for mail in self.mails]}")


@pytest.fixture
def host(release_host: ReleaseHost, mariadb_url: str) -> Iterator[Host]:
    """A host of its own for each test."""
    server = Path(mariadb_url.partition("unix_socket=")[2])
    with ExitStack() as stack:
        binds = {str(PREFIX): release_host.folder, str(DATABASE_SOCKET): server}
        systemd = stack.enter_context(systemd_sandbox.running(binds))
        with systemd.network():
            smtp_url, mails = stack.enter_context(mailboxes.smtp())
        systemd.add_user("hallofshame")
        systemd.add_user("hallofshame-web", groups=["hallofshame"])
        for folder in ("/var/lib/hallofshame", "/etc/hallofshame"):
            systemd.run("install", "--directory", "--mode=0750", "--group=hallofshame", folder)
        systemd.run("chown", "hallofshame:", "/var/lib/hallofshame")
        made = Host(systemd, mails, _settings(_database(mariadb_url), smtp_url))
        made.set()
        made.hos("migrate")
        systemd.install(*UNITS)
        yield made
        # Shown with a test that failed.
        sys.stdout.write(systemd.run("journalctl", "--no-pager", "--output", "short-monotonic").stdout)


def _database(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _settings(database: str, smtp_url: str) -> dict[str, str]:
    return {
        "HOS_DATABASE_URL": mariadb.url(DATABASE_SOCKET, database, "pymysql"),
        "HOS_STATE_DIR": "/var/lib/hallofshame",
        "HOS_JOBS_FILE": f"{PREFIX}/current/jobs.toml",
        "HOS_SITE_URL": "https://hall.example.org",
        "HOS_TRUSTED_PROXIES": "1",
        "HOS_SMTP_URL": smtp_url,
        "HOS_ALERT_TO": "ops@example.org",
    }
