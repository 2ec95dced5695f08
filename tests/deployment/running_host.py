"""A host as the operators' handbook has it made: from nothing to a site behind Apache, with every part of it real.

Only its neighbours are stubs, on its own loopback. What is started in there is kept: by strace where a step or cron
starts it, else by a look at /proc several times a second.
"""

import json
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import requests

from hallofshame import polls_file
from hallofshame.polls_file import Header, RecordedPoll
from scripts.simulation import server as simulator
from scripts.simulation.world import World
from tests import certificates, http_server, mailboxes, systemd_sandbox
from tests.deployment import releases_in_git
from tests.release_host import NOT_RELEASED, PYTHON, ROOT
from tests.systemd_sandbox import Systemd

HTTP_PORT, HTTPS_PORT = 8080, 8443
SITE = f"https://localhost:{HTTPS_PORT}"
WORLD = World(seed=1, park_count=40)  # at any hour of the year two of them are open
OPEN_ALL_YEAR = (4, 6)
PATIENCE_SECONDS = 150.0
LOOKS_PER_SECOND = 5
POLLED_EVERY = timedelta(minutes=10)

SOURCE, WHEELS, TRACES = "/usr/local/src/hallofshame", "/usr/local/src/wheels", "/mnt/traces"
SETUP, DEPLOY = f"{SOURCE}/deployment/setup-host", f"{SOURCE}/deployment/deploy"
HOS = "/usr/local/bin/hos"
SECRETS = "/etc/hallofshame/secrets"
CERTIFICATE, KEY = "/etc/ssl/hallofshame.pem", "/etc/ssl/private/hallofshame.key"

_AS_OPERATOR = ("runuser", "-u", "hallofshame", "--")
# Every program that is started, whole, with its environment.
_TRACE = ("strace", "--follow-forks", "--seccomp-bpf", "--quiet=all", "--no-abbrev", "--string-limit=100000")
_EXEC = ("--trace=execve,execveat", "--signal=none")
# A minute a second, from shortly before an hour of tomorrow. Jobs see the real clock: cron hands on none of its own.
_CRON = "/usr/bin/faketime -f '@{tomorrow:%Y-%m-%d} 11:59:55 x60' /usr/sbin/cron -f"

# What Debian's packages do when they are installed: logs, services and their data are not this machine's in there.
_PACKAGES = """\
set -e
mkdir /var/log/apache2
mount -t tmpfs -o mode=755 tmpfs /var/lib/mysql
chown mysql:mysql /var/lib/mysql
mariadb-install-db --user=mysql --skip-test-db --auth-root-authentication-method=socket >/dev/null
install -d -m 755 -o mysql -g root /run/mysqld
sed -i 's/Listen 80$/Listen {http}/; s/Listen 443$/Listen {https}/' /etc/apache2/ports.conf
systemctl start systemd-journald-dev-log.socket mariadb
"""


@dataclass
class Neighbours:
    """Who is asked by the host, and what came to them. Mails can leave by the mail server alone: SendGrid is down."""

    queue_times: str
    sendgrid: str
    smtp: str
    heartbeat: str
    mails: list[Message]
    beats: list[str]


