"""Take secrets out of whatever is kept of a run: output, command line, report, reason.

Works on bytes and on whole pieces: whoever keeps the beginning of something keeps a margin beyond it until it has
been redacted, so that neither two writes nor a cut can split a secret. What passes through is none of its business.
"""

import re
from collections.abc import Iterator, Mapping

MARK = b"[redacted]"
# Kept beyond each cut until redaction, so that a secret which the cut goes through is still recognised.
MARGIN_BYTES = 4 << 10
SHORTEST_SECRET_BYTES = 8  # a shorter value is too likely to be an ordinary word

_SECRET_WORD = rb"(?:password|passwd|passphrase|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key)"
_SECRET_NAME = re.compile(_SECRET_WORD + rb"|(?:^|_)(?:key|pass|pwd|pw|auth|dsn|cookie)s?(?:_|\d|$)", re.IGNORECASE)
_ORDINARY_NAMES = frozenset({b"PWD", b"OLDPWD"})
_URL_WITH_PASSWORD = re.compile(rb"://[^\s:/@]{0,256}:([^\s/]{1,512})@")

# What is hidden is the group; every repetition is bounded, or the search could be quadratic in the job's output.
_SHAPES = (
    _URL_WITH_PASSWORD,
    re.compile(rb"://([^\s:/@]{8,512})@"),
    re.compile(rb"\b((?:AKIA|ASIA)[A-Z0-9]{16})\b"),
    re.compile(rb"\b(SG\.[\w-]{16,64}\.[\w-]{16,128})"),
    re.compile(rb"-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----((?:[^-]|-(?!----)){1,4096})"),
)
# Written in lower case and sought in lower-cased output: fifteen times as fast as re.IGNORECASE.
_CASELESS_SHAPES = (
    # NAME=value, NAME="value"
    re.compile(_SECRET_WORD + rb"""[\w-]{0,64}\s?=\s?(?:"([^"\n]{1,4096})"|'([^'\n]{1,4096})'|([^\s"'&;,]{1,4096}))"""),
    # "name": "value", as JSON and repr() write it
    re.compile(_SECRET_WORD + rb"""[\w-]{0,64}["']\s?:\s?["']([^"'\n]{1,4096})["']"""),
    re.compile(rb"(?<![\w-])--?[\w-]{0,32}" + _SECRET_WORD + rb"[\w-]{0,32} ([^\s]{1,4096})"),
    re.compile(rb"\bauthorization\s?[:=]\s?(?:(?:basic|bearer|token)\s)?([^\s\"',]{4,4096})"),
    re.compile(rb"\bbearer\s([\w.~+/=-]{8,4096})"),
)


class Redactor:
    """Knows the secrets in one environment, and what secrets look like in general."""

    def __init__(self, environment: Mapping[bytes, bytes]) -> None:
        known = sorted(_secret_values(environment), key=len, reverse=True)
        self._patterns: tuple[re.Pattern[bytes], ...] = _SHAPES
        if known:
            self._patterns = (re.compile(b"(" + b"|".join(re.escape(value) for value in known) + b")"), *_SHAPES)

    def redact(self, data: bytes, start: int = 0, end: int | None = None) -> bytes:
        """Return `data[start:end]` without its secrets, found in the whole of `data`."""
        end = len(data) if end is None else min(end, len(data))
        pieces = []
        position = start
        for secret_start, secret_end in sorted(self._secrets(data)):
            if secret_end <= position:
                continue
            if secret_start >= end:
                break
            pieces += [data[position : max(position, secret_start)], MARK]
            position = secret_end
        return b"".join((*pieces, data[position:end]))

    def redact_text(self, text: str) -> str:
        """Return the text without its secrets, and fit for any store: undecodable bytes are shown, not carried on."""
        return self.redact(text.encode("utf-8", "surrogateescape")).decode("utf-8", "backslashreplace")

    def redact_command(self, command: list[str]) -> list[str]:
        """Return the command line without its secrets, the value after `--password` among them."""
        shown = [self.redact_text(argument) for argument in command]
        for index in range(1, len(command)):
            option = command[index - 1]
            if option.startswith("-") and "=" not in option and _is_secret_name(option.replace("-", "_").encode()):
                shown[index] = MARK.decode()
        return shown

    def _secrets(self, data: bytes) -> Iterator[tuple[int, int]]:
        for patterns, searched in ((self._patterns, data), (_CASELESS_SHAPES, data.lower())):
            for pattern in patterns:
                for match in pattern.finditer(searched):
                    yield match.span(match.lastindex or 0)


def _secret_values(environment: Mapping[bytes, bytes]) -> set[bytes]:
    values = set()
    for name, value in environment.items():
        if _is_secret_name(name):
            # A key of several lines is printed line by line as often as in one piece.
            values |= {value, *(line.strip() for line in value.splitlines())}
        password = _URL_WITH_PASSWORD.search(value)
        if password:
            values.add(password[1])
    return {value for value in values if len(value) >= SHORTEST_SECRET_BYTES}


def _is_secret_name(name: bytes) -> bool:
    return bool(_SECRET_NAME.search(name)) and name not in _ORDINARY_NAMES
