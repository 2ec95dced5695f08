"""What an alert mail shows of what a run printed: the line that names the error, the first lines and the last. Pure."""

import json
from dataclasses import dataclass

from hallofshame.alerts.words import size, some
from hallofshame.journal import TAIL_BYTES
from hallofshame.model import Run

FIRST_LINES, LAST_LINES, LINE_LENGTH = 5, 25, 300


@dataclass(frozen=True, slots=True)
class Output:
    """What the run printed: its first lines, how much is left out, its last lines."""

    title: str
    first: tuple[str, ...]
    left_out: str | None
    last: tuple[str, ...]


def error_line(run: Run | None) -> str | None:
    """The error that the last traceback ends with, else the last line."""
    lines = [_message(line) for line in run.output_tail.splitlines() if line.strip()] if run else []
    after = [number for number, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    if after:
        ends = (line for line in lines[after[-1] + 1 :] if not line[:1].isspace())
        return next(ends, lines[-1])[:LINE_LENGTH]
    return lines[-1].strip()[:LINE_LENGTH] if lines else None


def _message(line: str) -> str:
    """What a line of our JSON logs says; any other line as it is."""
    if not line.startswith("{"):
        return line
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return line
    said = record.get("exc_info") or record.get("message")
    return str(said).strip().rpartition("\n")[2] if said else line


def output_of(run: Run | None, *, is_attached: bool) -> Output | None:
    """What is shown of it; None where there is none."""
    if run is None or not run.output_tail.strip():
        return None
    attached = ", attached" if is_attached else ""
    tail = run.output_tail.splitlines()
    is_whole = run.output_bytes <= TAIL_BYTES
    if is_whole and len(tail) <= FIRST_LINES + LAST_LINES:
        return Output(f"Output, all of it ({size(run.output_bytes)}{attached})", (), None, _cut(tail))
    head = tail if is_whole else run.output_head.splitlines()
    left_out = max(run.output_lines - FIRST_LINES - LAST_LINES, 0)
    return Output(
        title=f"Output, first and last lines ({size(run.output_bytes)} in all{attached})",
        first=_cut(head[:FIRST_LINES]),
        left_out=f"{some(left_out, 'line')} left out" if left_out else "some left out",
        last=_cut(tail[-LAST_LINES:]),
    )


def _cut(lines: list[str]) -> tuple[str, ...]:
    return tuple(line if len(line) <= LINE_LENGTH else f"{line[:LINE_LENGTH]} …" for line in lines)