@dataclass(frozen=True, slots=True)
class RunningHost:
    """`began_at`: no file of it is older. `started`: argv and environment of each process that was seen in there."""

    systemd: Systemd
    folder: Path
    neighbours: Neighbours
    began_at: float
    started: set[tuple[bytes, bytes]] = field(default_factory=set)

    def traced(self, *argv: str) -> str:
        """Run a step as root, and keep what it starts; returns what it said on either stream."""
        number = len(list(self.traces().iterdir()))
        trace = f"--output={TRACES}/{number}"
        done = self.systemd.run(*_TRACE, *_EXEC, trace, *argv, timeout=300)
        return done.stdout + done.stderr

    def traces(self) -> Path:
        return self.folder / "traces"

    def deploy(self) -> str:
        return self.traced(DEPLOY, "deploy", "--offline", "--wheels", WHEELS)

    def operate(self, *argv: str) -> str:
        """Run a command as the jobs' user, as an operator does, and keep what it starts."""
        return self.traced(*_AS_OPERATOR, *argv)

    def hos(self, *argv: str) -> str:
        """What a command prints that is asked again and again: nothing of it is kept."""
        return self.systemd.run(*_AS_OPERATOR, HOS, *argv).stdout

    def import_history(self, first: date, last: date) -> None:
        """Bring in the polls of days gone by, and have the days judged."""
        files = [f"/usr/local/share/polls-{park_id}.jsonl" for park_id in OPEN_ALL_YEAR]
        for park_id, file in zip(OPEN_ALL_YEAR, files, strict=True):
            listing = WORLD.parks[park_id].listing
            header = Header(park_id, listing.name, listing.timezone, listing.country)
            polls_file.write(self.systemd.root / file[1:], header, _polls(park_id, first, last))
        self.operate(HOS, "import", *files)
        self.operate(HOS, "backfill", "--from", str(first), "--to", str(last))

    def runs(self, job: str) -> list[dict[str, Any]]:
        """Those of a job that have ended, newest first."""
        found: list[dict[str, Any]] = json.loads(self.hos("runs", job, "--json"))
        return [run for run in found if run["finished_at"]]

    def set(self, **settings: str) -> None:
        """Edit lines of the host's settings, as an operator does."""
        path = self.systemd.root / "etc/hallofshame/hallofshame.env"
        text = path.read_text(encoding="utf8")
        for name, value in settings.items():
            line = f"{name}={value}\n"
            text, count = re.subn(rf"^(# )?{name}=.*\n", line, text, count=1, flags=re.MULTILINE)
            text += "" if count else line
        path.write_text(text, encoding="utf8")

    def ask(self, path: str, url: str = SITE) -> requests.Response:
        """Ask through Apache, and believe in its certificate only where our authority has signed it."""
        authority = str(self.folder / "authority.pem")
        with self.systemd.network(), requests.Session() as session:
            session.trust_env = False
            return session.get(url + path, verify=authority, timeout=30, allow_redirects=False)

    def mails(self, subject: str) -> list[Message]:
        return [mail for mail in self.neighbours.mails if str(mail["Subject"]).startswith(subject)]


def wait_until(is_so: Callable[[], object], what: Callable[[], object]) -> None:
    """Wait for a condition; `what` is told where it does not come."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at, what()
        time.sleep(0.5)  # what is asked may be a program, and the host is to get on


def _polls(park_id: int, first: date, last: date) -> Iterator[RecordedPoll]:
    at, end = (datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in (first, last + timedelta(days=1)))
    while at < end:
        yield RecordedPoll(park_id, at, WORLD.payload(park_id, at))
        at += POLLED_EVERY


@contextmanager
def running(folder: Path) -> Iterator[RunningHost]:
    """Make one, by the steps of docs/operations.md#first-installation; `folder` is for what it is made from."""
    for name in ("wheels", "traces"):
        (folder / name).mkdir()
    binds = {SOURCE: folder / "source", WHEELS: folder / "wheels", TRACES: folder / "traces"}
    with ExitStack() as stack:
        packages = stack.enter_context(ThreadPoolExecutor(1)).submit(_download_packages, folder)
        _clone(folder / "source")
        began_at = time.time()
        systemd = stack.enter_context(systemd_sandbox.running(binds))
        stack.callback(_print_journal, systemd)
        host = RunningHost(systemd, folder, stack.enter_context(_neighbours(systemd)), began_at)
        stack.enter_context(_looking(host))
        assert not list((systemd.root / "srv").iterdir())
        systemd.run("sh", "-c", _PACKAGES.format(http=HTTP_PORT, https=HTTPS_PORT))
        host.traced(SETUP)
        _edit_settings(host)
        packages.result()
        host.deploy()
        _edit_site(host)
        host.traced(SETUP)
        _start_cron(systemd)
        yield host


def _print_journal(systemd: Systemd) -> None:
    """Shown with a test that failed."""
    sys.stdout.write(systemd.run("journalctl", "--no-pager", "--output", "short-monotonic").stdout)


