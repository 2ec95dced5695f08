"""Figures for CloudWatch: what a tick knows, in one request that is bounded in time.

An alarm on `Heartbeat` that treats missing data as breaching notices when nobody watches any more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hallofshame.alerts.state_file import AlertState
from hallofshame.errors import Transient
from hallofshame.model import IncidentKind, Run, RunState
from hallofshame.rules.incidents import Event

CONNECT_SECONDS, READ_SECONDS = 2, 3
MOST = 1_000  # that CloudWatch takes at once

# Figures of the collector's report, under the names that dashboards know.
_COLLECTION = {"parks_ok": "ParksCollected", "parks_failed": "APIErrors"}


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of one moment; `job` is its dimension."""

    name: str
    value: float
    unit: str = "Count"
    job: str | None = None


def of_host(state: AlertState, events: Sequence[Event], now: datetime) -> Iterator[Metric]:
    """What this host knows by itself: that it watches, what it saw, what it could not tell."""
    yield Metric("Heartbeat", 1)
    for kind in (IncidentKind.MISSED, IncidentKind.LATE, IncidentKind.OVERDUE):
        yield Metric(f"Job{kind.value.capitalize()}", sum(event.kind is kind for event in events))
    yield Metric("OpenIncidents", sum(job.incident is not None for job in state.alerts.jobs.values()))
    yield Metric("OutboxMails", len(state.waiting))
    oldest = min((mail.queued_at for mail in state.waiting), default=now)
    yield Metric("OutboxAge", (now - oldest).total_seconds(), "Seconds")


def of_runs(ended: Sequence[Run]) -> Iterator[Metric]:
    """How each run ended and how long it took; of a collection what it brought, too."""
    for run in ended:
        is_good = float(run.state is RunState.SUCCEEDED)
        yield Metric("JobSuccess", is_good, job=run.job)
        if run.duration_seconds is not None:
            yield Metric("JobDuration", run.duration_seconds, "Seconds", run.job)
        if run.job == "collect":
            yield Metric("CollectionSuccess", is_good)
            yield Metric("CollectionDuration", run.duration_seconds or 0.0, "Seconds")
            yield from (Metric(name, run.report[key]) for key, name in _COLLECTION.items() if key in run.report)


def publish(namespace: str, metrics: Sequence[Metric], now: datetime) -> None:
    """Send them (needs cloudwatch:PutMetricData). Raises Transient where CloudWatch does not take them."""
    try:
        import boto3  # noqa: PLC0415 - an extra, and half a second: only where it is used
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    except ImportError as error:
        raise Transient(f"HOS_CLOUDWATCH_NAMESPACE needs boto3: install hallofshame[aws] ({error})") from error
    limits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
    try:
        client = boto3.client("cloudwatch", config=Config(retries={"total_max_attempts": 1}, **limits))
        client.put_metric_data(Namespace=namespace, MetricData=[_plain(each, now) for each in metrics[:MOST]])
    except (BotoCoreError, ClientError) as error:
        raise Transient(f"CloudWatch: {error}") from error


def _plain(metric: Metric, now: datetime) -> dict[str, Any]:
    dimensions = [{"Name": "Job", "Value": metric.job}] if metric.job else []
    figure = {"MetricName": metric.name, "Value": metric.value, "Unit": metric.unit}
    return figure | {"Timestamp": now, "Dimensions": dimensions}
