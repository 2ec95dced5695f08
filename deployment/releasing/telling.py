"""What `deploy status` and `deploy list` say."""

from collections.abc import Iterator
from pathlib import Path

from hallofshame import deploys
from hallofshame.clock import to_iso
from hallofshame.deploys import Line

from . import history, lock, releases

_LAST_LINES = 5


def status(prefix: Path) -> Iterator[str]:
    """A line each: what serves, what came before, who deploys, what broke off, what was done last."""
    lines = deploys.read(prefix)
    current, stayed = releases.current(prefix), history.proven(lines)
    since = next((f" since {to_iso(line.at)}" for line in reversed(lines) if line.release == current), "")
    before = [name for name in stayed[:-1] if name in releases.built(prefix)]
    yield f"current    {current or 'none: deploy one'}{since}"
    yield f"previous   {before[-1] if before else 'none'}"
    holder = lock.holder(prefix)
    yield f"lock       {holder or 'free'}"
    yield from (f"unfinished {each.name}" for each in releases.every(prefix) if each.commit is None)
    if (broken := history.broken_off(lines)) and not holder:
        to = f"deploy rollback goes to {broken.before}" if broken.before else "deploy again"
        yield f"broken off the change to {broken.release} at {to_iso(broken.at)} came to no end: {to}"
    yield from (_told(line) for line in lines[-_LAST_LINES:])


def every(prefix: Path) -> Iterator[str]:
    """A line a release, oldest first."""
    current, stayed, used = releases.current(prefix), history.proven(deploys.read(prefix)), releases.in_use(prefix)
    for each in releases.every(prefix):
        marks = {
            "current": each.name == current,
            "proven": each.name in stayed,
            "in use": each.name in used,
            "unfinished": each.commit is None,
        }
        told = ", ".join(mark for mark, is_so in marks.items() if is_so)
        yield f"{each.name}  {each.built_at:<20}  {told}".rstrip()


def _told(line: Line) -> str:
    [first, *_] = line.why.splitlines() or [""]
    before = f" (before: {line.before})" if line.before else ""
    return f"  {to_iso(line.at)} {line.by} {line.event}: {line.release}{before}{': ' if first else ''}{first}"
