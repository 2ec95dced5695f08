"""What a job's output must contain, or must not: `--require` and `--fail-if`, for jobs whose exit code tells nothing.

Line by line and over both streams, without keeping the output. Loaded early only where the line has one of the two.
"""

import re

# A line longer than this is searched in pieces; a match across two of them is not found.
LONGEST_LINE_BYTES = 64 << 10


class Expectations:
    """The patterns, and which of them one attempt's output has had. Raises ValueError for a bad pattern."""

    def __init__(self, fail_if: list[str], require: list[str]) -> None:
        self._fail_if = fail_if
        self._require = require
        self._sought = {text: _compile(text) for text in (*fail_if, *require)}
        self._unfinished: dict[int, bytes] = {}

    def take(self, stream: int, data: bytes) -> None:
        """Look at more output. A line is searched once it is complete."""
        if not self._sought:
            return
        data = self._unfinished.get(stream, b"") + data
        end = data.rfind(b"\n") + 1
        if len(data) - end > LONGEST_LINE_BYTES:
            end = len(data)
        self._search(data[:end])
        self._unfinished[stream] = data[end:]

    def complaint(self) -> str | None:
        """What is wrong with the output, all of which has been taken; None when it is as expected."""
        for rest in self._unfinished.values():
            self._search(rest)
        for text in self._fail_if:
            if text not in self._sought:
                return f"the output matches --fail-if {text!r}"
        for text in self._require:
            if text in self._sought:
                return f"the output lacks --require {text!r}"
        return None

    def _search(self, data: bytes) -> None:
        self._sought = {text: pattern for text, pattern in self._sought.items() if not pattern.search(data)}


def _compile(text: str) -> re.Pattern[bytes]:
    try:
        return re.compile(text.encode("utf-8", "surrogateescape"), re.MULTILINE)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None
