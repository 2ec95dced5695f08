"""`hos alert-test`."""

import os
from uuid import uuid4

import click

from hallofshame import settings
from hallofshame.clock import SystemClock, to_iso
from hallofshame.errors import Permanent
from hallofshame.mail import Mail, deliver, mailers


@click.command("alert-test")
@click.option("--sandbox", is_flag=True, help="Have SendGrid check the mail and throw it away.")
def alert_test(*, sandbox: bool) -> None:
    """Send a mail to HOS_ALERT_TO by the first way that accepts it, and say which."""
    loaded, now, host = settings.load(), SystemClock().now(), os.uname().nodename
    if not loaded.alert_to:
        raise Permanent("nobody to tell: set HOS_ALERT_TO")
    mail = Mail(
        sender=loaded.alert_from,
        recipients=loaded.alert_to,
        subject=f"[hos] TEST {host}",
        text=f"This is a test of the way alerts take from {host}, sent at {to_iso(now)}. Nothing is wrong.\n",
        message_id=f"test.{uuid4()}@{loaded.alert_from.rpartition('@')[2]}",
        sent_at=now,
    )
    delivery = deliver(mailers(loaded, sandbox=sandbox), mail)
    for refused in delivery.refused:
        click.echo(refused, err=True)
    click.echo(f"{delivery.accepted_by} accepted it for {', '.join(loaded.alert_to)}")
