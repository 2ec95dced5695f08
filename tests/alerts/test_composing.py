"""The mails about incidents: right words, one thread, complete as text, and dead as to what a job has printed."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallofshame.alerts import words as alert_words
from hallofshame.alerts.composing import compose
from hallofshame.alerts.facts import Facts, OtherIncident
from hallofshame.mail import Mail
from hallofshame.model import IncidentKind, RunState
from hallofshame.rules.alerting import Telling, Word
from tests.alert_samples import (
    JOB,
    LINKS,
    NOW,
    OUTPUT,
    RECIPIENTS,
    SAMPLES,
    SENDER,
    facts,
    failed_run,
    incident,
    storm,
    telling,
)

pytestmark = pytest.mark.unit

each_kind = pytest.mark.parametrize("name", sorted(SAMPLES))


def composed(about: Telling, known: Facts) -> Mail:
    return compose(about, known, SENDER, RECIPIENTS, NOW)


def sample(name: str) -> Mail:
    return composed(*SAMPLES[name]())


def failure(**given: Any) -> Mail:
    return composed(telling(), facts(**given))


def printed(output: str, **more: Any) -> Mail:
    lines = output.count("\n")
    run = failed_run(output_head=output, output_tail=output, output_bytes=len(output), output_lines=lines, **more)
    return failure(run=run)


def parsed(mail: Mail) -> EmailMessage:
    message = email.message_from_bytes(mail.as_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


class Page(HTMLParser):
    """What an HTML page shows, and what it asks a mail program to do."""

    def __init__(self, html: str | None) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self._hidden = 0
        self.feed(html or "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._hidden += tag in {"style", "title"}
        for name, value in attrs:
            self.attributes.add(name)
            if name in {"href", "src", "action", "background"}:
                self.addresses.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.texts += [" ".join(line.split()) for line in data.strip().splitlines()]


# Words


def test_each_subject_begins_with_the_state() -> None:
    assert {name: sample(name).subject for name in SAMPLES} == {
        "fail": "[hos] FAIL collect (exit 1) web-1",
        "timeout": "[hos] TIMEOUT collect (5 min) web-1",
        "interrupted": "[hos] INTERRUPTED collect (SIGTERM) web-1",
        "not-started": "[hos] NOT STARTED collect (exit 127) web-1",
        "lost": "[hos] LOST collect web-1",
        "skipped": "[hos] SKIPPED collect (x3) web-1",
        "too-fast": "[hos] TOO FAST collect (0.4 s) web-1",
        "too-slow": "[hos] TOO SLOW collect (4 min 10 s) web-1",
        "expectation": "[hos] EXPECTATION collect: parks_ok 41 < 80 web-1",
        "missed": "[hos] MISSED collect web-1",
        "late": "[hos] LATE collect web-1",
        "overdue": "[hos] OVERDUE collect (42 min) web-1",
        "blind": "[hos] BLIND watch web-1",
        "undeliverable": "[hos] UNDELIVERABLE mail (3 mails) web-1",
        "flapping": "[hos] FLAPPING collect web-1",
        "still-failing": "[hos] STILL FAILING 3h (x18) collect web-1",
        "ok-again": "[hos] OK again collect web-1",
        "storm": "[hos] STORM database down, 5 jobs web-1",
        "storm-still": "[hos] STORM STILL 2h all FAIL, 3 of 5 jobs web-1",
        "storm-over": "[hos] STORM over, 5 jobs web-1",
        "digest": "[hos] DIGEST 3 changes not mailed one by one web-1",
    }


@pytest.mark.parametrize("kind", list(IncidentKind))
def test_every_kind_has_its_words_even_when_nothing_else_is_known(kind: IncidentKind) -> None:
    about = telling(told=incident(kind, detail=None))
    mail = composed(about, Facts("web-1"))
    assert mail.subject.startswith(f"[hos] {alert_words.KIND_WORDS[kind]} collect")
    assert mail.text.partition("\n")[0].endswith((".", "?"))
    assert "None" not in mail.text
    assert composed(replace(about, word=Word.STILL, sequence=1), Facts("web-1")).subject.startswith("[hos] STILL ")


def test_a_failure_says_what_since_when_why_and_what_to_do() -> None:
    lines = sample("fail").text.splitlines()
    assert lines[:4] == [
        "collect failed: exit code 1 after 41 s.",
        "First time. Last success 10:20 UTC (11 min ago).",
        "",
        "  hallofshame.errors.Transient: queue-times.com: timed out after 3 s (118 of 133 parks)",
    ]
    for wanted in (
        "Impact      No new readings: the site shows older data, and the hours lose coverage.",
        "Do          1. See what it printed: hos log 0192f3a4-7c1e",
        "            3. Runbook: https://hallofshame.example.org/operations#collect-fails",
        "            It runs again by itself at 10:40 UTC = 02:40 America/Los_Angeles.",
        f"Acknowledge: {LINKS.acknowledge}",
        "Last runs   ok ok ok ok ok ok ok ok ok FAIL",
        "Started     10:30 UTC = 02:30 America/Los_Angeles, on time",
        "Took        41 s, usually 28 s (p95 44 s), limit 5 min",
        "Used        CPU 9.1 s, memory 71 MB, output 4 KB",
        "Release     2026-11-22-4f1c2aa, deployed 3 days ago",
        "24 hours    143 ok, 1 failed, 0 skipped",
        "Also wrong  nothing",
    ):
        assert wanted in lines
    assert lines[-1] == (
        "You get this because HOS_ALERT_TO names you. Next reminder 11:31 UTC, until it works again or somebody "
        "acknowledges. To hear nothing of it: hos mute collect 2h"
    )


def test_what_is_not_known_is_left_out() -> None:
    text = composed(telling(told=incident(detail=None, next_reminder_at=None)), Facts("web-1")).text
    assert text.splitlines()[0] == "collect failed."
    for absent in ("Impact", "Last success", "Took", "Used", "Runbook", "Acknowledge", "24 hours", "again by itself"):
        assert absent not in text


@pytest.mark.parametrize("name", ["too-slow", "late", "blind"])
def test_work_that_was_done_has_no_impact(name: str) -> None:
    assert "No new readings" not in sample(name).text


@pytest.mark.parametrize("name", ["too-fast", "expectation"])
def test_work_that_may_not_have_been_done_has_its_impact_at_worst(name: str) -> None:
    assert "Impact      At worst: No new readings" in sample(name).text


def test_a_success_that_is_none_names_its_figures() -> None:
    run = failed_run(state=RunState.SUCCEEDED, exit_code=0, report={"parks_ok": 41.0})
    job = JOB.model_copy(update={"expect": ("parks_ok >= 80", "rides < 10", "minutes != 3")})
    mail = composed(telling(told=incident(IncidentKind.EXPECTATION)), facts(run=run, job=job))
    assert mail.subject == "[hos] EXPECTATION collect: parks_ok 41 < 80 +2 web-1"
    assert "parks_ok = 41, expected at least 80; rides was not reported, expected less than 10;" in mail.text


def test_the_error_line_is_the_end_of_the_last_traceback() -> None:
    output = "Traceback (most recent call last):\n  old\nOldError: x\n" + OUTPUT + "cleaned up\n"
    assert "\n\n  hallofshame.errors.Transient: queue-times.com" in printed(output).text


def test_the_error_line_is_else_the_last_line() -> None:
    assert "\n\n  cannot reach anything\n\n" in printed("hello\ncannot reach anything\n\n").text


def test_the_error_line_of_a_json_log_is_its_message() -> None:
    assert "\n\n  too few parks\n\n" in printed('{"level": "ERROR", "message": "too few parks"}\n').text
    output = '{"message": "failed", "exc_info": "Traceback (most recent call last):\\n  x\\nOSError: no disk"}\n'
    assert "\n\n  OSError: no disk\n\n" in printed(output).text


def test_a_new_release_shortly_before_is_named() -> None:
    assert "A new release came 12 min before." in sample("still-failing").text
    assert "A new release" not in sample("fail").text


def test_a_kind_that_changed_names_what_was_told_before() -> None:
    about = incident(IncidentKind.TIMED_OUT, told_kinds=(IncidentKind.FAILED, IncidentKind.TIMED_OUT), failures=4)
    assert (
        "4 times since 10:30 UTC (less than a minute). Before that: FAIL."
        in composed(telling(told=about), facts()).text
    )


def test_its_end_says_how_long_how_often_and_who_knew() -> None:
    text = sample("ok-again").text
    assert text.startswith(
        "collect works again since 10:31 UTC.\nBefore that: FAIL, 10 times in 1 h 40 min; nobody acknowledged.\n"
    )
    about, known = SAMPLES["ok-again"]()
    assert about.incident is not None
    known_about = replace(about, incident=replace(about.incident, acknowledged_at=NOW - timedelta(hours=1)))
    assert "10 times in 1 h 40 min. Acknowledged at 09:31 UTC." in composed(known_about, known).text


def test_the_end_of_flapping_says_that_it_is_steady() -> None:
    about = incident(failures=7, is_flapping=True, opened_at=NOW - timedelta(hours=4))
    text = composed(telling(Word.OK_AGAIN, 3, about), facts()).text
    assert text.startswith("collect is steady again: 10 runs in a row succeeded.\nIt failed 7 times within 4 h.")


def test_what_is_over_when_told_asks_for_no_acknowledgement() -> None:
    assert "Acknowledge" not in sample("blind").text
    assert "It is over; no more mails follow." in sample("blind").text


def test_a_recipient_of_one_job_reads_where_he_is_named() -> None:
    job = JOB.model_copy(update={"recipients": ("ops@example.org",)})
    assert "because jobs.toml names you for collect." in failure(job=job).text


def test_what_else_is_wrong_is_said() -> None:
    others = (OtherIncident("watch", IncidentKind.MISSED, NOW - timedelta(days=1)),)
    text = failure(others=others, database_problem="connection refused", disk_used_percent=99, waiting_mails=2).text
    assert "Also wrong  watch MISSED since 2026-11-21 10:31 UTC\n" in text
    assert "Database    does not answer: connection refused\n" in text
    assert "Host        web-1, disk 99 % used, 2 other mails could not leave yet\n" in text
    assert "Do          1. The database does not answer: begin there: hos doctor\n" in text


# Output


def test_short_output_stands_whole() -> None:
    assert "Output, all of it (14 B)\n  one\n  two\n  three\n" in printed("one\ntwo\nthree\n").text


def test_long_output_has_its_first_and_last_lines() -> None:
    lines = [f"line {number}\n" for number in range(20_000)]
    run = failed_run(
        output_head="".join(lines[:1_000]),
        output_tail="".join(lines[-1_000:]),
        output_lines=20_000,
        output_bytes=sum(map(len, lines)),
    )
    mail = failure(run=run, full_output="".join(lines).encode())
    assert "Output, first and last lines (204 KB in all, attached)\n  line 0\n" in mail.text
    assert "  line 4\n  [19970 lines left out]\n  line 19975\n" in mail.text
    assert "  line 19999\n\nYou get" in mail.text
    [attachment] = mail.attachments
    assert (attachment.name, attachment.text) == ("collect.log", "".join(lines))


def test_an_attachment_is_at_most_one_mebibyte_of_text_whatever_the_bytes() -> None:
    [attachment] = failure(full_output=b"a\xff\x00" * 1_000_000).attachments
    assert attachment.text.startswith("a\\xff\x00a")
    assert len(attachment.text) < 3 << 20


def test_a_line_without_end_is_cut() -> None:
    text = printed("x" * 60_000 + "\n").text
    assert max(map(len, text.splitlines())) < 350


# Storms


def test_a_storm_of_the_database_names_it_in_the_first_line() -> None:
    mail = sample("storm")
    assert mail.text.startswith(
        "The database does not answer (connection refused on /run/mysqld/mysqld.sock).\n5 jobs "
    )
    assert "  check-data-collection  FAIL since 10:31 UTC\n" in mail.text


@pytest.mark.parametrize(
    ("kinds", "disk", "subject", "sentence"),
    [
        ({IncidentKind.FAILED}, 97, "disk 97 % full, ", "The disk of web-1 is 97 % full."),
        ({IncidentKind.LOST, IncidentKind.INTERRUPTED}, 41, "host stopped?, ", "Did web-1 stop or restart?"),
        ({IncidentKind.MISSED, IncidentKind.LATE}, 41, "cron stopped?, ", "Does cron run on web-1?"),
        ({IncidentKind.TIMED_OUT}, 41, "all TIMEOUT, ", "5 jobs went wrong at once, all TIMEOUT."),
    ],
)
def test_a_storm_begins_with_what_its_jobs_have_in_common(
    kinds: set[IncidentKind], disk: int, subject: str, sentence: str
) -> None:
    about = storm()
    in_order = sorted(kinds, key=lambda kind: kind.value)
    others = tuple(
        OtherIncident(job, in_order[number % len(in_order)], NOW)
        for number, job in enumerate(sorted(about.members.values()))
    )
    known = Facts("web-1", others=others, disk_used_percent=disk)
    mail = composed(Telling(Word.STORM, "storm.1", 0, NOW, storm=about), known)
    assert mail.subject == f"[hos] STORM {subject}5 jobs web-1"
    assert mail.text.startswith(sentence)


def test_a_storm_of_all_sorts_claims_no_cause() -> None:
    known = Facts("web-1", others=(OtherIncident("earlier", IncidentKind.LATE, NOW - timedelta(days=2)),))
    mail = composed(Telling(Word.STORM, "storm.1", 0, NOW, storm=storm()), known)
    assert mail.subject == "[hos] STORM, 5 jobs web-1"
    assert mail.text.startswith("5 jobs went wrong at once.\n")


def test_a_storm_counts_those_told_one_by_one_before_it() -> None:
    others = (OtherIncident("first", IncidentKind.FAILED, NOW - timedelta(seconds=30)),)
    mail = composed(Telling(Word.STORM, "storm.1", 0, NOW, storm=storm()), Facts("web-1", others=others))
    assert "6 jobs" in mail.subject
    assert "  first                  FAIL since 10:30 UTC\n" in mail.text


# Subjects and headers

HOSTILE = [
    "web-1\r\nBcc: everyone@example.org",
    "wéb",
    "x" * 200,
    "a\x00b",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil",
    "\N{LINE SEPARATOR}",
    "",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_breaks_out_of_a_subject(hostile: str) -> None:
    about = telling(told=incident(detail=hostile), job=hostile)
    for known in (facts(host=hostile), facts(run=failed_run(signal=hostile, reason=hostile, host=hostile))):
        subject = composed(about, known).subject
        assert len(subject) <= 78
        assert subject.isascii()
        assert subject.isprintable()
        assert subject.startswith("[hos] FAIL ")


@each_kind
def test_every_mail_is_one_thread_with_its_first(name: str) -> None:
    about, known = SAMPLES[name]()
    first, second = (composed(replace(about, sequence=number), known) for number in (0, 1))
    assert "References" not in first.headers
    assert second.headers["References"] == second.headers["In-Reply-To"] == f"<{first.message_id}>"
    assert second.message_id != first.message_id


def test_message_ids_are_known_before_the_mail_is_written() -> None:
    assert sample("fail").message_id == "inc.5f0c2b9e-1d0e-5c1f-9a57-0192f3a47c1e.0@example.org"
    assert sample("still-failing").message_id == "inc.5f0c2b9e-1d0e-5c1f-9a57-0192f3a47c1e.2@example.org"
    assert sample("storm").message_id == "storm.5f0c2b9e.0@example.org"
    assert sample("digest").message_id.startswith("digest.")


@each_kind
def test_every_mail_can_be_filtered_by_its_headers(name: str) -> None:
    message = parsed(sample(name))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Sun, 22 Nov 2026 10:31:00 +0000"
    assert message["From"] == "Hall of Shame alerts <alerts@example.org>"
    assert message["X-HOS-State"]
    assert re.fullmatch(r"<([a-z-]+\.)?hos\.example\.org>", message["List-Id"])


def test_a_failure_names_its_job_run_and_incident() -> None:
    headers = sample("fail").headers
    assert headers["X-HOS-Job"] == "collect"
    assert headers["X-HOS-State"] == "failed"
    assert headers["X-HOS-Run"] == "0192f3a4-7c1e-7000-8000-000000000001"
    assert headers["X-HOS-Incident"] == "5f0c2b9e-1d0e-5c1f-9a57-0192f3a47c1e"
    assert headers["List-Id"] == "<collect.hos.example.org>"


@pytest.mark.parametrize(
    ("mail", "importance"),
    [
        (sample("fail"), None),
        (failure(job=JOB.model_copy(update={"severity": "high"})), "high"),
        (failure(job=JOB.model_copy(update={"severity": "low"})), "low"),
        (sample("interrupted"), "low"),
        (sample("storm"), "high"),
        (sample("ok-again"), None),
    ],
)
def test_severity_is_importance(mail: Mail, importance: str | None) -> None:
    assert mail.headers.get("Importance") == importance
    assert ("X-Priority" in mail.headers) == (importance is not None)


# Text and HTML


@each_kind
def test_the_text_is_complete(name: str) -> None:
    mail = sample(name)
    text = " ".join(mail.text.split())
    seen = [*Page(mail.html).texts, *Page(mail.html).addresses]
    state, about, *rest = seen  # the headline: its words stand in the subject
    assert state in mail.subject.upper() or state in mail.subject
    assert about.endswith(" on web-1")
    assert [each for each in rest if each.rstrip(":") not in text] == []


@each_kind
def test_the_same_telling_always_gives_the_same_bytes(name: str) -> None:
    assert sample(name).as_bytes() == sample(name).as_bytes()


@each_kind
def test_nothing_is_fetched_and_every_address_is_ours(name: str) -> None:
    mail = sample(name)
    page = Page(mail.html)
    assert page.tags.isdisjoint({"img", "link", "script", "iframe", "form", "object", "video"})
    assert "url(" not in (mail.html or "")
    assert "@import" not in (mail.html or "")
    assert set(page.addresses) <= {LINKS.acknowledge, LINKS.snooze, JOB.runbook}


@each_kind
def test_every_part_parses(name: str) -> None:
    message = parsed(sample(name))
    assert [part.defects for part in message.walk() if part.defects] == []
    assert [part.get_content_type() for part in message.walk() if not part.is_multipart()][:2] == [
        "text/plain",
        "text/html",
    ]


def test_dark_mode_and_phones_keep_their_style_sheet() -> None:
    html = sample("fail").html or ""
    assert "prefers-color-scheme: dark" in html
    assert 'name="viewport"' in html
    assert 'style="' in html  # what a program without style sheets sees


def test_a_runbook_that_is_no_web_address_is_no_link() -> None:
    mail = failure(job=JOB.model_copy(update={"runbook": "javascript:alert(1)"}))
    assert Page(mail.html).addresses == [LINKS.acknowledge, LINKS.snooze]


EVIL = (
    "</pre><script>alert(1)</script><img src=http://evil.example/x>"
    "\x1b[31mred\x00\x07\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe\n&lt;b&gt; {{ 7*7 }}\n"
)


def test_what_a_job_prints_is_dead() -> None:
    mail = printed(EVIL, reason="<b>&\x1b</b>; x", report={"<i>": 1.0}, release="<u>")
    page = Page(mail.html)
    assert page.tags == Page(sample("fail").html).tags
    assert page.attributes == Page(sample("fail").html).attributes
    assert page.addresses == Page(sample("fail").html).addresses
    replaced = "\N{REPLACEMENT CHARACTER}"
    wanted = f"</pre><script>alert(1)</script><img src=http://evil.example/x>{replaced}[31mred{replaced * 3}gnp.exe"
    assert wanted in page.texts
    assert f"  {wanted}\n" in mail.text
    assert "  &lt;b&gt; {{ 7*7 }}\n" in mail.text
    assert not set("\x1b\x00\x07\N{RIGHT-TO-LEFT OVERRIDE}") & set(mail.text + (mail.html or ""))


def test_a_hostile_job_name_stays_one_word_of_a_command() -> None:
    assert "hos runs 'x; rm -rf /'" in composed(telling(job="x; rm -rf /"), facts()).text


hostile_text = st.text(max_size=60) | st.sampled_from([EVIL, *HOSTILE])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_text_whatever_makes_a_header_a_tag_or_a_line(data: st.DataObject) -> None:
    def hostile() -> str:
        return data.draw(hostile_text)

    run = failed_run(
        state=data.draw(st.sampled_from(list(RunState))),
        output_tail=hostile(),
        output_head=hostile(),
        output_bytes=data.draw(st.sampled_from([3, 10**6])),
        reason=hostile(),
        signal=hostile(),
        release=hostile(),
        report={hostile(): 1.5},
    )
    job = JOB.model_copy(update={"impact": hostile(), "runbook": hostile()})
    about = incident(data.draw(st.sampled_from(list(IncidentKind))), detail=hostile(), failures=2)
    word = data.draw(st.sampled_from([Word.INCIDENT, Word.STILL, Word.FLAPPING, Word.OK_AGAIN]))
    others = (OtherIncident(hostile(), IncidentKind.LATE, NOW),)
    known = facts(run=run, job=job, host=hostile(), database_problem=hostile(), others=others)
    plain, mail = sample("fail"), composed(replace(telling(word, 1, about), job=hostile()), known)
    message = parsed(mail)
    allowed = {*parsed(sample("still-failing")).keys(), "Importance", "X-Priority"}
    assert set(message.keys()) <= allowed
    assert message["Subject"] == mail.subject
    page = Page(mail.html)
    assert page.tags <= Page(plain.html).tags
    assert {*page.addresses} <= {LINKS.acknowledge, LINKS.snooze, job.runbook}
    assert all(character.isprintable() or character == "\n" for character in mail.text)


# Lengths and moments


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (41.2, "41 s"),
        (59.6, "1 min"),
        (90, "1 min 30 s"),
        (6_000, "1 h 40 min"),
        (86_400, "24 h"),
        (172_800, "2 days"),
    ],
)
def test_lengths_are_words_a_tired_person_reads(seconds: float, words: str) -> None:
    assert alert_words.length(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (14_336, "14 KB"), (74_448_896, "71 MB"), (3 << 30, "3.0 GB")]
)
def test_sizes_have_one_unit(count: int, words: str) -> None:
    assert alert_words.size(count) == words


@pytest.mark.parametrize(
    ("value", "words"), [(131.0, "131"), (0.5, "0.5"), (float("inf"), "inf"), (float("nan"), "nan")]
)
def test_figures_have_no_point_that_says_nothing(value: float, words: str) -> None:
    assert alert_words.number(value) == words


def test_a_moment_of_another_day_has_its_date() -> None:
    assert alert_words.clock(NOW - timedelta(days=1), NOW) == "2026-11-21 10:31 UTC"
    assert alert_words.clocks(NOW, NOW, "UTC") == alert_words.clocks(NOW, NOW, None) == "10:31 UTC"
