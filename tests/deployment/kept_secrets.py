"""Where a running host keeps its secrets, and all the places where somebody else could read one."""

import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.deployment.running_host import SECRETS, RunningHost

# All that can be written to; what is gone with a process (/proc) is looked at while it runs.
_WRITABLE = ("dev/shm", "etc", "home", "opt", "root", "run", "srv", "tmp", "usr/local", "var")
_CHANGED_WITH = """\
find "$@" -type f -newerct "@$SINCE" -print0 |
  xargs --null grep --fixed-strings --files-with-matches --file=/dev/fd/9 9<"$PATTERNS" || [ $? = 123 ]
"""
_ANSWERS = ("/", "/api/health", "/api/version", "/api/v1/live", "/metrics", "/ack/no-such-link")


def of(host: RunningHost) -> dict[str, str]:
    """Each by its name; of a URL only what is secret in it."""
    files = sorted((host.systemd.root / SECRETS[1:]).iterdir())
    return {path.name: _secret_part(path.read_text(encoding="utf8").strip()) for path in files}


def _secret_part(value: str) -> str:
    url = urlsplit(value)
    return (url.password or url.path.strip("/")) if url.scheme else value


def started(host: RunningHost) -> Iterator[str]:
    """Every process that was seen, with its command line and its environment."""
    for trace in host.traces().iterdir():
        yield from trace.read_text(encoding="utf8").splitlines()
    for process in host.started.copy():
        yield b" | ".join(process).replace(b"\0", b" ").decode(errors="replace")


def files_with(host: RunningHost, values: list[str]) -> set[str]:
    """The files that hold one of the values, of all that were written since the host began."""
    patterns = host.folder / "patterns"
    patterns.write_text("".join(f"{value}\n" for value in values), encoding="utf8")
    places = [str(host.systemd.root / place) for place in _WRITABLE]
    given = {"SINCE": str(host.began_at), "PATTERNS": str(patterns), "PATH": "/usr/bin:/bin"}
    line = ["bash", "-o", "pipefail", "-c", _CHANGED_WITH, "bash", *places]
    said = subprocess.run(line, env=given, capture_output=True, text=True, check=True).stdout
    return {path.removeprefix(str(host.systemd.root)) for path in said.splitlines()}


def told(host: RunningHost) -> dict[str, str]:
    """What the host says of itself, by who can read it: whole journal and database, mails, answers."""
    journal = host.systemd.run("journalctl", "--output=export", "--all", "--no-pager").stdout
    stored = host.systemd.run("mariadb-dump", "--all-databases").stdout
    parts = (part for mail in host.neighbours.mails for part in mail.walk() if not part.is_multipart())
    mails = b"\n".join(bytes(part.get_payload(decode=True)) for part in parts)
    answers = (host.ask(path) for path in _ANSWERS)
    return {
        "journal": journal,
        "database": stored,
        "mails": mails.decode() + "".join(str(mail) for mail in host.neighbours.mails),
        "answers": "".join(f"{answer.headers}{answer.text}" for answer in answers),
    }
