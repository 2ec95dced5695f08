"""The `hos` command: a table of sub-commands, each imported when it is called.

The only module that may import every application, and nobody imports it.
"""

import importlib
import sys

import click

from hallofshame.errors import HallOfShameError

# name: (where its click command lives, what --help says of it)
COMMANDS = {
    "ack": ("hallofshame.commands.telling:ack", "Stop the reminders about a job."),
    "alert-test": ("hallofshame.commands.alert_test:alert_test", "Send a test mail the way alerts go."),
    "audit": ("hallofshame.commands.audit:audit", "Show how a park's or a ride's figures of a day came about."),
    "backfill": ("hallofshame.commands.backfill:backfill", "Judge operating days once more."),
    "credentials": ("hallofshame.deployment.credentials:credentials", "Bring secrets from AWS's parameter store."),
    "crontab": ("hallofshame.deployment.crontab:crontab", "Print, check or install the crontab that jobs.toml means."),
    "doctor": ("hallofshame.commands.doctor:doctor", "Check whether this host is able to do its work."),
    "flush": ("hallofshame.commands.flush:flush", "Bring what waits in the journal to the database."),
    "import": ("hallofshame.commands.import_polls:import_polls", "Store polls files as history."),
    "incidents": ("hallofshame.commands.incidents:incidents", "List what is wrong with jobs, and was."),
    "judge": ("hallofshame.commands.judge:judge", "Judge a polls file without a database, and print JSON."),
    "kill": ("hallofshame.commands.kill:kill", "Stop a job's run on this host."),
    "lint": ("hallofshame.commands.lint:lint", "Explain what is wrong in jobs.toml."),
    "log": ("hallofshame.commands.log:log", "Show what a run printed."),
    "migrate": ("hallofshame.commands.migrate:migrate", "Bring the database to this release's schema."),
    "mute": ("hallofshame.commands.telling:mute", "Send no mail about a job, or any, for a while."),
    "outbox": ("hallofshame.commands.outbox:outbox", "List alert mails: which wait, and who accepted the others."),
    "resume": ("hallofshame.commands.telling:resume", "Send mails about a job, or all, again."),
    "runs": ("hallofshame.commands.runs:runs", "List runs, newest first."),
    "snooze": ("hallofshame.commands.telling:snooze", "Let the reminders about a job wait."),
    "status": ("hallofshame.commands.status:status", "Show each job: its last run, and when it is due next."),
    "timers": ("hallofshame.deployment.timers:timers", "Print, check or install jobs as systemd's timers."),
    "unit-failed": ("hallofshame.commands.units:unit_failed", "Tell that systemd has given up a unit."),
    "unit-works": ("hallofshame.commands.units:unit_works", "Tell that a unit which had failed works again."),
    "validate": ("hallofshame.deployment.validation:validate", "Check whether this release can run here."),
    "watch": ("hallofshame.monitoring.commands:watch", "Look after the jobs once: what was missed, late or hangs."),
}


class _Table(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - given by click
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - given by click
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - given by click
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.command(cls=_Table, context_settings={"help_option_names": ["-h", "--help"]})
def hos() -> None:
    """Operate the Theme Park Hall of Shame."""


def main() -> None:
    """Run `hos`; an error that is meant for the operator is one line and exit code 1."""
    try:
        hos()
    except HallOfShameError as error:
        for line in str(error).splitlines():
            click.echo(f"hos: {line}", err=True)
        sys.exit(1)
