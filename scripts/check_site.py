"""Check that a site answers with data: page, API and health. `--wait` only waits until it answers at all."""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request

WAIT_SECONDS = 30
QUEUE_TIMES = "https://queue-times.com"


def main() -> int:
    """Print what was found; 0, or 1 with what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wait", action="store_true", help="wait until the site answers, and check no more")
    parser.add_argument("site", help="its URL")
    given = parser.parse_args()
    try:
        if given.wait:
            _wait(given.site)
        else:
            print(_check(given.site))
    except (AssertionError, OSError, ValueError) as error:
        print(f"check_site: {given.site}: {error}", file=sys.stderr)
        return 1
    return 0


def _wait(site: str) -> None:
    give_up_at = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            _get(f"{site}/api/health/live")
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)
        else:
            return


def _check(site: str) -> str:
    page = _get(site)
    if "Powered by" not in page or QUEUE_TIMES not in page:
        raise ValueError("the page does not say whose data it shows")
    parks = json.loads(_get(f"{site}/api/v1/parks"))["data"]
    live = json.loads(_get(f"{site}/api/v1/live"))["data"]
    health = json.loads(_get(f"{site}/api/health"))
    if not parks:
        raise ValueError("the API knows no park")
    return f"page and API answer: {len(parks)} parks, {len(live)} open now, health {health['status']}"


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own URL
        body: bytes = answer.read()
    return body.decode()


if __name__ == "__main__":
    raise SystemExit(main())
