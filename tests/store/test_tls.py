"""HOS_DATABASE_CA against a real server: nothing but TLS, to nobody but the host that the certificate names."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hallofshame import settings
from hallofshame.errors import HallOfShameError, Permanent
from hallofshame.store import database
from hallofshame.store import engine as engines
from tests import certificates, mariadb

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DRIVERS = pytest.mark.parametrize("driver", ["mysqldb", "pymysql"])


class Server:
    """A MariaDB on TCP, and the authority that has signed its certificate if it has one."""

    def __init__(self, port: int, ca: Path) -> None:
        self.port = port
        self.ca = ca

    def cipher(self, driver: str, ca: Path | str | None, host: str = "127.0.0.1") -> str:
        """Which cipher a connection speaks; empty where it is plain."""
        given = {"HOS_DATABASE_URL": f"mysql+{driver}://hos:sesame@{host}:{self.port}/mysql"}
        loaded = settings.load(given | ({"HOS_DATABASE_CA": str(ca)} if ca else {}), Path(os.devnull))
        opened = database.open_as_it_is(loaded.database_url.get_secret_value(), 5)
        try:
            with engines.read(opened) as conn:
                return str(conn.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1])
        finally:
            opened.dispose()


def started(folder: Path, *options: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    network = ("--skip-networking=0", "--bind-address=127.0.0.1,127.0.0.2", f"--port={port}")
    with mariadb.running(folder, *network, *options) as at:
        mariadb.execute(at, "GRANT ALL ON *.* TO hos@'%' IDENTIFIED BY 'sesame'")
        yield port


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    if not mariadb.available():
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("mariadbd is not installed: scripts/test installs it")
    with mariadb.installed() as folder:
        yield folder


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    ca = certificates.authority(data, "ours")
    certificate, key = certificates.signed(ca, "database", "DNS:db.example.org,IP:127.0.0.1")
    if os.geteuid() == 0:
        shutil.chown(key, "mysql")
    for port in started(data, f"--ssl-cert={certificate}", f"--ssl-key={key}"):
        yield Server(port, ca)


@DRIVERS
def test_the_right_authority_connects_by_tls(server: Server, driver: str) -> None:
    assert server.cipher(driver, server.ca)


@DRIVERS
def test_another_authority_is_refused(server: Server, driver: str, tmp_path: Path) -> None:
    with pytest.raises(HallOfShameError, match=r"(?i)certificate"):
        server.cipher(driver, certificates.authority(tmp_path, "theirs"))


@DRIVERS
def test_a_host_that_the_certificate_does_not_name_is_refused(server: Server, driver: str) -> None:
    with pytest.raises(HallOfShameError, match=r"(?i)certificate|verif"):
        server.cipher(driver, server.ca, host="127.0.0.2")


@DRIVERS
def test_without_an_authority_the_server_is_believed(server: Server, driver: str) -> None:
    server.cipher(driver, None)


@DRIVERS
def test_a_missing_file_or_one_without_a_certificate_is_refused(driver: str, tmp_path: Path) -> None:
    server = Server(1, tmp_path)
    with pytest.raises(Permanent, match=r"HOS_DATABASE_CA: .*/none.pem cannot be read \(No such file or directory\)"):
        server.cipher(driver, tmp_path / "none.pem")
    (tmp_path / "empty.pem").touch()
    with pytest.raises(Permanent, match=r"HOS_DATABASE_CA: .*/empty.pem holds no certificate: expected the CA"):
        server.cipher(driver, tmp_path / "empty.pem")


@DRIVERS
def test_a_server_that_speaks_no_tls_is_refused(driver: str, tmp_path: Path) -> None:
    ca = certificates.authority(tmp_path, "ours")
    with mariadb.installed() as folder:
        for port in started(folder, "--skip-ssl"):
            server = Server(port, ca)
            assert server.cipher(driver, None) == ""
            with pytest.raises(HallOfShameError, match=r"(?i)ssl|tls"):
                server.cipher(driver, ca)
