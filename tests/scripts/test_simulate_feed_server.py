"""The simulated feed over HTTP, and the command that starts it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
import requests

from scripts.simulation.quirks import read_quirks
from scripts.simulation.server import Settings, serve
from scripts.simulation.world import World

pytestmark = pytest.mark.integration

SCRIPT = Path(__file__).parents[2] / "scripts" / "simulate_feed.py"
AT = "/at/2026-07-18T16:00:00Z"
MOMENT = datetime(2026, 7, 18, 16, tzinfo=UTC)
PARK = "/parks/6/queue_times.json"


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=1)


@pytest.fixture(scope="module")
def feed(world: World) -> Iterator[str]:
    with serve(world, settings=Settings(quirks=read_quirks("outlier:8"))) as url:
        yield url


def get(url: str, timeout_seconds: float = 5, **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(url, headers=named, timeout=timeout_seconds)


@pytest.mark.parametrize("prefix", ["", "/en-US"])
def test_any_moment_can_be_asked_for(feed: str, world: World, prefix: str) -> None:
    assert get(f"{feed}{AT}{prefix}{PARK}").json() == world.payload(6, MOMENT)


def test_without_a_moment_it_is_now(feed: str) -> None:
    payload = get(f"{feed}{PARK}").json()
    updated = datetime.fromisoformat(payload["lands"][0]["rides"][0]["last_updated"])
    assert 0 <= (datetime.now(UTC) - updated).total_seconds() < 400


def test_a_server_can_stand_still_at_a_moment(world: World) -> None:
    with serve(world, settings=Settings(at=MOMENT)) as url:
        assert get(f"{url}{PARK}").json() == world.payload(6, MOMENT)


def test_the_parks_are_listed(feed: str, world: World) -> None:
    assert get(f"{feed}/parks.json").json() == world.parks_json()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/parks/999/queue_times.json", 404),
        ("/parks/six/queue_times.json", 400),
        ("/at/noon/parks.json", 400),
        ("/at/2026-07-18T16:00:00/parks.json", 400),
        ("/quirk/nonsense/parks.json", 400),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(feed: str, path: str, status: int) -> None:
    answer = get(f"{feed}{path}")
    assert answer.status_code == status
    assert answer.content.startswith(b"<!DOCTYPE html>")


def test_an_unchanged_answer_is_not_sent_twice(feed: str) -> None:
    first = get(f"{feed}{AT}{PARK}")
    again = get(f"{feed}{AT}{PARK}", If_None_Match=first.headers["ETag"])
    later = get(f"{feed}/at/2026-07-18T16:05:00Z{PARK}", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert later.status_code == 200


def test_gzip_is_used_where_it_is_accepted(feed: str) -> None:
    plain = get(f"{feed}{AT}{PARK}", Accept_Encoding="identity")
    packed = get(f"{feed}{AT}{PARK}", Accept_Encoding="gzip, deflate")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 3
    assert packed.content == plain.content
    assert packed.headers["ETag"] == plain.headers["ETag"]


def test_one_connection_serves_many_requests(feed: str) -> None:
    connection = HTTPConnection(urlsplit(feed).netloc, timeout=5)
    sockets = set()
    for path in (PARK, "/parks.json", "/nothing", f"/quirk/429:6{PARK}", PARK):
        connection.request("GET", path)
        sockets.add(connection.sock)
        connection.getresponse().read()
    connection.close()
    assert len(sockets) == 1


@pytest.mark.parametrize("prefix", [f"/quirk/closed_with_wait:6{AT}", f"{AT}/quirk/closed_with_wait:6,stale:5"])
def test_quirks_can_be_asked_for_in_the_path_before_or_after_the_moment(feed: str, world: World, prefix: str) -> None:
    payload = get(f"{feed}{prefix}{PARK}").json()
    assert payload != world.payload(6, MOMENT)
    assert payload["lands"][0]["rides"][0]["wait_time"] == 15


def test_quirks_of_the_path_are_added_to_those_of_the_server(feed: str) -> None:
    payload = get(f"{feed}/quirk/clock_skew:8{AT}/parks/8/queue_times.json").json()
    assert payload["lands"][0]["rides"][0]["wait_time"] == 995
    assert payload["lands"][0]["rides"][0]["last_updated"] == "2026-07-18T16:00:54.000Z"


@pytest.mark.parametrize(
    ("quirk", "status", "beginning"),
    [
        ("html:6", 200, b"<!DOCTYPE html>"),
        ("empty:6", 200, b""),
        ("error500:6", 500, b"<!DOCTYPE html>"),
        ("429:6", 429, b"<!DOCTYPE html>"),
    ],
)
def test_an_answer_can_be_none_and_other_parks_are_served(feed: str, quirk: str, status: int, beginning: bytes) -> None:
    answer = get(f"{feed}/quirk/{quirk}{PARK}")
    assert answer.status_code == status
    assert answer.content[:15] == beginning
    assert get(f"{feed}/quirk/{quirk}/parks/7/queue_times.json").json()["lands"]
    assert len(get(f"{feed}/quirk/{quirk}/parks.json").json()) > 10


def test_too_many_requests_says_when_to_come_back(feed: str) -> None:
    assert get(f"{feed}/quirk/429:6{PARK}").headers["Retry-After"] == "1"


def test_too_many_requests_once_is_over_at_the_second_request(feed: str) -> None:
    url = f"{feed}/quirk/429_once:6{AT}{PARK}"
    assert [get(url).status_code for _ in range(3)] == [429, 200, 200]


@pytest.mark.parametrize(
    ("quirk", "status", "body"),
    [("parks_html", 200, b"<!DOCTYPE html>"), ("parks_500", 500, b"<!DOCTYPE html>"), ("parks_empty", 200, b"[]")],
)
def test_parks_json_can_fail_while_the_parks_are_served(feed: str, quirk: str, status: int, body: bytes) -> None:
    answer = get(f"{feed}/quirk/{quirk}/parks.json")
    assert (answer.status_code, answer.content[:15]) == (status, body)
    assert get(f"{feed}/quirk/{quirk}{PARK}").json()["lands"]


def test_half_a_body_breaks_off(feed: str) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(f"{feed}/quirk/half_body:6{PARK}")


@pytest.mark.parametrize("path", [f"/quirk/hang:6{PARK}", "/quirk/parks_hang/parks.json"])
def test_a_hanging_answer_never_comes(feed: str, path: str) -> None:
    with pytest.raises(requests.exceptions.ReadTimeout):
        get(f"{feed}{path}", timeout_seconds=0.2)


def test_a_slow_drip_keeps_coming_and_takes_long(feed: str) -> None:
    with requests.get(f"{feed}/quirk/slow_drip:6{PARK}", timeout=5, stream=True) as response:
        assert int(response.headers["Content-Length"]) > 4_000
        assert len(next(response.iter_content(32))) == 32


def test_latency_delays_every_answer(world: World) -> None:
    with serve(world, settings=Settings(latency_seconds=0.1)) as url:
        started = time.monotonic()
        get(f"{url}{PARK}")
        assert time.monotonic() - started >= 0.1


def test_the_server_ends_at_once_though_clients_are_kept_waiting(world: World) -> None:
    with serve(world) as url:
        connections = [HTTPConnection(urlsplit(url).netloc, timeout=5) for _ in range(3)]
        for connection, quirk in zip(connections, ("hang:6", "slow_drip:6", "stale:6"), strict=True):
            connection.request("GET", f"/quirk/{quirk}{PARK}")
        connections[1].getresponse()
        connections[2].getresponse().read()  # and stays connected
        ending = time.monotonic()
    assert time.monotonic() - ending < 1
    for connection in connections:
        connection.close()


def test_many_clients_are_served_at_once(feed: str) -> None:
    statuses: list[int] = []
    clients = [Thread(target=lambda: statuses.append(get(f"{feed}{AT}{PARK}").status_code)) for _ in range(20)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert statuses == [200] * 20


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_is_serves_and_ends_on_a_signal(ending: signal.Signals, world: World) -> None:
    command = [sys.executable, str(SCRIPT), "--parks", "9", "--at", "2026-07-18T16:00:00Z", "--quirk", "html:5,429:7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix("simulator on ").strip()
            answers = [get(f"{url}/parks/{park_id}/queue_times.json") for park_id in (6, 7, 64)]
            process.send_signal(ending)
            printed = process.communicate(timeout=2)
        finally:
            process.kill()
    assert [answer.status_code for answer in answers] == [200, 429, 404]
    assert answers[0].json() == world.payload(6, MOMENT)
    assert printed == ("", "")
    assert process.returncode == 0


def test_the_command_prints_the_true_breakdowns_of_park_days() -> None:
    command = [sys.executable, str(SCRIPT), "--parks", "3", "--truth", "2026-07-18", "2026-07-19"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout
    world = World(seed=1, park_count=3)
    days = (date(2026, 7, 18), date(2026, 7, 19))
    true = [each for day in days for park_id in world.parks for each in world.breakdowns(park_id, day)]
    assert len(true) > 20
    assert [json.loads(line) for line in printed.splitlines()] == [
        {
            "park_id": each.park_id,
            "ride_id": each.ride_id,
            "name": each.name,
            "start": f"{each.start:%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{each.end:%Y-%m-%dT%H:%M:%SZ}",
        }
        for each in true
    ]
