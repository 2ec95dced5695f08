"""Debian's Apache with a site of deployment/apache, on ports of its own, in a folder of its own.

It sees a release at /srv/hallofshame, in a mount namespace: its files name that place, and Apache's user cannot reach
a folder of the tests.
"""

import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from hallofshame import host_file
from tests import certificates
from tests.release_host import ROOT

APACHE = "/usr/sbin/apache2"
SITES = ROOT / "deployment" / "apache"
START_SECONDS = 30
LOG_SECONDS = 10
USER = "www-data"  # as Debian's; its processes serve as nobody else

# What Debian enables by itself, and what deployment/setup-host does.
MODULES = (
    *("alias", "authn_core", "authz_core", "authz_host", "autoindex", "deflate", "dir", "env", "filter", "mime"),
    *("mpm_event", "negotiation", "reqtimeout", "setenvif"),
    *("brotli", "cache", "cache_disk", "headers", "http2", "proxy", "proxy_http", "rewrite", "socache_shmcb", "ssl"),
    "unique_id",
)

# As Debian's apache2.conf, with everything in one folder.
_SERVER = """\
ServerRoot /etc/apache2
DefaultRuntimeDir {folder}/run
PidFile {folder}/run/apache2.pid
User {user}
Group {user}
ServerName localhost
ErrorLog {folder}/server.log
{modules}
ServerTokens OS
ServerSignature On
LogFormat "%h %l %u %t \\"%r\\" %>s %O" common
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
CacheRoot {folder}/cache
CacheLockPath {folder}/run/cache-locks
Listen 127.0.0.1:{http}
Listen 127.0.0.1:{https}
Include {folder}/site.conf
"""

_AT_PREFIX = 'mount -t tmpfs -o mode=755 tmpfs /srv; mkdir "$2"; mount --bind "$1" "$2"; shift 2; exec "$@"'


@dataclass(frozen=True, slots=True)
class Apache:
    """A running one. `authority` has signed its certificate."""

    folder: Path
    http: int
    https: int
    authority: Path
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"https://localhost:{self.https}"

    def ask(
        self, path: str, method: str = "GET", *, of: str = "127.0.0.1", is_read_later: bool = False, **more: Any
    ) -> requests.Response:
        """Ask it, from an address of this machine."""
        with requests.Session() as session:
            session.trust_env = False
            session.mount("https://", _From(of))
            request = session.prepare_request(requests.Request(method, self.url + path, **more))
            request.url = self.url + path  # as it stands: `..` is not taken out
            return session.send(
                request, timeout=40, verify=str(self.authority), allow_redirects=False, stream=is_read_later
            )

    def advance(self, seconds: int) -> None:
        """Let its clock be this much later than the real one."""
        (self.folder / "clock").write_text(f"+{seconds}", encoding="ascii")

    def connect(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """A connection over which nothing has been asked."""
        connection = socket.create_connection(("127.0.0.1", self.https), timeout=30)
        return context.wrap_socket(connection, server_hostname="localhost")

    def access(self, text: str) -> str:
        """The line of the access log that holds a text, once it is there: it is written after the answer."""
        give_up_at = time.monotonic() + LOG_SECONDS
        while time.monotonic() < give_up_at:
            if found := [line for line in self.log("access.log").splitlines() if text in line]:
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"{text} is not in {self.log('access.log')}")

    def log(self, name: str) -> str:
        return (self.folder / "logs" / name).read_text(encoding="utf8")


class _From(HTTPAdapter):
    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, source_address=(self._address, 0), **more)


@contextmanager
def apache(site: str, prefix: Path, settings: Mapping[str, str] | None = None, **defined: str) -> Iterator[Apache]:
    """Serve one of the sites. `prefix` is what lies at /srv/hallofshame, `defined` what a host says of its own.

    `settings` are for an application inside it: those of the host, of which HOS_RELEASE is the site's own.
    """
    folder = Path(tempfile.mkdtemp(prefix="hos-apache-"))
    try:
        http, https = _free_ports(2)
        authority = _lay_out(folder, site, http, https, defined)
        environment = _environment(folder, _settings(folder, settings or {}))
        tested = _run(folder, prefix, environment, "-t")
        assert (tested.wait(timeout=30), _said(folder)) == (0, "Syntax OK\n"), _said(folder)
        process = _run(folder, prefix, environment, "-DFOREGROUND")
        try:
            running = Apache(folder, http, https, authority, process)
            _wait_until_it_listens(running)
            yield running
        finally:
            process.terminate()
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder)


