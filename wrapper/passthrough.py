"""Pass bytes on to the wrapper's own stdout and stderr without ever waiting for whoever reads them.

A thread does the writing, because nothing else works alike for pipes, sockets, terminals and files: making the
descriptor non-blocking would change it for every program that shares it.
"""

import _thread
import os
import select
import time
from _queue import SimpleQueue  # the queue module imports threading and heapq for more than this

LIMIT_BYTES = 1 << 20
# No more is accepted beyond this, so that what is read after the end of the job still finds room.
ENOUGH_BYTES = LIMIT_BYTES // 4
# What is written at once, so that a slow reader is seen to move.
STEP_BYTES = 64 << 10
STUCK_AFTER_SECONDS = 1.0


class Passthrough:
    """What waits for one reader: at most `LIMIT_BYTES`. A reader who takes nothing for a second loses the rest.

    `wake` is a descriptor that is written to once there is room again after `accepts` has said no.
    """

    def __init__(self, wake: int) -> None:
        self.failure: str | None = None
        self._wake = wake
        self._wake_wanted = False
        self._queue: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        # Each counter has one writer, this thread or that, so that no lock is needed.
        self._offered_bytes = 0
        self._done_bytes = 0
        self._refused_bytes = 0
        self._failed_bytes = 0
        self._moved_at = time.monotonic()
        _thread.start_new_thread(self._write_for_ever, ())

    def accepts(self) -> bool:
        """True when more may be offered: there is room, or waiting for room has become pointless."""
        if self._has_room() or self.is_stuck():
            return True
        self._wake_wanted = True
        return self._has_room()  # asked again: it may have come before the wish for a wake-up was seen

    def is_stuck(self) -> bool:
        return self.pending_bytes > 0 and time.monotonic() - self._moved_at >= STUCK_AFTER_SECONDS

    def offer(self, target: int, data: bytes) -> None:
        """Have the data written to the descriptor, or count it as lost when the reader is too far behind."""
        if self.pending_bytes + len(data) > LIMIT_BYTES:
            self._refused_bytes += len(data)
            return
        if self.pending_bytes == 0:
            self._moved_at = time.monotonic()
        self._offered_bytes += len(data)
        self._queue.put((target, data))

    @property
    def pending_bytes(self) -> int:
        return self._offered_bytes - self._done_bytes

    @property
    def lost_bytes(self) -> int:
        return self._refused_bytes + self._failed_bytes

    def wait_until(self, moment: float) -> None:
        """Wait for the reader to take everything, at most until a moment of the monotonic clock."""
        while self.pending_bytes and not self.is_stuck() and time.monotonic() < moment:
            time.sleep(0.001)

    def _has_room(self) -> bool:
        return self.pending_bytes <= ENOUGH_BYTES

    def _write_for_ever(self) -> None:
        while True:
            target, data = self._queue.get()
            self._write(target, memoryview(data))
            if self._wake_wanted and self._has_room():
                self._wake_wanted = False
                _wake(self._wake)

    def _write(self, target: int, data: memoryview) -> None:
        while data:
            try:
                written_bytes = os.write(target, data[:STEP_BYTES])
            except BlockingIOError:  # somebody else made the descriptor non-blocking
                select.select((), (target,), ())
                continue
            except OSError as error:  # full or closed: the next piece is tried again, for a disk may be cleared
                self.failure = error.strerror
                self._failed_bytes += len(data)
                written_bytes = len(data)
            self._done_bytes += written_bytes
            self._moved_at = time.monotonic()
            data = data[written_bytes:]


def _wake(descriptor: int) -> None:
    try:
        os.write(descriptor, b"\0")
    except BlockingIOError:
        return  # full of bytes, each of which wakes as well
