"""The mail about an incident, a storm, or what had no room: its text and its HTML from one model, and its thread.

Pure: the same telling of the same facts always gives the same mail. `mail` brings it out.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from hallofshame.alerts.content import Content, content
from hallofshame.alerts.facts import ATTACHED_BYTES, Facts
from hallofshame.mail import Attachment, Mail
from hallofshame.model import IncidentKind
from hallofshame.rules.alerting import Telling, Word

SUBJECT_LENGTH = 78

_IMPORTANCE = {"low": {"Importance": "low", "X-Priority": "5"}, "high": {"Importance": "high", "X-Priority": "1"}}


def compose(telling: Telling, facts: Facts, sender: str, recipients: tuple[str, ...], now: datetime) -> Mail:
    """Say what happened. The same telling always gives the same Message-ID."""
    said = content(telling, facts, now)
    domain = _atom(sender.rpartition("@")[2])
    return Mail(
        sender=sender,
        recipients=recipients,
        subject=_subject(said.subject),
        text=_environment().get_template("alert.txt").render(c=said),
        html=_html(said),
        message_id=_message_id(telling, telling.sequence, domain),
        sent_at=now,
        headers={
            **_thread(telling, domain),
            "List-Id": f"<{'.'.join((*([_atom(telling.job)] if telling.job else []), 'hos', domain))}>",
            **_about(telling, facts),
            **_IMPORTANCE.get(_severity(telling, facts), {}),
        },
        attachments=tuple(_attachments(telling, facts)),
    )


def bare(telling: Telling, sender: str, recipients: tuple[str, ...], now: datetime) -> Mail:
    """The least that can be said, for when the mail itself cannot be written. It is in the same thread."""
    domain = _atom(sender.rpartition("@")[2])
    what = telling.incident.kind.value if telling.incident else telling.word.value
    subject = _subject(f"{telling.word.name} {telling.job or telling.thread_id}: {what}")
    text = f"{subject}\n\nThe rest of this mail could not be written, which is a fault of ours: see hos incidents.\n"
    message_id = _message_id(telling, telling.sequence, domain)
    return Mail(sender, recipients, subject, text, message_id, sent_at=now, headers=dict(_thread(telling, domain)))


def _subject(text: str) -> str:
    line = _one_line(f"[hos] {text}")
    return line if len(line) <= SUBJECT_LENGTH else f"{line[: SUBJECT_LENGTH - 3]}..."


def _html(said: Content) -> str:
    page = _environment().get_template("alert.html").render(c=said)
    # Only what a mail program cannot take from style attributes, the colours of dark mode, stays in a style sheet.
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline(page)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("hallofshame.alerts"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_printable,
    )
    environment.globals["is_link"] = _is_link
    return environment


def _printable(value: object) -> object:
    """Every value that enters a mail comes through here: what has no shape of its own gets one that does nothing."""
    if not isinstance(value, str) or value.isprintable():
        return value
    shown = "".join(c if c.isprintable() else " " if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in value)
    return type(value)(shown)


def _is_link(place: str) -> bool:
    return place.startswith(("https://", "http://"))


def _message_id(telling: Telling, sequence: int, domain: str) -> str:
    """Ids of storms and digests say so themselves."""
    kind = "inc." if telling.incident is not None else ""
    return f"{kind}{_atom(telling.thread_id)}.{sequence}@{domain}"


def _thread(telling: Telling, domain: str) -> Mapping[str, str]:
    if telling.sequence == 0:
        return {}
    first = f"<{_message_id(telling, 0, domain)}>"
    return {"In-Reply-To": first, "References": first}


def _about(telling: Telling, facts: Facts) -> dict[str, str]:
    told = {
        "X-HOS-Job": telling.job,
        "X-HOS-State": _state(telling),
        "X-HOS-Run": facts.run.run_id if facts.run else None,
        "X-HOS-Incident": telling.incident.incident_id if telling.incident else None,
    }
    return {name: _one_line(value) for name, value in told.items() if value}


def _state(telling: Telling) -> str:
    if telling.word in {Word.INCIDENT, Word.STILL} and telling.incident is not None:
        return telling.incident.kind.value
    return telling.word.name.lower()


def _severity(telling: Telling, facts: Facts) -> str:
    if telling.word in {Word.STORM, Word.STORM_STILL}:
        return "high"
    if telling.word in {Word.OK_AGAIN, Word.STORM_OVER, Word.DIGEST}:
        return "normal"
    # A host that stops interrupts what runs on it; that is seldom news.
    if telling.incident is not None and telling.incident.kind is IncidentKind.INTERRUPTED:
        return "low"
    return facts.job.severity if facts.job else "normal"


def _attachments(telling: Telling, facts: Facts) -> list[Attachment]:
    if not facts.full_output:
        return []
    text = facts.full_output[:ATTACHED_BYTES].decode("utf8", "backslashreplace")
    return [Attachment(f"{_atom(telling.job or 'output')}.log", text)]


def _atom(text: str) -> str:
    """What may stand within an address or a file's name, whatever was given."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip(".")[:100] or "unknown"


def _one_line(text: str) -> str:
    """ASCII without control characters: nothing in a job's name or error can make a second header."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)