@contextmanager
def small_release() -> Iterator[Path]:
    """A prefix with what Apache itself reads of a release, where no application runs inside it."""
    with tempfile.TemporaryDirectory(prefix="hos-prefix-") as folder:
        prefix = Path(folder)
        prefix.chmod(0o755)
        release = prefix / "releases" / "20260501T120000Z-0000000"
        for part in ("deployment/apache", "webapp/static"):
            shutil.copytree(ROOT / part, release / part)
        (prefix / "current").symlink_to(release.relative_to(prefix))
        yield prefix


def _lay_out(folder: Path, site: str, http: int, https: int, defined: Mapping[str, str]) -> Path:
    folder.chmod(0o755)
    for name in ("run", "logs", "acme", "cache", "state"):
        (folder / name).mkdir()
    (folder / "run" / "cache-locks").mkdir()
    for name in ("cache", "state", "run/cache-locks"):
        shutil.chown(folder / name, USER)
    authority = certificates.authority(folder, "authority")
    certificate, key = certificates.signed(authority, "localhost", "DNS:localhost,IP:127.0.0.1")
    host: dict[str, str] = {
        "NAME": "localhost",
        "CERTIFICATE": str(certificate),
        "CERTIFICATE_KEY": str(key),
        "HTTP_PORT": str(http),
        "HTTPS_PORT": str(https),
        "LOGS": f"{folder}/logs",
        "ACME": f"{folder}/acme",
        "APPLICATION": f"127.0.0.1:{_free_ports(1)[0]}",
    }
    (folder / "site.conf").write_text(_as_edited(SITES / site, host | dict(defined)), encoding="utf8")
    wsgi = ("wsgi",) if "mod-wsgi" in site else ()
    lines = (f"Include mods-available/{name}.{kind}" for name in (*MODULES, *wsgi) for kind in ("load", "conf"))
    available = Path("/etc/apache2")
    modules = "\n".join(line for line in lines if (available / line.split()[1]).exists())
    server = _SERVER.format(folder=folder, user=USER, modules=modules, http=http, https=https)
    (folder / "apache2.conf").write_text(server, encoding="utf8")
    return authority


def _as_edited(site: Path, defined: Mapping[str, str]) -> str:
    """The site, after a host's administrator has said what is its own."""
    left = {f"HOS_{name}": value for name, value in defined.items()}
    lines = []
    for line in site.read_text(encoding="utf8").splitlines():
        words = line.split()
        own = words[:1] == ["Define"] and words[1] in left
        lines.append(f'Define {words[1]} "{left.pop(words[1])}"' if own else line)
    assert not left, f"{site.name} defines none of {sorted(left)}"
    return "\n".join(lines) + "\n"


def _settings(folder: Path, settings: Mapping[str, str]) -> Path:
    host, site = folder / "hallofshame.env", folder / "web.env"
    given = {"HOS_STATE_DIR": f"{folder}/state", "HOS_RELEASE": "of-the-host"} | dict(settings)
    host.write_text("".join(f"{name}={value}\n" for name, value in given.items()), encoding="utf8")
    site.write_text("HOS_RELEASE=of-the-site\n", encoding="utf8")
    return host


def _environment(folder: Path, settings_file: Path) -> dict[str, str]:
    """As Debian's envvars; settings for an application inside it; a clock that a test can advance."""
    (folder / "clock").write_text("+0", encoding="ascii")
    [faketime] = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    return {
        "LD_PRELOAD": str(faketime),
        "FAKETIME_TIMESTAMP_FILE": f"{folder}/clock",
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        host_file.VARIABLE: str(settings_file),
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C",
        "APACHE_RUN_DIR": f"{folder}/run",
        "APACHE_RUN_USER": USER,
        "APACHE_RUN_GROUP": USER,
        "APACHE_LOG_DIR": f"{folder}/logs",
    }


def _run(folder: Path, prefix: Path, environment: Mapping[str, str], option: str) -> "subprocess.Popen[bytes]":
    at_prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", _AT_PREFIX, "sh"]
    command = [*at_prefix, str(prefix), "/srv/hallofshame", APACHE, "-f", f"{folder}/apache2.conf", option]
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(command, env=environment, stdout=said, stderr=said, cwd="/")


def _said(folder: Path) -> str:
    return (folder / "said").read_text(encoding="utf8")


def _wait_until_it_listens(running: Apache) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while running.process.poll() is None and time.monotonic() < give_up_at:
        try:
            socket.create_connection(("127.0.0.1", running.https)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    server_log = running.folder / "server.log"
    raise AssertionError(f"{_said(running.folder)}{server_log.read_text() if server_log.exists() else ''}")


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports
