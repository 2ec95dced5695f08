"""Connections and transactions. The only place, beside `upsert`, that knows which database it talks to."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc, make_url
from sqlalchemy.engine import URL

from hallofshame.errors import Permanent, Transient

POOL_SIZE = 10
POOL_OVERFLOW = 20
POOL_RECYCLE_SECONDS = 3_600  # below MariaDB's wait_timeout of 8 h, and below what firewalls forget
TIMEOUT_SECONDS = 30  # for a free connection, and for any one answer, unless the caller cannot wait so long
CONNECT_TIMEOUT_SECONDS = 10
TRANSACTION_ATTEMPTS = 5

# Lock wait, deadlock, snapshot too old, server gone, connection lost: the whole transaction may be tried again.
_TRY_AGAIN = frozenset({1205, 1213, 1020, 2006, 2013})

_CA_EXPECTED = "expected the CA of the database server's certificate, as PEM"

T = TypeVar("T")

# What callers name in their signatures: they import SQLAlchemy only through this package.
__all__ = ["Connection", "Engine", "begin", "open_engine", "read", "write"]


def open_engine(url: str, timeout_seconds: int = TIMEOUT_SECONDS) -> Engine:
    """Make an engine; nothing is connected yet. Raises Permanent for a URL that is none or a driver that is missing."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed)
        return _open_mariadb(parsed, timeout_seconds)
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
        raise Permanent(f"HOS_DATABASE_URL: {error}: expected sqlite:///… or mysql://user:password@host/name") from None


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """Open a connection to read from. Raises Transient or Permanent where the database does not answer."""
    with _translated(engine), engine.connect() as conn:
        yield conn


@contextmanager
def begin(engine: Engine) -> Iterator[Connection]:
    """Open one transaction: committed at the end, rolled back on any error."""
    with _translated(engine), engine.connect().execution_options(writes=True) as conn, conn.begin():
        yield conn


def write(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run `work` in one transaction; all of it again when the database asks for that (deadlock, lost connection)."""
    for _ in range(TRANSACTION_ATTEMPTS - 1):
        try:
            with begin(engine) as conn:
                return work(conn)
        except Transient as error:
            if not _may_be_tried_again(error.__cause__):
                raise
    with begin(engine) as conn:
        return work(conn)


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    where = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, exc.IntegrityError) as error:
        kind = Permanent if _is_refusal(error) else Transient
        raise kind(f"database {where}: {_first_line(error)}") from error
    except exc.SQLAlchemyError as error:
        raise Permanent(f"database {where}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0]


def _code(error: BaseException | None) -> int | None:
    arguments = getattr(getattr(error, "orig", None), "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def _may_be_tried_again(error: BaseException | None) -> bool:
    """Tell whether another transaction stood in the way; a row that two inserted at once counts."""
    return _code(error) in _TRY_AGAIN or isinstance(error, exc.IntegrityError)


def _is_refusal(error: Exception) -> bool:
    """Tell a wrong password, name or table from a server that is away."""
    return _code(error) in {1044, 1045, 1049, 1142, 1146, 1698} or "no such table" in str(error)


def _open_sqlite(url: URL) -> Engine:
    engine = create_engine(url, **_pool(), connect_args={"timeout": TIMEOUT_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin late, and never for a SELECT
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: Connection) -> None:
    """A writer takes its lock at the start: one that read first would be refused it instead of waiting."""
    writes = conn.get_execution_options().get("writes", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _open_mariadb(url: URL, timeout_seconds: int) -> Engine:
    if "+" not in url.drivername:
        driver = "mysqldb" if importlib.util.find_spec("MySQLdb") else "pymysql"
        url = url.set(drivername=f"{url.drivername}+{driver}")
    limits = {"connect_timeout": min(CONNECT_TIMEOUT_SECONDS, timeout_seconds), "read_timeout": timeout_seconds}
    connect_args = {"charset": "utf8mb4", "write_timeout": timeout_seconds, **limits, **_verification(url)}
    return create_engine(url, **_pool(), connect_args=connect_args)


def _verification(url: URL) -> dict[str, str]:
    """What makes sure that a URL with `ssl_ca` is spoken to by TLS alone, and the certificate names its host."""
    if "ssl_ca" not in url.query:
        return {}
    _check_certificates(Path(str(url.query["ssl_ca"])))
    # PyMySQL takes a CA for that wish; mysqlclient would go on without TLS, or with any certificate.
    return {"ssl_mode": "VERIFY_IDENTITY"} if url.get_driver_name() == "mysqldb" else {}


def _check_certificates(ca: Path) -> None:
    try:
        has_one = b"-----BEGIN CERTIFICATE-----" in ca.read_bytes()
    except OSError as error:
        raise Permanent(f"HOS_DATABASE_CA: {ca} cannot be read ({error.strerror}): {_CA_EXPECTED}") from None
    if not has_one:
        raise Permanent(f"HOS_DATABASE_CA: {ca} holds no certificate: {_CA_EXPECTED}")


def _pool() -> dict[str, Any]:
    return {
        "pool_size": POOL_SIZE,
        "max_overflow": POOL_OVERFLOW,
        "pool_recycle": POOL_RECYCLE_SECONDS,
        "pool_timeout": TIMEOUT_SECONDS,
        "pool_pre_ping": True,
    }
