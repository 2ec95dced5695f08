"""Whether a release that was just started does its work: asked from outside, as a visitor would, and through its jobs.

It runs with the release's own Python and checks the release's own promises. `--release` is the name it has to tell.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from importlib import resources
from pathlib import Path
from typing import Any

from hallofshame import settings
from hallofshame.clock import SystemClock, to_iso
from hallofshame.errors import HallOfShameError

from . import json_shapes
from .host import SITE

ANSWERS_WITHIN_SECONDS = 5
STARTED_WITHIN_SECONDS = 20  # under the CPU quota of its unit it takes five, with nothing else to do
TRIES = 3  # of what a job may change between two questions

LISTED, RANKED = "/api/v1/parks", "/api/v1/parks/rankings?period=30days"
SHAPED = (LISTED, RANKED, "/api/v1/live", "/api/v1/waits", "/api/v1/methodology")
HEADERS = {
    "Content-Security-Policy": "default-src",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "",
    "Permissions-Policy": "",
}
_STYLE = re.compile(r'href="([^"]+\.css)"')


class Wrong(Exception):
    """What is not as it should be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site said to one question."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            raise Wrong(f"its body is no JSON: {self.body[:80]!r}") from None


@dataclass(frozen=True, slots=True)
class Site:
    """The site at its base URL."""

    url: str

    def get(self, path: str, status: int = 200, **headers: str) -> Answer:
        """Ask; raises Wrong where it answers with another status, or not at all."""
        request = urllib.request.Request(self.url + path, headers=headers)  # noqa: S310 - the operator's own URL
        try:
            with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN_SECONDS) as answer:  # noqa: S310 - as above
                found = Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            found = Answer(error.code, error.headers, error.read())
        except OSError as error:
            raise Wrong(f"{path} is not answered: {error}") from None
        if status not in {found.status, 0}:
            raise Wrong(f"{path} answers {found.status}, not {status}: {found.body[:200].decode(errors='replace')}")
        return found


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line a check, up to the first that fails; 1 then."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--release", required=True)
    parser.add_argument("--no-headers", action="store_true", help="no Apache stands in front")
    parser.add_argument("--no-alert-test", action="store_true")
    given = parser.parse_args(argv)
    has_failed = False
    for name, check in _checks(given).items():
        try:
            told, word = check(), "ok"
        except (Wrong, HallOfShameError, KeyError, TypeError) as error:
            told, word, has_failed = _told(error), "fail", True
        sys.stdout.write(f"{word:<5} smoke {name:<10} {told}\n")
        sys.stdout.flush()
        if has_failed:  # the rest would take its time to say no more
            break
    return int(has_failed)


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, Wrong | HallOfShameError) else f"an answer of another shape: {error!r}"


def _checks(given: argparse.Namespace) -> dict[str, Callable[[], str]]:
    site = Site(given.url.rstrip("/"))
    checks: dict[str, Callable[[], str]] = {
        "version": lambda: _version(site, given.release),
        "health": lambda: _health(site),
        "answers": lambda: _answers(site),
        "refusals": lambda: _refusals(site),
        "304": lambda: _revalidation(site),
        "static": lambda: _static(site),
        "job": lambda: _job(given.release),
    }
    if site.url != SITE:
        # What stands in front may answer with what it kept of the release before.
        checks["behind"] = lambda: _answers(Site(SITE))
    if not given.no_headers:
        checks["headers"] = lambda: _headers(site)
    if not given.no_alert_test:
        checks["alert"] = _alert
    return checks


def _version(site: Site, release: str) -> str:
    """The first question: the service may have to start yet."""
    clock = SystemClock()
    give_up_at = clock.monotonic() + STARTED_WITHIN_SECONDS
    while True:
        try:
            told = site.get("/api/version").json()["release"]
            break
        except Wrong:
            if clock.monotonic() > give_up_at:
                raise
            clock.sleep(0.2)
    if told != release:
        raise Wrong(f"{told} answers, not {release}")
    return f"{release} answers"


