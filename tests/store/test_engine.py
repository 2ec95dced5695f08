"""Transactions: what is tried again, what is refused, and how that is said."""

import threading

import pytest
from sqlalchemy import select, text, update

from hallofshame.errors import Permanent, Transient
from hallofshame.store import engine as engines
from hallofshame.store import runs
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.schema import job_runs
from tests import factories

pytestmark = pytest.mark.integration


def test_an_error_rolls_the_whole_transaction_back(engine: Engine) -> None:
    def break_off(conn: Connection) -> None:
        runs.record(conn, factories.run())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        engines.write(engine, break_off)
    with engines.read(engine) as conn:
        assert runs.latest(conn) == []


def test_two_transactions_that_lock_each_other_both_end(engine: Engine) -> None:
    ids = ["0192f3a4-7c1e-7000-8000-00000000000a", "0192f3a4-7c1e-7000-8000-00000000000b"]
    with engines.begin(engine) as conn:
        for run_id in ids:
            runs.record(conn, factories.run(run_id))
    both_have_one = threading.Barrier(2)
    attempts: list[str] = []

    def cross(first: str, second: str) -> None:
        def work(conn: Connection) -> None:
            attempts.append(first)
            _add_one(conn, first)
            if engine.dialect.name != "sqlite" and len(attempts) <= 2:
                both_have_one.wait(10)
            _add_one(conn, second)

        engines.write(engine, work)

    threads = [threading.Thread(target=cross, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with engines.read(engine) as conn:
        assert conn.execute(select(job_runs.c.attempts)).scalars().all() == [3, 3]
    assert len(attempts) == (2 if engine.dialect.name == "sqlite" else 3)


def _add_one(conn: Connection, run_id: str) -> None:
    conn.execute(update(job_runs).where(job_runs.c.run_id == run_id).values(attempts=job_runs.c.attempts + 1))


def test_a_missing_table_is_permanent_and_names_the_database(engine: Engine) -> None:
    with pytest.raises(Permanent, match=r"database .*no_such"), engines.read(engine) as conn:
        conn.execute(text("SELECT * FROM no_such"))


def test_a_server_that_is_away_is_transient_and_the_password_is_not_told() -> None:
    opened = engines.open_engine("mysql+pymysql://hos:sesame@127.0.0.1:1/hos")
    with pytest.raises(Transient) as caught, engines.read(opened):
        pass
    assert "127.0.0.1" in str(caught.value)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "mysql+nodriver://host/name"])
def test_a_url_that_is_none_says_what_is_expected(url: str) -> None:
    with pytest.raises(Permanent, match=r"HOS_DATABASE_URL: .*expected sqlite:///"):
        engines.open_engine(url)


def test_a_plain_mysql_url_takes_the_driver_that_is_installed() -> None:
    assert engines.open_engine("mysql://root@localhost/hos").driver == "mysqldb"
