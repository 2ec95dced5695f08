"""No secret in anything that is kept, wherever it was cut or split; what passes through stays as it is."""

import time

import pytest

from hallofshame.journal import HEAD_BYTES, TAIL_BYTES
from hallofshame.redaction import MARK, Redactor
from wrapper.output import KeptOutput

CANARY = "c4n4ry-Tweet9/+x"


def redactor(**environment: str) -> Redactor:
    return Redactor({name.encode(): value.encode() for name, value in environment.items()})


@pytest.mark.unit
@pytest.mark.parametrize(
    "name",
    [
        "SENDGRID_API_KEY",
        "DB_PASSWORD",
        "PASSWORD",
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "mysql_pwd",
        "KEY",
        "PASS_1",
        "SENTRY_DSN",
        "COOKIES",
    ],
)
def test_the_value_of_a_secret_named_variable_is_hidden(name: str) -> None:
    assert redactor(**{name: CANARY}).redact_text(f"it is {CANARY}!") == "it is [redacted]!"


@pytest.mark.unit
@pytest.mark.parametrize("name", ["PWD", "OLDPWD", "HOME", "KEYBOARD", "MONKEY", "COMPASS", "HOS_STATE_DIR"])
def test_the_value_of_an_ordinary_variable_is_not(name: str) -> None:
    assert redactor(**{name: "/srv/hallofshame"}).redact_text("in /srv/hallofshame") == "in /srv/hallofshame"


@pytest.mark.unit
def test_a_value_shorter_than_eight_characters_is_too_likely_a_word() -> None:
    assert redactor(TOKEN="running").redact_text("still running") == "still running"


@pytest.mark.unit
def test_the_longest_of_several_values_is_hidden() -> None:
    assert redactor(A_KEY="12345678", B_KEY="1234567890").redact_text("<1234567890>") == "<[redacted]>"


@pytest.mark.unit
def test_a_secret_of_several_lines_is_hidden_line_by_line() -> None:
    key = "first line of it\nsecond line of it\n"
    assert redactor(PRIVATE_KEY=key).redact_text("> second line of it") == "> [redacted]"


@pytest.mark.unit
def test_the_password_in_a_urls_variable_is_hidden_alone_too() -> None:
    shown = redactor(HOS_DATABASE_URL=f"mysql://hos:{CANARY.replace('/', '')}@db/hos").redact_text(
        f"Access denied (using password {CANARY.replace('/', '')})"
    )
    assert shown == "Access denied (using password [redacted])"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mysql://hos:hunter2@db/hos", "mysql://hos:[redacted]@db/hos"),
        ("mysql://hos:p@ss:w@db:3306/hos", "mysql://hos:[redacted]@db:3306/hos"),
        ("redis://:hunter2@cache", "redis://:[redacted]@cache"),
        ("https://ghp_0123456789@github.com/x", "https://[redacted]@github.com/x"),
        ("see https://queue-times.com/parks/6/queue_times.json", None),
        ("password=hunter2 user=x", "password=[redacted] user=x"),
        ("DB_PASSWORD='hun ter2' x", "DB_PASSWORD='[redacted]' x"),
        ('{"api_key": "hunter2", "n": 1}', '{"api_key": "[redacted]", "n": 1}'),
        ("{'secret': 'hunter2'}", "{'secret': '[redacted]'}"),
        ("?access_key=abc&x=1", "?access_key=[redacted]&x=1"),
        ("run --password hunter2 --verbose", "run --password [redacted] --verbose"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"),
        ("Authorization: Basic aG9zOnB3", "Authorization: Basic [redacted]"),
        ("sent Bearer abcdefgh12345 on", "sent Bearer [redacted] on"),
        ("key AKIAIOSFODNN7EXAMPLE.", "key [redacted]."),
        ("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", "[redacted]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----[redacted]-----END RSA PRIVATE KEY-----",
        ),
        ("JSONDecodeError: Invalid token: expected value", None),
        ("12:30 parks_ok=85 rows_written=4210", None),
        ("KeyError: 'name'", None),
    ],
)
def test_what_looks_like_a_secret_is_hidden_and_nothing_else(text: str, shown: str | None) -> None:
    assert redactor().redact_text(text) == (text if shown is None else shown)


@pytest.mark.unit
def test_a_command_line_is_redacted_argument_by_argument() -> None:
    line = ["mysql", "--password", "hunter2", f"-p{CANARY}", "--api-key=hunter2", "a b", "--token", "x"]
    shown = [
        "mysql",
        "--password",
        "[redacted]",
        "-p[redacted]",
        "--api-key=[redacted]",
        "a b",
        "--token",
        "[redacted]",
    ]
    assert redactor(DB_PASS=CANARY).redact_command(line) == shown


@pytest.mark.unit
@pytest.mark.parametrize("split", range(1, len(CANARY)))
@pytest.mark.parametrize("place", [0, HEAD_BYTES, 500_000 - TAIL_BYTES, 500_000 - len(CANARY)])
def test_a_secret_is_hidden_however_it_is_split_and_wherever_the_cut_is(place: int, split: int) -> None:
    start = max(0, place - split)
    output = KeptOutput()
    for piece in (
        b"." * start,
        CANARY[:split].encode(),
        CANARY[split:].encode(),
        b"." * (500_000 - start - len(CANARY)),
    ):
        output.take(piece, is_stderr=True)
    hide = redactor(TOKEN=CANARY)
    for text in (output.head(hide), output.tail(hide), output.stderr_tail(hide)):
        assert set(text) <= set("." + MARK.decode())


@pytest.mark.unit
@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "password",
        "password=",
        "://",
        "://a:",
        "-",
        "--password ",
        '"',
        "SG.",
        "Bearer ",
        "-----BEGIN PRIVATE KEY-----",
        "\0",
        "é",
    ],
)
def test_no_output_makes_redaction_slow(unit: str) -> None:
    text = (unit * (TAIL_BYTES + HEAD_BYTES))[: TAIL_BYTES + HEAD_BYTES]
    started = time.process_time()
    redactor(TOKEN=CANARY).redact_text(text)
    assert time.process_time() - started < 1
