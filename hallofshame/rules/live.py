"""How a park stands at its latest poll, from its unfinished day (domain page, 4.5). Not whether that is recent."""

from hallofshame.rules import score
from hallofshame.rules.park_day import Operation
from hallofshame.rules.ride_day import Bucket


def is_running(operation: Operation) -> bool:
    """Tell whether the latest poll lies in the park's window, with some ride open."""
    return operation.reaches_latest_poll and any(ride.last_bucket is Bucket.UP for ride in operation.rides)


def live_shame(operation: Operation) -> float | None:
    """Weighted share of the counted rides that are down right now, times ten. None unless the park runs.

    A ride that is closed for another reason (before its hours, early, a stop) or unknown is in neither part.
    """
    if not is_running(operation):
        return None
    counted = [ride for ride in operation.rides if ride.is_counted]
    down, up = (
        sum(ride.weight for ride in counted if ride.last_bucket is bucket) for bucket in (Bucket.DOWN, Bucket.UP)
    )
    return score.shame(down, down + up)
