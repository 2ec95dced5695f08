"""The mail about a run that went wrong: who gets it and what it says. Composed only; `mail` brings it out."""

from datetime import datetime

from hallofshame.mail import Mail
from hallofshame.model import Run, RunState

SUBJECT_LENGTH = 78
LAST_LINES = 40

# A run that was skipped or is still going is no failure.
_WORDS = {
    RunState.FAILED: "FAIL",
    RunState.TIMED_OUT: "TIMEOUT",
    RunState.INTERRUPTED: "INTERRUPTED",
    RunState.NOT_STARTED: "NOT STARTED",
    RunState.LOST: "LOST",
}


def is_due(run: Run) -> bool:
    """Tell whether anybody has to be told of this run."""
    return run.state in _WORDS


def compose(run: Run, sender: str, recipients: tuple[str, ...], now: datetime) -> Mail:
    """Say what happened, most important first. The same run always gives the same Message-ID."""
    word = _WORDS[run.state]
    domain = sender.rpartition("@")[2]
    return Mail(
        sender=sender,
        recipients=recipients,
        subject=_one_line(f"[hos] {word} {run.job} ({_how(run)}) {run.host}")[:SUBJECT_LENGTH],
        text=_text(run),
        message_id=f"run.{run.run_id}@{domain}",
        sent_at=now,
        headers={
            "List-Id": f"<{run.job}.hos.{domain}>",
            "X-HOS-Job": run.job,
            "X-HOS-State": run.state.value,
            "X-HOS-Run": run.run_id,
        },
    )


def _how(run: Run) -> str:
    if run.signal:
        return run.signal
    return f"exit {run.exit_code}" if run.exit_code is not None else run.state.value


def _text(run: Run) -> str:
    lasted = "" if run.duration_seconds is None else f" after {run.duration_seconds:.1f} s"
    lines = run.output_tail.splitlines()
    shown = lines[-LAST_LINES:]
    cut = f"last {len(shown)} lines of {run.output_lines}" if run.output_lines > len(shown) else "all of it"
    facts = [
        f"{run.job} {run.state.value.replace('_', ' ')}: {_how(run)}{lasted} on {run.host}.",
        *([run.reason] if run.reason else []),
        "",
        f"Do       hos log {run.run_id}",
        f"Run      {run.run_id}  attempt {run.attempts}",
        f"Started  {run.started_at:%Y-%m-%d %H:%M:%S} UTC, due {run.scheduled_at:%H:%M} UTC",
        f"Command  {' '.join(run.argv)}",
        "",
        f"Output, {cut}:" if shown else "It printed nothing.",
        *(f"  {_printable(line)}" for line in shown),
    ]
    return "\n".join(facts) + "\n"


def _one_line(text: str) -> str:
    """ASCII without control characters: nothing in a job's name or host can make a second header."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in line)