def _download_packages(folder: Path) -> None:
    """What `deploy` is to find, there being no network on the host: what is pinned, and what builds ours."""
    subprocess.run([PYTHON, "-m", "venv", str(folder / "venv")], check=True)
    pip = [str(folder / "venv/bin/pip"), "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    into = ["--dest", str(folder / "wheels")]
    pinned = ["--require-hashes", "--requirement", str(ROOT / "requirements.txt")]
    subprocess.run([*pip, *into, *pinned], check=True)
    subprocess.run([*pip, *into, "setuptools>=80"], check=True)


def _clone(source: Path) -> None:
    shutil.copytree(ROOT, source, ignore=NOT_RELEASED, symlinks=True)
    subprocess.run(["git", "init", "--quiet", str(source)], check=True)
    releases_in_git.commit(source.parent, "first")


@contextmanager
def _neighbours(systemd: Systemd) -> Iterator[Neighbours]:
    beats: list[str] = []

    def beat(handler: BaseHTTPRequestHandler) -> None:
        beats.append(handler.path)
        http_server.send(handler, b"OK")

    with ExitStack() as stack:
        with systemd.network():
            queue_times = stack.enter_context(simulator.serve(WORLD))
            sendgrid = stack.enter_context(http_server.serve(_accept_in_sandbox_alone))
            smtp, mails = stack.enter_context(mailboxes.smtp("alerts", secrets.token_hex(16)))
            heartbeat = f"{stack.enter_context(http_server.serve(beat))}/{secrets.token_hex(16)}"
        yield Neighbours(queue_times, sendgrid, smtp, heartbeat, mails, beats)


def _accept_in_sandbox_alone(handler: BaseHTTPRequestHandler) -> None:
    """A SendGrid that can check mails and not send them."""
    body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
    http_server.send(handler, b"", 200 if "mail_settings" in body else 503)


@contextmanager
def _looking(host: RunningHost) -> Iterator[None]:
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(1 / LOOKS_PER_SECOND):
            for process in (host.systemd.root / "proc").glob("[0-9]*"):
                with suppress(OSError):  # it has ended
                    host.started.add(((process / "cmdline").read_bytes(), (process / "environ").read_bytes()))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield
    finally:
        is_over.set()
        looking.join()


def _edit_settings(host: RunningHost) -> None:
    neighbours = host.neighbours
    in_files = {
        "SENDGRID_API_KEY": f"SG.{secrets.token_hex(11)}.{secrets.token_hex(22)}",
        "HOS_SMTP_URL": neighbours.smtp,
        "HOS_HEARTBEAT_URL": neighbours.heartbeat,
    }
    for name, value in in_files.items():
        path = f"{SECRETS}/{name}"
        host.systemd.run("install", "-m", "0640", "-o", "root", "-g", "hallofshame", "/dev/null", path)
        (host.systemd.root / path[1:]).write_text(f"{value}\n", encoding="utf8")
        host.set(**{f"{name}_FILE": path})
    host.set(
        HOS_ALERT_TO="operator@example.org",
        HOS_ALERT_FROM="hallofshame@example.org",
        HOS_SENDGRID_URL=neighbours.sendgrid,
        HOS_SITE_URL=SITE,
        HOS_QUEUE_TIMES_URL=neighbours.queue_times,
        HOS_QUEUE_TIMES_REQUESTS_PER_SECOND="0",
    )


def _edit_site(host: RunningHost) -> None:
    """Names, ports and certificates; the host itself trusts who has signed them."""
    root = host.systemd.root
    authority = certificates.authority(host.folder, "authority")
    certificate, key = certificates.signed(authority, "localhost", "DNS:localhost")
    shutil.copy(certificate, root / CERTIFICATE[1:])
    shutil.copy(key, root / KEY[1:])
    shutil.copy(authority, root / "usr/local/share/ca-certificates/authority.crt")
    host.systemd.run("update-ca-certificates")
    site = root / "etc/apache2/sites-available/hallofshame.conf"
    text = site.read_text(encoding="utf8")
    for name, value in {
        "NAME": "localhost",
        "CERTIFICATE": CERTIFICATE,
        "CERTIFICATE_KEY": KEY,
        "HTTP_PORT": HTTP_PORT,
        "HTTPS_PORT": HTTPS_PORT,
    }.items():
        text, count = re.subn(rf"^Define HOS_{name} .*$", f"Define HOS_{name} {value}", text, flags=re.MULTILINE)
        assert count == 1, name
    site.write_text(text, encoding="utf8")


def _start_cron(systemd: Systemd) -> None:
    cron = _CRON.format(tomorrow=datetime.now(UTC) + timedelta(days=1))
    line = " ".join([*_TRACE, *_EXEC, f"--output={TRACES}/cron", cron])
    systemd.drop_in("cron.service", f"[Service]\nExecStart=\nExecStart={line}\n")
    systemd.run("systemctl", "start", "cron")
