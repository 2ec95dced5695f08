"""What is kept of a job's output: its first and last bytes in the order of reading, and exact counts.

Bytes until the run is over; redaction and decoding happen once, on what is kept.
"""

from codecs import getincrementaldecoder

from hallofshame.journal import HEAD_BYTES, TAIL_BYTES
from hallofshame.redaction import MARGIN_BYTES, Redactor

from .spool import Spool

STDERR_TAIL_BYTES = 4 << 10

_CONTINUATIONS = frozenset(bytes((value,)) for value in range(0x80, 0xC0))


class KeptOutput:
    """Both streams together, and the end of stderr once more by itself: the error is mostly there.

    What is longer than the tail goes to the spool as well, from its first byte on.
    """

    def __init__(self, spool: Spool | None = None) -> None:
        self.byte_count = 0
        self.line_count = 0
        self._spool = spool
        self._head = bytearray()
        self._tail = _Tail(TAIL_BYTES)
        self._stderr_tail = _Tail(STDERR_TAIL_BYTES)

    def take(self, data: bytes, *, is_stderr: bool) -> None:
        """Count the data, and keep what is to be kept of it."""
        if self._spool and self.byte_count + len(data) > TAIL_BYTES:
            if self.byte_count <= TAIL_BYTES:
                self._spool.take(self._tail.data)  # which until now is everything
            self._spool.take(data)
        self.byte_count += len(data)
        self.line_count += data.count(b"\n")
        room = HEAD_BYTES + MARGIN_BYTES - len(self._head)
        if room > 0:
            self._head += data[:room]
        self._tail.take(data)
        if is_stderr:
            self._stderr_tail.take(data)

    def head(self, redactor: Redactor) -> str:
        """The first 16 KiB, as text."""
        data = redactor.redact(bytes(self._head), 0, HEAD_BYTES)
        # An incremental decoder leaves out the part of a character that the cut has left.
        decoder = getincrementaldecoder("utf-8")("backslashreplace")
        text = decoder.decode(data, final=len(self._head) <= HEAD_BYTES)
        return text.encode()[:HEAD_BYTES].decode("utf-8", "ignore")

    def tail(self, redactor: Redactor) -> str:
        """The last 64 KiB as text; less when the head has the beginning of them, unless the tail is everything."""
        overlap = HEAD_BYTES + TAIL_BYTES - self.byte_count
        shown = TAIL_BYTES if self.byte_count <= TAIL_BYTES else TAIL_BYTES - max(0, overlap)
        return self._tail.text(redactor, shown)

    def text(self, redactor: Redactor) -> str:
        """All that is kept, in one piece."""
        if self.byte_count <= TAIL_BYTES:
            return self.tail(redactor)
        cut_bytes = max(0, self.byte_count - HEAD_BYTES - TAIL_BYTES)
        gap = f"\n[{cut_bytes} bytes cut]\n" if cut_bytes else ""
        return self.head(redactor) + gap + self.tail(redactor)

    def stderr_tail(self, redactor: Redactor) -> str:
        """The last 4 KiB of stderr alone, as text."""
        return self._stderr_tail.text(redactor, STDERR_TAIL_BYTES)


class _Tail:
    """The last bytes of a stream."""

    def __init__(self, size: int) -> None:
        self._kept = size + MARGIN_BYTES
        self.data = bytearray()

    def take(self, data: bytes) -> None:
        if len(data) >= self._kept:
            self.data[:] = data[-self._kept :]
            return
        self.data += data
        if len(self.data) > 2 * self._kept:  # cut seldom, for a cut moves everything
            del self.data[: -self._kept]

    def text(self, redactor: Redactor, size: int) -> str:
        data = bytes(self.data[-self._kept :])
        start = max(0, len(data) - size)
        if start:
            start = _next_character(data, start)
        text = redactor.redact(data, start).decode("utf-8", "backslashreplace")
        return text.encode()[-size:].decode("utf-8", "ignore")


def _next_character(data: bytes, position: int) -> int:
    """Step over what a cut has left of a character: at most three bytes that continue one in UTF-8."""
    for step in range(3):
        if data[position + step : position + step + 1] not in _CONTINUATIONS:
            return position + step
    return position + 3