def _health(site: Site) -> str:
    """Old data are no fault of a release, and perhaps what it is to mend: the database has to answer."""
    site.get("/api/health/live")
    told = site.get("/api/health", status=0).json()
    if told["checks"]["database"]["status"] != "ok":
        raise Wrong(f"the database: {told['checks']['database']['status']}")
    return f"{told['status']}; database ok, collection {told['checks']['collection']['status']}"


def _answers(site: Site) -> str:
    document = _document()
    found = {path: site.get(path).json() for path in SHAPED}
    for path, answer in found.items():
        schema = document["paths"][path.partition("?")[0]]["get"]["responses"]["200"]["content"]["application/json"]
        wrong = list(json_shapes.faults(answer, schema["schema"], document))
        if wrong:
            raise Wrong(f"{path}: {'; '.join(wrong[:5])}")
    has_polls = site.get("/api/health", status=0).json()["checks"]["collection"].get("newest_at") is not None
    if has_polls and not found[LISTED]["data"]:
        raise Wrong(f"{LISTED} is empty, though there are polls")
    if any(park["coverage_30_days"] for park in found[LISTED]["data"]) and not found[RANKED]["data"]:
        raise Wrong(f"{RANKED} is empty, though there are days")
    rows = ", ".join(f"{len(answer['data'])}" for answer in found.values())
    return f"{len(found)} answers as the API's document has them ({rows} rows)"


def _refusals(site: Site) -> str:
    site.get("/api/v1/parks/999999999", status=404)
    site.get("/api/v1/parks?no_such_parameter=1", status=400)
    return "404 for an unknown park, 400 for an unknown parameter"


def _revalidation(site: Site) -> str:
    for _ in range(TRIES):
        tag = site.get(LISTED).headers["ETag"]
        if tag and site.get(LISTED, status=0, **{"If-None-Match": tag}).status == 304:
            return "304 for the second question"
    raise Wrong(f"{LISTED} answers the second question with its whole body again")


def _static(site: Site) -> str:
    page = site.get("/").body.decode(errors="replace")
    names = _STYLE.findall(page)
    if not names:
        raise Wrong("the page names no style sheet")
    path = names[0].removeprefix(site.url)
    if hashlib.sha256(site.get(path).body).digest() not in set(_digests()):
        raise Wrong(f"{path} is no file of this release")
    return f"{path} is this release's"


def _job(release: str) -> str:
    """A run of the wrapper, seen where operators see it."""
    began = to_iso(SystemClock().now())
    _run("hos-cron", "selftest", "--", "true")
    [run, *_] = json.loads(_run("hos", "runs", "selftest", "--limit", "1", "--json")) or [{}]
    if run.get("state") != "succeeded" or run.get("started_at", "") < began or run.get("release") != release:
        raise Wrong(f"hos runs does not show the selftest: {run.get('started_at')} {run.get('state')}")
    return f"run {run['run_id']} succeeded"


def _headers(site: Site) -> str:
    found = site.get("/").headers
    expected = HEADERS | ({"Strict-Transport-Security": "max-age"} if site.url.startswith("https:") else {})
    missing = [name for name, part in expected.items() if not found.get(name) or part not in found[name]]
    if missing:
        raise Wrong(f"the page comes without {', '.join(missing)}: is {site.url} served by deployment/apache?")
    return ", ".join(expected)


def _alert() -> str:
    loaded = settings.load()
    if not (loaded.sendgrid_api_key and loaded.alert_to):
        return "left out: SENDGRID_API_KEY or HOS_ALERT_TO is not set, and nothing else has a sandbox"
    return _run("hos", "alert-test", "--sandbox").strip()


def _run(program: str, *argv: str) -> str:
    line = [str(Path(sys.prefix) / "bin" / program), *argv]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Wrong(f"{program} {' '.join(argv)}: exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _document() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((resources.files("hallofshame.webapp.api") / "openapi.json").read_text())
    return told


def _digests() -> Iterator[bytes]:
    for file in (resources.files("hallofshame.webapp") / "static").iterdir():
        yield hashlib.sha256(file.read_bytes()).digest()


if __name__ == "__main__":
    raise SystemExit(main())
