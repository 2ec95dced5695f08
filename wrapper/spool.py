"""What a long output's log will be made of: its first and last bytes, as they came, in a file that has no name.

As it came it may hold secrets: so nobody can open this file, and it is gone with the last process that has it open.
The middle is written over again and again, never looked at. The recorder makes the log of it (output_log.py).
"""

# ruff: noqa: PTH103, PTH108, PTH120 - pathlib costs more than all of this module

import os

from hallofshame.output_logs import FIRST_BYTES, LAST_BYTES
from hallofshame.redaction import MARGIN_BYTES

# With less than that left on the disk no log is begun: the journal and the database need the room more.
LEAST_FREE_BYTES = 64 << 20

_HEAD_BYTES = FIRST_BYTES + MARGIN_BYTES
_RING_BYTES = LAST_BYTES + MARGIN_BYTES


class Spool:
    """Takes output from its first byte on. `failure` says why it does not any more; nothing is ever raised.

    `log_path` is where the log will be. `descriptor` is None while nothing has been taken.
    """

    def __init__(self, log_path: str) -> None:
        self.log_path = log_path
        self.descriptor: int | None = None
        self.byte_count = 0
        self.failure: str | None = None

    def take(self, data: bytes | bytearray) -> None:
        if self.failure:
            return
        try:
            if self.descriptor is None:
                self.descriptor = _open_without_name(self.log_path)
            self._write(self.descriptor, memoryview(data))
        except OSError as error:
            self.failure = str(error)

    def _write(self, file: int, data: memoryview) -> None:
        while data:
            place, room_bytes = _place(self.byte_count)
            written_bytes = os.pwrite(file, data[:room_bytes], place)
            self.byte_count += written_bytes
            data = data[written_bytes:]


def read(file: int, start: int, end: int) -> bytes:
    """The output from `start` to `end`, which must still be there."""
    pieces = []
    while start < end:
        place, room_bytes = _place(start)
        pieces.append(os.pread(file, min(room_bytes, end - start), place))
        start += len(pieces[-1])
    return b"".join(pieces)


def _place(position: int) -> tuple[int, int]:
    """Where in the file a byte of the output stands, and how many may follow in one piece."""
    if position < _HEAD_BYTES:
        return position, _HEAD_BYTES - position
    in_ring = (position - _HEAD_BYTES) % _RING_BYTES
    return _HEAD_BYTES + in_ring, _RING_BYTES - in_ring


def _open_without_name(log_path: str) -> int:
    folder = os.path.dirname(log_path)
    for directory in (os.path.dirname(folder), folder):
        os.makedirs(directory, 0o700, exist_ok=True)
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize < LEAST_FREE_BYTES:
        raise OSError(f"less than {LEAST_FREE_BYTES >> 20} MiB are free where {folder} is")
    path = log_path + ".spool"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.unlink(path)
    return file
