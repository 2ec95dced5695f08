"""Ask many parks at once, within one deadline: whatever a park does, each of them gets an answer."""

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hallofshame.clock import Clock
from hallofshame.model import Park, Payload, Poll, PollOutcome
from hallofshame.queue_times import FeedError, QueueTimes

WORKERS = 8

_NOTHING = Payload(())


@dataclass(frozen=True, slots=True)
class Answer:
    """What one park sent: its poll, and the payload where that is OK."""

    park: Park
    poll: Poll
    payload: Payload = _NOTHING


def ask_all(
    client: QueueTimes, parks: Sequence[Park], slot: datetime, clock: Clock, deadline: float
) -> Iterator[Answer]:
    """Yield one answer a park, as they come. `deadline` is on `clock.monotonic`; who is late then is cut off.

    The workers are daemons: one that still hangs when the job ends does not hold it.
    """
    todo: queue.SimpleQueue[Park] = queue.SimpleQueue()
    done: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()
    for park in parks:
        todo.put(park)
    for _ in range(min(WORKERS, len(parks))):
        threading.Thread(target=_work, args=(client, slot, clock, todo, done), daemon=True).start()
    yield from _collected(parks, slot, clock, deadline, done)


def _collected(
    parks: Sequence[Park],
    slot: datetime,
    clock: Clock,
    deadline: float,
    done: queue.SimpleQueue[Answer | Exception],
) -> Iterator[Answer]:
    waiting = {park.park_id: park for park in parks}
    while waiting:
        try:
            answer = done.get(timeout=max(0.0, deadline - clock.monotonic()))
        except queue.Empty:
            break
        if isinstance(answer, Exception):
            raise answer
        del waiting[answer.park.park_id]
        yield answer
    for park in waiting.values():
        reason = "no answer before the cycle's deadline"
        yield Answer(park, Poll(park.park_id, slot, _second(clock), PollOutcome.CUT_OFF, reason=reason))


def _work(
    client: QueueTimes,
    slot: datetime,
    clock: Clock,
    todo: queue.SimpleQueue[Park],
    done: queue.SimpleQueue[Answer | Exception],
) -> None:
    while True:
        try:
            park = todo.get_nowait()
        except queue.Empty:
            return
        try:
            done.put(_ask(client, park, slot, clock))
        except Exception as error:  # noqa: BLE001 - a thread's edge: raised again where the answers are read
            done.put(error)


def _ask(client: QueueTimes, park: Park, slot: datetime, clock: Clock) -> Answer:
    started = clock.monotonic()
    payload, failure = _NOTHING, None
    try:
        payload = client.queue_times(park.park_id)
    except FeedError as error:
        failure = error
    poll = Poll(
        park_id=park.park_id,
        slot=slot,
        polled_at=_second(clock),
        outcome=failure.outcome if failure else PollOutcome.OK,
        http_status=failure.http_status if failure else 200,
        duration_milliseconds=round((clock.monotonic() - started) * 1000),
        reason=str(failure)[:500] if failure else None,
    )
    return Answer(park, poll, payload)


def _second(clock: Clock) -> datetime:
    """Poll times are whole seconds (domain page, 4.3)."""
    return clock.now().replace(microsecond=0)
