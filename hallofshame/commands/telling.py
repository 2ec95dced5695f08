"""`hos ack|snooze|mute|resume`: what an operator does about the mails of a job, on the host that sends them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import click

from hallofshame import settings
from hallofshame.alerts import state_file
from hallofshame.clock import SystemClock, to_iso
from hallofshame.commands.parameters import Duration
from hallofshame.errors import Permanent
from hallofshame.rules import alerting
from hallofshame.rules.alerting import Alerts

LONGEST = timedelta(days=30)  # whoever mutes for longer has forgotten it


@click.command()
@click.argument("job")
def ack(job: str) -> None:
    """Stop the reminders about what is wrong with JOB; its recovery will be told."""
    _change(lambda alerts, now: alerting.acknowledge(_open(alerts, job), job, now))
    click.echo(f"{job}: acknowledged; its recovery will be told")


@click.command()
@click.argument("job")
@click.argument("duration", type=Duration(LONGEST), default="1h")
def snooze(job: str, duration: timedelta) -> None:
    """Let the reminders about JOB wait for a DURATION such as 90s, 5m or 1.5h; 1h unless told."""
    until = _change(lambda alerts, now: alerting.snooze(_open(alerts, job), job, now + duration)) + duration
    click.echo(f"{job}: no reminder before {to_iso(until)}")


@click.command()
@click.argument("job", required=False)
@click.argument("duration", type=Duration(LONGEST), default="1h")
@click.option("--all", "everything", type=Duration(LONGEST), help="No mail about any job for that long: maintenance.")
@click.option("--new", "is_new", is_flag=True, help="With --all: fail where a window is open already.")
def mute(job: str | None, duration: timedelta, everything: timedelta | None, *, is_new: bool) -> None:
    """Send no mail about JOB for a DURATION; what is still wrong then is told then."""
    if (job is None) == (everything is None):
        raise click.UsageError("name a JOB, or --all DURATION")
    if everything is not None:
        until = _change(lambda alerts, now: _window(alerts, now, everything, is_new=is_new)) + everything
    else:
        until = _change(lambda alerts, now: alerting.mute(alerts, job or "", now + duration)) + duration
    click.echo(f"{job or 'every job'}: no mail before {to_iso(until)}")


@click.command()
@click.argument("job", required=False)
def resume(job: str | None) -> None:
    """Send mails about JOB again, or with no JOB: end the maintenance window."""
    if job is None:
        _change(lambda alerts, _: alerting.maintenance(alerts, None))
    else:
        _change(lambda alerts, _: alerting.mute(alerts, job, None))
    click.echo(f"{job or 'every job'}: mails are sent again")


def _window(alerts: Alerts, now: datetime, length: timedelta, *, is_new: bool) -> Alerts:
    """The same, with a maintenance window."""
    if is_new and alerts.maintenance_until and alerts.maintenance_until > now:
        raise Permanent(f"a maintenance window is open until {to_iso(alerts.maintenance_until)}: it stays as it is")
    return alerting.maintenance(alerts, now + length)


def _open(alerts: Alerts, job: str) -> Alerts:
    """The same, if something is wrong with the job."""
    state = alerts.jobs.get(job)
    if state is None or state.incident is None:
        wrong = [name for name, each in alerts.jobs.items() if each.incident is not None]
        named = f"; something is wrong with {', '.join(sorted(wrong))}" if wrong else ""
        raise Permanent(f"nothing is wrong with {job} on this host{named}: see hos incidents")
    return alerts


def _change(change: Callable[[Alerts, datetime], Alerts]) -> datetime:
    """Change what decisions rest on, and save it. Returns the moment."""
    state_dir, now = settings.load().state_dir, SystemClock().now()
    with state_file.alone(state_dir):
        state = state_file.load(state_dir)
        state_file.save(state_dir, replace(state, alerts=change(state.alerts, now)))
    return now
