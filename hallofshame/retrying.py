"""One way to retry: what is Transient, a few times, never past a total deadline. Waiting is the caller's clock's."""

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay
from tenacity.wait import wait_base, wait_exponential

from hallofshame.clock import Clock
from hallofshame.errors import Transient


class _AsToldElseExponential(wait_base):
    """Wait as long as the neighbour asked for (`retry_after_seconds`), else 0.5 s, 1 s, 2 s …."""

    def __init__(self, first_seconds: float) -> None:
        self._exponential = wait_exponential(multiplier=first_seconds, max=30)

    def __call__(self, retry_state: RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        told = getattr(error, "retry_after_seconds", None)
        return float(told) if told is not None else self._exponential(retry_state)


def retrying(clock: Clock, *, attempts: int, deadline_seconds: float, first_wait_seconds: float = 0.5) -> Retrying:
    """Build a tenacity controller; call it with the function. It re-raises the last error as it was."""
    return Retrying(
        retry=retry_if_exception_type(Transient),
        stop=stop_after_attempt(attempts) | stop_before_delay(deadline_seconds),
        wait=_AsToldElseExponential(first_wait_seconds),
        sleep=clock.sleep,
        reraise=True,
    )
