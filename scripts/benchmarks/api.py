"""The API over ten simulated years in MariaDB, served by Gunicorn as deployed: `scripts/bench api [--days N] …`.

Every route cold, that is without the response cache; warm answers beside a bare Flask route that returns the same bytes
from memory; 200 clients at once, alone and beside slow and greedy ones; and what MariaDB does for each statement.
"""

import argparse
import http.client
import math
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hallofshame import settings
from hallofshame.clock import SystemClock
from hallofshame.store import database
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from scripts.ten_years import loading, other_clients, parks, query_plans, questions, serving, wrk
from scripts.ten_years.loading import Size
from scripts.ten_years.questions import PREFIX, Known
from scripts.ten_years.serving import Site
from scripts.ten_years.wrk import Load
from tests import mariadb
from webapp.api.route import Route
from webapp.api.table import ROUTES
from webapp.app import create_app

DATABASE = "bench"
# Less than the data: what is asked for seldom comes from the disk, as it will.
SERVER = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M")
LOADING = ("--innodb-doublewrite=0",)  # nothing is lost: what breaks here is loaded again
LOAD_TIMEOUT_SECONDS = 600
NO_LIMITS = {"HOS_REQUESTS_PER_MINUTE": "0", "HOS_REQUESTS_PER_DAY": "0"}
LIMITS = {"HOS_REQUESTS_PER_MINUTE": "100000000", "HOS_REQUESTS_PER_DAY": "100000000"}  # counted, never reached

FIRST_REQUESTS, REQUESTS = 20, 200  # of each route, right after the database's start, and then
ROUNDS, ROUND_SECONDS, ROUND_CLIENTS = 5, 3, 16
# Slow clients are held by Apache, which stands in front: straight at Gunicorn each takes a thread of eight.
CLIENTS, SLOW_CLIENTS, HUGE_CLIENTS = 200, 1, 20
MIXED_EACH = 3  # addresses of each route
PLANNED_EACH = 100
SETTLED_AFTER_SECONDS = 10

TARGET_COLD_MS, TARGET_CROWD_MS, TARGET_NEWCOMER_MS = 50, 250, 2_000
TARGET_WARM, TARGET_LIMITED, TARGET_UNCHANGED = 0.8, 0.55, 0.9
TARGET_UNDISTURBED, TARGET_GROWTH_MB = 0.8, 10


def main() -> None:
    """Load, and print the figures."""
    given = _arguments()
    with mariadb.installed() as folder:
        with _database(folder, *LOADING) as engine:
            _load(engine, Size(days=given.days))
        measure(folder, given.seconds)


def measure(folder: Path, seconds: float) -> None:
    """Print the figures of a folder's database, which is started anew."""
    with _database(folder) as engine, engines.read(engine) as conn:
        there = questions.known(conn)
        with _site(engine, NO_LIMITS) as site:
            _poll(engine)
            _print_cold(site, int((folder / "pid").read_text(encoding="utf8")), there)
            _poll(engine)
            _print_crowd(site, there, seconds)
        _poll(engine)
        _print_warm(engine, there)
        _poll(engine)
        _print_plans(engine, there)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench api", description=__doc__)
    parser.add_argument("--days", type=int, default=Size().days, help="how many days are loaded")
    parser.add_argument("--seconds", type=float, default=60, help="how long 200 clients ask")
    return parser.parse_args()


