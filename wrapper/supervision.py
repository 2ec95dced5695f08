"""From the spawn to the exit code: the second half of hos-cron, loaded while the job already runs."""

import os
import time

from hallofshame import output_logs
from hallofshame.redaction import Redactor

from . import belongings, ending, process, report
from .bookkeeping import Bookkeeping, facts_of
from .ending import Ending
from .expectations import Expectations
from .process import Attempt
from .run import Run
from .spool import Spool
from .streams import Streams
from .watching import Watch

MOST_PIDS_TOLD = 5


class Supervision:
    """Sees one run through, and its bookkeeping. `signal_pipe` is what signals.watch returned."""

    def __init__(self, run: Run, signal_pipe: tuple[int, int]) -> None:
        self._run = run
        self._arrivals, wake = signal_pipe
        self._redactor = Redactor(os.environb)
        self._spool = Spool(output_logs.path(run.state_directory, run.flags.job, run.run_id))
        self._streams = Streams(run.flags.job, self._redactor, self._spool, wake, quiet=run.flags.quiet)
        self._books = Bookkeeping(run, self._redactor, self._streams.say)
        for remark in run.remarks:
            self._streams.say(remark)

    def refuse(self, state: str, exit_code: int, reason: str) -> int:
        """Write down that the job was not run, and why. Returns the exit code."""
        end = Ending(state, exit_code, reason)
        self._streams.say(f"not run: {reason}")
        self._books.end(end)
        return self._leave(end)

    def follow(self, attempt: Attempt) -> int:
        """Watch the job to its end, and write down what there is to tell. Returns the exit code."""
        belongings.adopt_orphans()
        self._books.begin()
        watch = Watch(self._run, self._streams, self._arrivals, self._books.start_recorder)
        end = self._attempts(watch, attempt)
        figures = self._take_report()
        self._finish_output(watch, end)
        self._books.end(end, facts_of(watch, self._streams.kept, figures, self._redactor))
        return self._leave(end)

    def _attempts(self, watch: Watch, attempt: Attempt) -> Ending:
        """Watch one attempt after the other. The end of the last one is the end of the run."""
        flags = self._run.flags
        end = self._judge(watch, attempt)
        while end.exit_code and not watch.stopped and self._run.attempts <= flags.retries:
            if time.monotonic() + flags.retry_delay_seconds >= self._run.limit_at:
                self._remark("the time limit leaves no room for another attempt")
                return end
            self._remark(f"attempt {self._run.attempts}: {end.reason}")
            watch.rest(flags.retry_delay_seconds)
            if watch.interrupted_by is not None:
                return ending.of_interruption(None, watch.interrupted_by)
            try:
                end = self._judge(watch, process.start(self._run))
            except process.NotExecutable as error:
                self._run.list_attempt(error.exit_code, None, 0.0)
                return Ending("failed", error.exit_code, str(error))
        return end

    def _judge(self, watch: Watch, attempt: Attempt) -> Ending:
        """Watch one attempt and say how it ended."""
        flags = self._run.flags
        expectations = Expectations(flags.fail_if, flags.require)
        wait_status = watch.follow(attempt, expectations)
        exit_code = None if wait_status is None else ending.exit_code_of(wait_status)
        seconds = self._run.finished_monotonic - attempt.started_monotonic
        self._run.list_attempt(exit_code, ending.signal_of(wait_status), seconds)
        if watch.interrupted_by is not None:
            return ending.of_interruption(wait_status, watch.interrupted_by)
        if watch.timed_out or wait_status is None:
            return ending.of_time_limit(wait_status, flags.timeout_seconds)
        return ending.of_job(wait_status, expectations.complaint())

    def _take_report(self) -> dict[str, float]:
        if self._run.report_path is None:
            return {}
        try:
            return report.take(self._run.report_path)
        except report.BadReport as error:
            self._remark(str(error))
            return {}

    def _finish_output(self, watch: Watch, end: Ending) -> None:
        if watch.leftover:
            pids = ", ".join(map(str, watch.leftover[:MOST_PIDS_TOLD]))
            self._remark(f"the job left {len(watch.leftover)} of its processes alive, such as {pids}")
        if self._spool.failure:
            self._remark(f"no log of the output is kept, only its beginning and its end: {self._spool.failure}")
        if self._run.flags.quiet and end.exit_code:
            self._streams.show(self._streams.kept.text(self._redactor))
        lost_bytes = self._streams.finish()
        if lost_bytes:
            self._run.remarks.append(f"{lost_bytes} bytes of output could not be passed on")

    def _remark(self, text: str) -> None:
        self._run.remarks.append(text)
        self._streams.say(text)

    def _leave(self, end: Ending) -> int:
        if self._run.lock is not None:
            os.close(self._run.lock)  # whoever waits need not wait for the recorder
        recorder = self._books.start_recorder(self._spool)
        if recorder is not None and self._run.flags.sync:
            os.waitpid(recorder, 0)
        self._streams.finish()
        return end.exit_code
