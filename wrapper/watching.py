"""The one loop that waits while the job runs: for its output, its end, signals to the wrapper, and the clock.

Decides when the job is told to stop, and makes sure that it does. What the end means is decided elsewhere.
"""

import fcntl
import math
import os
import resource
import select
import signal
import time
from collections.abc import Callable

from hallofshame import processes

from . import belongings, signals
from .expectations import Expectations
from .process import Attempt
from .run import Run
from .streams import STDERR, STDOUT, Streams

# What a pipe holds and one read takes. Four times the usual size halves the time for a large output.
PIPE_BYTES = 256 << 10
LONG_RUN_SECONDS = 2.0
DRAIN_SECONDS = 0.2
# How long SIGKILL may need to take effect; what then still stands hangs in the kernel.
KILL_SECONDS = 0.5
# The longest pause while something is awaited that no descriptor tells of.
GLANCE_SECONDS = 0.05
LONGEST_POLL_SECONDS = 3_600.0  # poll(2) takes no more than 24 days


class Watch:
    """Watches one run, attempt by attempt. `on_long_run` starts the recorder and returns its pid.

    `timed_out` and `interrupted_by` say what stopped the run, if anything did; processor time, memory and page faults
    are of the job and all it waited for; `leftover` are the pids of what was still alive at the end.
    """

    def __init__(self, run: Run, streams: Streams, arrivals: int, on_long_run: Callable[[], int | None]) -> None:
        self.timed_out = False
        self.interrupted_by: int | None = None
        self.cpu_seconds = 0.0
        self.peak_memory_bytes = 0
        self.minor_faults = 0
        self.major_faults = 0
        self.leftover: list[int] = []
        self._run = run
        self._streams = streams
        self._arrivals = arrivals
        self._on_long_run = on_long_run
        self._expectations = Expectations([], [])
        self._outsiders: set[int] = set()
        self._open: dict[int, int] = {}
        self._pid = 0
        self._wait_status: int | None = None
        self._gave_up = False
        # Moments of the monotonic clock; what is not due ever is infinitely far away.
        self._recorder_at = run.started_monotonic + LONG_RUN_SECONDS
        self._limit_at = run.limit_at
        self._kill_at = math.inf
        self._drained_at = math.inf

    def follow(self, attempt: Attempt, expectations: Expectations) -> int | None:
        """Watch until the attempt is over. Returns its wait status, None when it could not even be killed."""
        self._pid = attempt.pid
        self._expectations = expectations
        self._open = {attempt.stdout: STDOUT, attempt.stderr: STDERR}
        self._wait_status = None
        self._drained_at = math.inf
        for descriptor in self._open:
            _widen(descriptor)
        while not self._is_over():
            for descriptor in self._wait():
                if descriptor == self._arrivals:
                    self._take_signals()
                else:
                    self._take_output(descriptor)
            self._look_at_the_clock()
        self.leftover = self._survivors()  # asked before their pipes are closed, for that may end them
        for descriptor in [*self._open]:
            self._take_what_is_left(descriptor)
        return self._wait_status

    def rest(self, seconds: float) -> None:
        """Wait between two attempts, less when the run is told to stop."""
        self._drained_at = math.inf
        until = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._arrivals, select.POLLIN)
        while not self.stopped and (remaining := until - time.monotonic()) > 0:
            if poll.poll(math.ceil(min(remaining, LONGEST_POLL_SECONDS) * 1_000)):
                self._take_signals()

    @property
    def stopped(self) -> bool:
        """True when the run may not go on with another attempt."""
        return self.timed_out or self.interrupted_by is not None

    def _is_over(self) -> bool:
        if self._gave_up:
            return True
        if self._wait_status is None or (self._is_stopping() and self._belongings()):
            return False
        return not self._open or time.monotonic() >= self._drained_at

    def _wait(self) -> list[int]:
        poll = select.poll()
        poll.register(self._arrivals, select.POLLIN)
        seconds = self._seconds_to_next_event()
        for descriptor, stream in self._open.items():
            if self._streams.accepts(stream):
                poll.register(descriptor, select.POLLIN)
            else:
                seconds = min(seconds, GLANCE_SECONDS)
        return [descriptor for descriptor, _ in poll.poll(math.ceil(seconds * 1_000))]

    def _seconds_to_next_event(self) -> float:
        if self._wait_status is None:
            due_at = min(self._recorder_at, self._limit_at, self._kill_at)
        elif self._is_stopping():
            return GLANCE_SECONDS  # for those that belong to the run and are not our children
        else:
            due_at = self._drained_at
        return min(max(0.0, due_at - time.monotonic()), LONGEST_POLL_SECONDS)

    def _take_output(self, descriptor: int) -> None:
        data = os.read(descriptor, PIPE_BYTES)
        if data:
            self._streams.take(self._open[descriptor], data)
            self._expectations.take(self._open[descriptor], data)
        else:
            del self._open[descriptor]
            os.close(descriptor)

    def _take_what_is_left(self, descriptor: int) -> None:
        """Take what the pipe holds, whether or not a reader keeps up, and close it though somebody may still write."""
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if poll.poll(0):
            self._take_output(descriptor)
        if self._open.pop(descriptor, None):
            os.close(descriptor)

    def _take_signals(self) -> None:
        for number in os.read(self._arrivals, 4_096):
            if number == signal.SIGCHLD:
                self._reap()
            elif number in signals.PASSED_ON and self._wait_status is None:
                processes.signal_all([self._pid], number)
            elif number in signals.ENDING and not self._is_draining():
                self._interrupt(number)

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        if now >= self._recorder_at:
            self._recorder_at = math.inf
            recorder = self._on_long_run()
            if recorder is not None:
                self._outsiders.add(recorder)
        if now >= self._limit_at and self._wait_status is None:
            self.timed_out = self.interrupted_by is None
            self._stop(signal.SIGTERM)
        if now >= self._kill_at:
            self._kill()

    def _interrupt(self, number: int) -> None:
        if not self.stopped:
            self.interrupted_by = number
        self._stop(number)

    def _stop(self, number: int) -> None:
        found = self._belongings()
        processes.signal_all(found, number)
        processes.signal_all(found, signal.SIGCONT)  # a stopped process would not hear the signal
        self._limit_at = math.inf
        self._kill_at = min(self._kill_at, time.monotonic() + self._run.flags.kill_after_seconds)

    def _is_stopping(self) -> bool:
        return self._kill_at < math.inf

    def _is_draining(self) -> bool:
        return self._drained_at < math.inf

    def _kill(self) -> None:
        gives_up_at = time.monotonic() + KILL_SECONDS
        while (found := self._belongings()) and time.monotonic() < gives_up_at:
            processes.signal_all(found, signal.SIGKILL)
            time.sleep(0.005)
        self._reap()
        self._kill_at = math.inf
        if self._wait_status is None:
            self._gave_up = True
            self._run.end()

    def _reap(self) -> None:
        """Take leave of the job, of orphans that were given to us, and of the recorder."""
        while (ended := _next_ended_child()) is not None:
            pid, status, usage = ended
            self._outsiders.discard(pid)
            if pid == self._pid:
                self._wait_status = status
                self._run.end()
                self._drained_at = time.monotonic() + DRAIN_SECONDS
                self._add(usage)

    def _add(self, usage: resource.struct_rusage) -> None:
        self.cpu_seconds += usage.ru_utime + usage.ru_stime
        self.peak_memory_bytes = max(self.peak_memory_bytes, usage.ru_maxrss * 1_024)
        self.minor_faults += usage.ru_minflt
        self.major_faults += usage.ru_majflt

    def _belongings(self) -> list[int]:
        return belongings.find(self._run.run_id, self._pid, self._outsiders)

    def _survivors(self) -> list[int]:
        if not self._belongings():
            return []
        time.sleep(0.02)  # one that is just going is no survivor
        return self._belongings()


def _widen(pipe: int) -> None:
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except OSError:
        return  # the user has used up what pipes may hold; the usual size works as well


def _next_ended_child() -> tuple[int, int, resource.struct_rusage] | None:
    try:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status, usage) if pid else None