@contextmanager
def _database(folder: Path, *options: str) -> Iterator[Engine]:
    with mariadb.running(folder, *SERVER, *options) as socket:
        mariadb.execute(socket, f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        engine = database.open_as_it_is(mariadb.url(socket, DATABASE, "mysqldb"), LOAD_TIMEOUT_SECONDS)
        yield engine
        engine.dispose()


@contextmanager
def _site(engine: Engine, limits: dict[str, str]) -> Iterator[Site]:
    with serving.gunicorn(HOS_DATABASE_URL=engine.url.render_as_string(hide_password=False), **limits) as site:
        yield site


def _load(engine: Engine, size: Size) -> None:
    started = time.perf_counter()
    database.migrate(engine)
    rows = loading.load(engine, size, SystemClock().now())
    seconds = time.perf_counter() - started
    print(f"loaded in {seconds:.0f} s: " + ", ".join(f"{count:,} {table}" for table, count in rows.items()), flush=True)


def _poll(engine: Engine) -> None:
    """Every park answers once more, or what is live would become stale meanwhile."""
    with engines.begin(engine) as conn:
        parks.poll(conn, SystemClock().now())


def _print_cold(site: Site, database_pid: int, there: Known) -> None:
    """Each request once, one after the other over one kept connection; the very first of a route is left out.

    What is computed for a request, by workers and database, says what it takes where nobody else computes.
    """
    asked = {route: questions.ask(route, there, 1 + FIRST_REQUESTS + REQUESTS) for route in ROUTES}
    connection = http.client.HTTPConnection("127.0.0.1", site.port)
    first = {route: _milliseconds(connection, urls[: 1 + FIRST_REQUESTS])[1:] for route, urls in asked.items()}
    for route, urls in asked.items():
        before = serving.processor_seconds([*site.workers, database_pid])
        then = _milliseconds(connection, urls[1 + FIRST_REQUESTS :])
        computed = serving.processor_seconds([*site.workers, database_pid]) - before
        p99 = _percentile(then, 99)
        print(
            f"cold {route.path:29} {len(then)} asked, median {statistics.median(then):5.1f} ms, p99 {p99:6.1f} ms "
            f"{_verdict(p99 <= TARGET_COLD_MS, f'{TARGET_COLD_MS} ms')}, "
            f"computed {computed / len(then) * 1_000:5.1f} ms each; right after the database's start "
            f"median {statistics.median(first[route]):5.1f} ms, longest {max(first[route]):6.1f} ms",
            flush=True,
        )
    connection.close()


def _milliseconds(connection: http.client.HTTPConnection, urls: Sequence[str]) -> list[float]:
    return [_millisecond(connection, url) for url in urls]


def _millisecond(connection: http.client.HTTPConnection, url: str) -> float:
    started = time.perf_counter()
    connection.request("GET", url.replace(" ", "%20"))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{url}: {answer.status} {body!r}")
    return (time.perf_counter() - started) * 1_000


def _print_warm(engine: Engine, there: Known) -> None:
    """Answers from the response cache beside the same bytes from memory, in turns: one run, one machine."""
    paths = [f"{PREFIX}/live", f"{PREFIX}/parks/rankings", f"{PREFIX}/parks/{there.park_ids[0]}"]
    with ExitStack() as kept:
        site, limited = (kept.enter_context(_site(engine, limits)) for limits in (NO_LIMITS, LIMITS))
        got = {path: _get(site, path) for path in paths}
        bare = kept.enter_context(_bare_site([body for body, _ in got.values()]))
        for number, (path, (body, etag)) in enumerate(got.items()):
            contenders = {
                "bare": partial(_rate, bare, f"/{number}"),
                "warm": partial(_rate, site, path),
                "limited": partial(_rate, limited, path),
                "unchanged": partial(_rate, site, path, f"If-None-Match: {etag}"),
            }
            _print_ratios(path, len(body), _in_turns(contenders))


@contextmanager
def _bare_site(bodies: Sequence[bytes]) -> Iterator[Site]:
    """Serve these bytes at /0, /1 and so on, from memory."""
    with TemporaryDirectory(prefix="hos-bench-") as folder:
        for number, body in enumerate(bodies):
            (Path(folder) / str(number)).write_bytes(body)
        with serving.gunicorn("scripts.ten_years.bare_site:app", BARE_SITE_BODIES=folder) as site:
            yield site


def _get(site: Site, path: str) -> tuple[bytes, str]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return body, answer.headers["ETag"]


def _rate(site: Site, path: str, *headers: str) -> float:
    load = wrk.ask(site.url, [path], clients=ROUND_CLIENTS, seconds=ROUND_SECONDS, headers=headers)
    if load.errors:
        raise SystemExit(f"{path}: {load.errors} errors")
    return load.requests_a_second


def _in_turns(contenders: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """The rates of each, by round. One round before, in which the caches fill, is left out."""
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(1 + ROUNDS):
        for name, rate in contenders.items():
            rates[name].append(rate())
    return {name: each[1:] for name, each in rates.items()}


def _print_ratios(path: str, size: int, rates: Mapping[str, Sequence[float]]) -> None:
    """Medians, and of the ratios the median over the rounds: within one the machine is as busy for both."""
    print(f"{path}, {size:,} bytes: bare Flask route {statistics.median(rates['bare']):,.0f} a second", flush=True)
    for name, label, target in (
        ("warm", "warm, limits off", TARGET_WARM),
        ("limited", "warm, limits on", TARGET_LIMITED),
        ("unchanged", "304", TARGET_UNCHANGED),
    ):
        ratio = statistics.median(rate / bare for rate, bare in zip(rates[name], rates["bare"], strict=True))
        print(
            f"  {label:17} {statistics.median(rates[name]):6,.0f} a second, {ratio:.2f} x bare "
            f"{_verdict(ratio >= target, f'{target}')}",
            flush=True,
        )


def _print_crowd(site: Site, there: Known, seconds: float) -> None:
    """The same load twice; the caches fill before."""
    paths = [url for route in ROUTES for url in questions.ask(route, there, MIXED_EACH)]
    wrk.ask(site.url, paths, clients=ROUND_CLIENTS, seconds=SETTLED_AFTER_SECONDS)
    _print_floor(site, paths[0], seconds / 4)
    alone = _print_load("alone", site, paths, seconds)
    with other_clients.beside(site.port, slow=SLOW_CLIENTS, huge=HUGE_CLIENTS) as answered:
        beside = _print_load(f"beside {SLOW_CLIENTS} slow and {HUGE_CLIENTS} huge ones", site, paths, seconds)
    ratio = beside.requests_a_second / alone.requests_a_second
    print(
        f"  beside them {ratio:.2f} x alone {_verdict(ratio >= TARGET_UNDISTURBED, f'{TARGET_UNDISTURBED}')}; "
        f"the huge ones were answered {dict(answered)} {_verdict(answered.keys() == {'414'}, '414 alone')}",
        flush=True,
    )


def _print_floor(site: Site, path: str, seconds: float) -> None:
    """What is waited anyway, as busy as this machine is."""
    with _bare_site([_get(site, path)[0]]) as bare:
        load = wrk.ask(bare.url, ["/0"], clients=CLIENTS, seconds=seconds, threads=2)
    print(
        f"{CLIENTS} clients, a bare Flask route: {load.requests_a_second:,.0f} a second, "
        f"median {load.median_seconds * 1_000:.0f} ms, p99 {load.p99_seconds * 1_000:.0f} ms"
    )


def _print_load(label: str, site: Site, paths: Sequence[str], seconds: float) -> Load:
    settled: list[float] = []
    sample = threading.Timer(min(SETTLED_AFTER_SECONDS, seconds / 2), lambda: settled.append(site.megabytes()))
    sample.start()
    with other_clients.newcomers(site.port, paths[0]) as waited:
        load = wrk.ask(site.url, paths, clients=CLIENTS, seconds=seconds, threads=2)
    sample.join()
    growth = site.megabytes() - settled[0]
    p99 = load.p99_seconds * 1_000
    is_quick = 0 < p99 <= TARGET_CROWD_MS  # 0: nobody was answered
    # wrk counts answers: who never gets one does not come into its figures.
    longest = max(waited) * 1_000
    print(
        f"{CLIENTS} clients for {seconds:.0f} s, {label}: {load.requests_a_second:,.0f} a second, "
        f"{load.errors} errors {_verdict(not load.errors, '0')}, median {load.median_seconds * 1_000:.0f} ms, "
        f"p99 {p99:.0f} ms {_verdict(is_quick, f'{TARGET_CROWD_MS} ms')}, "
        f"newcomers {longest:.0f} ms at most {_verdict(longest <= TARGET_NEWCOMER_MS, f'{TARGET_NEWCOMER_MS} ms')}, "
        f"memory of the workers {settled[0]:.0f} MB, {growth:+.1f} MB until the end "
        f"{_verdict(growth <= TARGET_GROWTH_MB, 'flat')}",
        flush=True,
    )
    return load


def _print_plans(engine: Engine, there: Known) -> None:
    client = create_app(settings.load(NO_LIMITS, Path(os.devnull)), SystemClock(), engine).test_client()
    statements, scans = 0, []
    for route in ROUTES:
        with query_plans.recorded(engine) as found:
            for url in questions.ask(route, there, PLANNED_EACH):
                client.get(url)
        statements += len(found.statements)
        scans += [(route, scan) for scan in query_plans.scans(engine, found)]
    print(f"{statements} different statements of {len(ROUTES)} routes: {_scanned(scans)}")
    for route, scan in scans:
        print(f"  {route.path}: {scan.table} ({scan.how}, {scan.rows:,} rows): {scan.statement}")


def _scanned(scans: Sequence[tuple[Route, query_plans.Scan]]) -> str:
    return f"{len(scans)} read a large table from end to end {_verdict(not scans, '0')}"


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def _verdict(is_met: bool, target: str) -> str:
    return f"(target {target}: {'met' if is_met else 'MISSED'})"


if __name__ == "__main__":
    main()
