"""The site as it is seen through Apache: in front of Gunicorn, and with the application inside it."""

import os
import re
import select
import signal
import ssl
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.apache import SITES, Apache, apache, small_release
from tests.release_host import ReleaseHost
from tests.webapp.served import Served, gunicorn
from webapp import static_files

pytestmark = pytest.mark.deployment

PROXY, MOD_WSGI = "hallofshame.conf", "hallofshame-mod-wsgi.conf"
AWAY = "mysql+pymysql://root@127.0.0.1:1/away"
EMBEDDING = "https://partner.example"
API, PAGE = "/api/v1/methodology", "/"
LATER_SECONDS = 100  # than what is kept is fresh
HANGS_SECONDS = 15  # after which Apache gives an answer up
PATIENCE_SECONDS = 30
STRANGER = "127.0.0.2"  # who is not the host itself

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors "
HEADERS = {
    "Server": "Apache",
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": f"{POLICY}'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True)
class Site:
    """`break_application` makes it unable to answer; `application_log` is what it has said, read at its end."""

    apache: Apache
    break_application: Callable[[], object]
    application_log: Callable[[], str]
    pids: Callable[[], list[int]]

    def ask(self, path: str, method: str = "GET", **more: Any) -> requests.Response:
        return self.apache.ask(path, method, **more)


@contextmanager
def in_front_of_gunicorn(release_host: ReleaseHost, folder: Path, **settings: str) -> Iterator[Site]:
    with (
        small_release() as prefix,
        gunicorn(folder, HOS_SETTINGS_FILE="/dev/null", **settings) as served,
        apache(PROXY, prefix, APPLICATION=served.url.removeprefix("http://"), EMBED_ORIGINS=EMBEDDING) as running,
    ):
        yield Site(running, served.stop, lambda: _log_of(served), served.pids)


def _log_of(served: Served) -> str:
    served.stop()
    return served.log


@contextmanager
def inside(release_host: ReleaseHost, folder: Path, **settings: str) -> Iterator[Site]:
    host = release_host.copy(folder / "srv")
    with apache(
        MOD_WSGI, host.folder, settings, USER="www-data", SETTINGS_GROUP="www-data", EMBED_ORIGINS=EMBEDDING
    ) as running:
        yield Site(running, lambda: _break(host, running), lambda: running.log("error.log"), list)


def _break(host: ReleaseHost, running: Apache) -> None:
    """Let the application fail as it is loaded, which other processes do in the place of those that have it."""
    script = host.release / "deployment" / "apache" / "hallofshame.wsgi"
    script.unlink()
    script.write_text("raise RuntimeError('broken')\n", encoding="ascii")
    to_its_processes = ["--parent", str(running.process.pid), "--full", "wsgi:hallofshame"]
    subprocess.run(["pkill", "--signal", "USR1", *to_its_processes], check=True)
    give_up_at, in_a_row = time.monotonic() + PATIENCE_SECONDS, 0
    while in_a_row < 5:  # the one that is ending answers as before
        in_a_row = in_a_row + 1 if running.ask("/api/version").status_code == 500 else 0
        assert time.monotonic() < give_up_at
        time.sleep(0.1)


WAYS = {PROXY: in_front_of_gunicorn, MOD_WSGI: inside}
NOBODY_IS_COUNTED = {"HOS_REQUESTS_PER_MINUTE": "0", "HOS_REQUESTS_PER_DAY": "0"}
Serve = Callable[..., Site]


@pytest.fixture(scope="module", params=WAYS)
def site(
    request: pytest.FixtureRequest, release_host: ReleaseHost, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One for all tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("site")
    with WAYS[request.param](release_host, folder, HOS_TRUSTED_PROXIES="1", **NOBODY_IS_COUNTED) as served:
        yield served


@pytest.fixture(params=WAYS)
def serve(request: pytest.FixtureRequest, release_host: ReleaseHost, tmp_path: Path) -> Iterator[Serve]:
    """One for this test, with settings of its own."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            WAYS[request.param](release_host, tmp_path, HOS_TRUSTED_PROXIES="1", **(NOBODY_IS_COUNTED | settings))
        )


@pytest.fixture
def serve_by_proxy(tmp_path: Path) -> Iterator[Site]:
    nothing = ReleaseHost(tmp_path)
    with in_front_of_gunicorn(nothing, tmp_path, HOS_TRUSTED_PROXIES="1", **NOBODY_IS_COUNTED) as served:
        yield served


def style_sheet(site: Site) -> str:
    [address] = re.findall(r'<link rel="stylesheet" href="(.+?)">', site.ask(PAGE).text)
    return str(address)


def test_both_sites_say_the_same_of_a_host_but_where_the_application_is() -> None:
    defined = [set(re.findall(r"^Define (.+)$", (SITES / name).read_text(), re.MULTILINE)) for name in WAYS]
    own = {f"HOS_{name}" for name in ("USER", "SETTINGS_GROUP")}
    assert {line.split()[0] for line in defined[0] ^ defined[1]} == own


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (PAGE, 200),
        (API, 200),
        ("/api/health/live", 200),
        ("/static/site.css", 200),
        ("/nothing", 404),
        ("/api/v1/nothing", 404),
        ("/static/nothing", 404),
        ("/.env", 403),
        ("/api/v1/parks?nonsense=1", 400),
    ],
)
def test_every_answer_carries_the_headers_once(path: str, status: int, site: Site) -> None:
    for _ in range(2):  # the second may come from the cache
        answer = site.ask(path)
        assert answer.status_code == status
        assert HEADERS.items() <= dict(answer.headers).items()
        assert "," not in answer.headers["X-Request-Id"]
    unchanged = site.ask(path, headers={"If-None-Match": answer.headers.get("ETag", '""')})
    assert unchanged.status_code == (304 if status == 200 and "health" not in path else status)
    assert (HEADERS | {"Server": unchanged.headers["Server"]}).items() <= dict(unchanged.headers).items()
    assert unchanged.headers["Server"] == "Apache"


def test_what_is_to_be_embedded_may_be_framed_by_whom_the_host_says_and_nothing_else_is(site: Site) -> None:
    assert site.ask("/embed/park/1").headers["Content-Security-Policy"] == POLICY + EMBEDDING
    assert site.ask("/embedded").headers["Content-Security-Policy"] == f"{POLICY}'none'"


def test_the_page_of_a_mails_link_tells_nobody_its_address_and_no_log_has_it(site: Site) -> None:
    answer = site.ask("/ack/a-permission")
    assert (answer.status_code, answer.headers["Referrer-Policy"]) == (404, "no-referrer")
    assert answer.headers["Cache-Control"] == "no-store"
    assert '"GET /ack/... HTTP/1.1" 404' in site.apache.access(answer.headers["X-Request-Id"])
    assert "a-permission" not in site.apache.log("access.log") + site.apache.log("error.log")


def test_http_leads_to_https(site: Site) -> None:
    url = f"http://localhost:{site.apache.http}"
    answer = requests.get(f"{url}/api/v1/live?limit=3", allow_redirects=False, timeout=20)
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://localhost/api/v1/live?limit=3")
    challenge = site.apache.folder / "acme" / ".well-known" / "acme-challenge" / "token"
    challenge.parent.mkdir(parents=True, exist_ok=True)
    challenge.write_text("proof", encoding="ascii")
    assert requests.get(f"{url}/.well-known/acme-challenge/token", timeout=20).text == "proof"


def test_old_tls_is_refused(site: Site) -> None:
    context = ssl.create_default_context(cafile=site.apache.authority)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    with site.apache.connect(context) as connection:
        assert connection.version() == "TLSv1.3"
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        site.apache.connect(context)


def test_a_client_is_counted_by_its_own_address_whatever_it_says(serve: Serve) -> None:
    site = serve(HOS_REQUESTS_PER_MINUTE="6", HOS_WEB_WORKERS="2")

    def statuses(of: str, first: int) -> list[int]:
        # Each another answer, else it would come from the cache; each with another address to be believed.
        said = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")
        return [
            site.ask(
                f"/api/v1/parks/rankings?offset={first + i}", of=of, headers=dict.fromkeys(said, f"203.0.113.{i}")
            ).status_code
            for i in range(12)
        ]

    counted = statuses("127.0.0.1", 1)
    assert 3 <= counted.count(200) <= 6  # each of two workers has its share
    assert counted.count(429) == 12 - counted.count(200)
    assert 200 in statuses(STRANGER, 20)


def test_a_refused_client_is_told_so_and_nobody_else(serve: Serve) -> None:
    site = serve(HOS_REQUESTS_PER_MINUTE="2", HOS_WEB_WORKERS="2")
    kept, path = site.ask(API), "/api/v1/parks/rankings?offset={}"
    assert kept.status_code == 200
    refused = next(filter(lambda answer: answer.status_code == 429, (site.ask(path.format(i)) for i in range(1, 20))))
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert int(refused.headers["Retry-After"]) <= 60
    assert site.ask(API).content == kept.content  # what is kept costs the application nothing
    asked = refused.url.removeprefix(site.apache.url)
    assert site.ask(asked, of=STRANGER).status_code == 200


def test_an_answer_is_kept_for_a_minute_and_what_must_be_new_is_not(site: Site) -> None:
    path = "/api/v1/awards"
    first, second = site.ask(path), site.ask(path, headers={"Cache-Control": "no-cache"})
    assert (first.content, "Age" in first.headers) == (second.content, False)
    assert "Age" in second.headers
    for new in ("/api/health", "/api/health/live", "/api/version", "/metrics", "/ack/x"):
        assert "Age" not in [site.ask(new), site.ask(new)][1].headers, new


def test_json_and_tables_are_kept_apart_and_browsers_share_them(site: Site) -> None:
    path = "/api/v1/parks"
    accepted = ["text/html,*/*;q=0.8", "text/csv", "application/json", "text/csv;q=0.9"]
    answers = [site.ask(path, headers={"Accept": accept}) for accept in accepted]
    assert [each.headers["Content-Type"].partition(";")[0] for each in answers] == [
        "application/json",
        "text/csv",
        "application/json",
        "text/csv",
    ]
    assert ["Age" in each.headers for each in answers[2:]] == [True, True]


def test_pages_of_other_sites_may_read_what_is_kept_each_by_its_own_name(serve: Serve) -> None:
    site = serve(HOS_CORS_ORIGINS="https://one.example,https://two.example")
    allowed = [
        site.ask(API, headers={"Origin": origin} if origin else {}).headers.get("Access-Control-Allow-Origin")
        for origin in (None, "https://one.example", "https://two.example", "https://three.example") * 2
    ]
    assert allowed[1:3] == allowed[5:7] == ["https://one.example", "https://two.example"]
    assert "https://three.example" not in allowed


def test_a_dead_application_leaves_the_pages_and_answers_that_were_asked_for(serve: Serve) -> None:
    site = serve()
    before = {path: site.ask(path) for path in (PAGE, API, "/api/v1/live")}
    assert {each.status_code for each in before.values()} == {200}
    site.apache.advance(LATER_SECONDS)
    site.break_application()
    for path, kept in before.items():
        again = site.ask(path, headers={"Cache-Control": "no-cache"})  # as a reload by hand asks
        assert (again.status_code, again.content) == (200, kept.content), path
        assert again.headers["Data-Stale"] == "true"
        assert again.headers["Content-Type"] == kept.headers["Content-Type"]
        assert HEADERS.items() <= dict(again.headers).items()
    problem = site.ask("/api/v1/parks")
    assert problem.status_code in {500, 503}
    assert (problem.headers["Content-Type"], problem.headers["Cache-Control"]) == (
        "application/problem+json",
        "no-store",
    )
    assert (problem.json()["status"], problem.json()["type"]) == (problem.status_code, "about:blank")
    assert HEADERS.items() <= dict(problem.headers).items()
    page = site.ask("/never-asked")
    assert page.status_code == problem.status_code
    assert "The site is away for a moment" in page.text
    assert page.headers["Content-Type"].startswith("text/html")
    assert site.ask("/static/site.css").status_code == 200


def test_while_one_waits_for_a_hanging_application_all_others_are_answered(serve_by_proxy: Site) -> None:
    site, kept = serve_by_proxy, serve_by_proxy.ask(API)
    site.apache.advance(LATER_SECONDS)
    with frozen(site):
        waiting: list[requests.Response] = []
        first = threading.Thread(target=lambda: waiting.append(site.ask(API)))
        started_at = time.monotonic()
        first.start()
        time.sleep(0.5)  # it has the lock
        assert site.ask(API).content == kept.content
        assert time.monotonic() - started_at < HANGS_SECONDS / 3
        never_asked = site.ask("/api/v1/parks")
        first.join()
        took = time.monotonic() - started_at
    assert never_asked.status_code in {502, 504}
    assert waiting[0].content == kept.content
    assert HANGS_SECONDS <= took < 2 * HANGS_SECONDS


@contextmanager
def frozen(site: Site) -> Iterator[None]:
    """An application that takes connections and answers none."""
    pids = site.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_static_files_are_kept_for_ever_by_their_digest_alone(site: Site) -> None:
    address = style_sheet(site)
    served = site.ask(address)
    assert served.content == (static_files.FOLDER / "site.css").read_bytes()
    assert served.headers["Content-Type"] == "text/css; charset=utf-8"
    assert served.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    unchanged = site.ask(address, headers={"If-None-Match": served.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    for other in ("/static/site.css", f"/static/site.{'0' * 40}.css"):
        assert (site.ask(other).content, site.ask(other).headers["Cache-Control"]) == (served.content, "no-cache")


@pytest.mark.parametrize("path", [PAGE, API, "/api/docs", "/api/openapi.json", "/static/site.css"])
@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_texts_are_compressed_and_stay_recognised(path: str, coding: str, site: Site) -> None:
    plain = site.ask(path, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    packed = site.ask(path, headers={"Accept-Encoding": coding}, is_read_later=True)
    assert packed.headers["Content-Encoding"] == coding
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed.raw.read(decode_content=False)) < 0.6 * len(plain.content)
    headers = {"Accept-Encoding": coding, "If-None-Match": packed.headers["ETag"]}
    assert site.ask(path, headers=headers).status_code == 304


@pytest.mark.parametrize(
    "path",
    ["/static/", "/.env", "/.git/config", "/static/.hidden", "/%2egit/config", "/static/../.env", "/deployment/"],
)
def test_nothing_is_listed_and_nothing_hidden_is_shown(path: str, site: Site) -> None:
    answer = site.ask(path)
    assert answer.status_code in {403, 404}
    assert "Index of" not in answer.text


def test_trace_is_refused(site: Site) -> None:
    assert site.ask(PAGE, "TRACE").status_code == 405


def test_figures_for_machines_are_for_this_host_alone(site: Site) -> None:
    assert site.ask("/metrics").status_code == 200
    for path in ("/metrics", "/metrics/", "//metrics", "/./metrics"):
        assert site.ask(path, of=STRANGER).status_code in {403, 404}, path
    assert site.ask("/metrics", of=STRANGER).status_code == 403


def test_large_bodies_and_those_of_no_known_length_are_refused(site: Site) -> None:
    large = site.ask(API, "POST", data=b"x" * 2_000_000)
    assert (large.status_code, large.json()["title"]) == (413, "Request Entity Too Large")
    assert site.ask("/ack/x", "POST", data=b"x" * 10_000).status_code == 413
    assert site.ask("/ack/x", "POST", data=b"x" * 9_999).status_code == 404
    assert site.ask(API, "POST", data=iter([b"x"] * 9)).json()["title"] == "Length Required"


def test_slow_clients_are_dropped_and_slow_nobody_down(site: Site) -> None:
    alone = typical_seconds(site)
    context = ssl.create_default_context(cafile=site.apache.authority)
    slow = [site.apache.connect(context) for _ in range(30)]
    started_at = time.monotonic()
    dropped_after: list[float] = []
    dropping = threading.Thread(target=dribble, args=(slow, dropped_after))
    dropping.start()
    beside = typical_seconds(site)
    assert time.monotonic() - started_at < 5, "the slow ones were gone by then"
    dropping.join()
    assert len(dropped_after) == 30
    assert 4 < min(dropped_after) <= max(dropped_after) < 15
    assert beside < max(3 * alone, 0.05), f"{alone:.4f} s alone, {beside:.4f} s beside them"


def dribble(slow: list[ssl.SSLSocket], dropped_after: list[float]) -> None:
    """A byte of a header a second on each connection, until it is closed at the other end."""
    started_at, text = time.monotonic(), iter(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"x" * 60)
    while slow and (byte := next(text, None)) is not None:
        for connection in list(slow):
            if is_closed(connection, byte):
                dropped_after.append(time.monotonic() - started_at)
                slow.remove(connection)
                connection.close()
        time.sleep(1)


def is_closed(connection: ssl.SSLSocket, byte: int) -> bool:
    try:
        connection.send(bytes([byte]))
        readable, _, _ = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1) in {b"", b"H"}  # HTTP/1.1 408
    except ssl.SSLWantReadError:  # a ticket of the session
        return False
    except OSError:
        return True


def typical_seconds(site: Site) -> float:
    def seconds(number: int) -> float:
        started_at = time.monotonic()
        assert site.ask("/api/health/live").status_code == 200
        return time.monotonic() - started_at

    return statistics.median(seconds(number) for number in range(40))


def test_the_site_has_settings_of_its_own_inside_apache_too(release_host: ReleaseHost, tmp_path: Path) -> None:
    with inside(release_host, tmp_path) as site:
        assert site.ask("/api/version").json()["release"] == "of-the-site"


def test_a_request_has_one_name_in_the_answer_and_in_every_log(serve: Serve) -> None:
    site = serve(HOS_DATABASE_URL=AWAY)
    answer = site.ask(API, headers={"X-Request-Id": "of-the-client"})
    assert answer.status_code == 503
    name = answer.headers["X-Request-Id"]
    assert name != "of-the-client"
    assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("60", "no-store")
    assert f'"GET {API} HTTP/1.1" 503' in site.apache.access(name)
    [said] = [line for line in site.application_log().splitlines() if "answered 503" in line and name in line]
    assert f'"request_id": "{name}"' in said
