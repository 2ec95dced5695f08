"""What is installed for cron, the block in it that is ours, and how it differs from what jobs.toml means.

A line belongs to a job when it calls `hos-cron JOB`, or the job's command without the wrapper; wherever it stands.
"""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from hallofshame.errors import Permanent
from hallofshame.jobs_file import Job

BEGIN = "# BEGIN hallofshame: rendered from jobs.toml by `hos crontab install`; edit that file, not these lines"
END = "# END hallofshame"

_MARK = re.compile(r"# (BEGIN|END) hallofshame\b")
_VARIABLE = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*")
_UNESCAPED_PERCENT = re.compile(r"(?<!\\)(?:\\\\)*%")
# Cron passes over every file in /etc/cron.d with another name.
_CRON_D_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which what is installed is not what jobs.toml means. `line` counts from 1; None: none is there."""

    kind: str  # missing, drifted, duplicated, stray, not_wrapped, unescaped, in_timers
    job: str
    line: int | None
    problem: str
    advice: str

    def __str__(self) -> str:
        where = "" if self.line is None else f"line {self.line}: "
        return f"{where}{self.job}: {self.kind.replace('_', ' ')}: {self.problem}; {self.advice}"


class Installed:
    """The user's crontab, or one file. `user`: its lines name the user they run as."""

    def __init__(self, path: Path | None, user: str | None) -> None:
        self._path = path
        if path is None and user is not None:
            raise Permanent("--user is for --file: a user's own crontab names no user")
        if path is not None and path.absolute().parent == Path("/etc/cron.d"):
            _check_cron_d(path, user)

    def __str__(self) -> str:
        return "crontab" if self._path is None else str(self._path)

    def read(self) -> list[str]:
        """Its lines; none where nothing is installed yet."""
        return (_crontab("-l") if self._path is None else _content(self._path)).splitlines()

    def write(self, lines: list[str]) -> None:
        """Replace it as a whole."""
        text = "".join(f"{line}\n" for line in lines)
        if self._path is None:
            _crontab("-", text)
        else:
            _replace(self._path, text)


def with_block(lines: list[str], block: list[str]) -> list[str]:
    """The lines with our block in the place of the one before, else at their end. Raises Permanent for odd marks."""
    marks = [(number, found[1]) for number, line in enumerate(lines) if (found := _MARK.match(line))]
    if not marks:
        return [*lines, *block]
    if [kind for _, kind in marks] != ["BEGIN", "END"]:
        where = ", ".join(str(number + 1) for number, _ in marks)
        raise Permanent(f"the marks of the hallofshame block (line {where}) are no pair: remove them and what is ours")
    (first, _), (last, _) = marks
    return [*lines[:first], *block, *lines[last + 1 :]]


def differences(lines: list[str], block: list[str], jobs: dict[str, Job], *, has_user: bool) -> list[Difference]:
    """Everything in which the installed lines are not what the block says, job by job."""
    wanted, found = _entries(block, jobs, has_user=has_user), _entries(lines, jobs, has_user=has_user)
    named = dict.fromkeys([*jobs, *(entry.job for entry in found)])
    return [each for job in named for each in _of_job(job, _of(wanted, job), _of(found, job), is_known=job in jobs)]


def started(lines: list[str], jobs: dict[str, Job], *, has_user: bool) -> list[str]:
    """The jobs that some line starts."""
    return list(dict.fromkeys(entry.job for entry in _entries(lines, jobs, has_user=has_user)))


def is_read_by_cron(path: Path) -> bool:
    """Tell whether cron reads a file in /etc/cron.d, by its name."""
    return _CRON_D_NAME.fullmatch(path.name) is not None and path.is_file()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One installed line that starts a job, and the variables that hold there."""

    job: str
    number: int
    text: str
    variables: tuple[tuple[str, str], ...]
    is_wrapped: bool


def _of(entries: list[_Entry], job: str) -> list[_Entry]:
    return [entry for entry in entries if entry.job == job]


def _of_job(job: str, wanted: list[_Entry], found: list[_Entry], *, is_known: bool) -> Iterator[Difference]:
    """Wanted lines are ticked off one by one; what is left on either side is told."""
    left, spare = list(wanted), []
    for entry in found:
        same = next((each for each in left if (each.text, each.variables) == (entry.text, entry.variables)), None)
        if same:
            left.remove(same)
        else:
            spare.append(entry)
    texts = {each.text for each in wanted}
    for entry in spare:
        yield _spare(job, entry, left, texts, is_known=is_known)
    if left and not any(entry.text not in texts or _differing(entry, left) for entry in spare):
        for entry in left:
            yield Difference("missing", job, None, f"there is no line `{entry.text}`", "run `hos crontab install`")


def _spare(job: str, entry: _Entry, left: list[_Entry], texts: set[str], *, is_known: bool) -> Difference:
    """Why an installed line is not one of those wanted."""

    def told(kind: str, problem: str, advice: str) -> Difference:
        return Difference(kind, job, entry.number, problem, advice)

    remove = "remove the line"
    if not is_known:
        return told("stray", "jobs.toml has no such job", remove)
    if not entry.is_wrapped:
        return told("not_wrapped", "its command runs without hos-cron: nobody would be told", remove)
    if _UNESCAPED_PERCENT.search(entry.text):
        return told("unescaped", "cron ends the command at the first % without a backslash", remove)
    if entry.text in texts and (variables := _differing(entry, left)):
        return told("drifted", f"runs with {variables}", "run `hos crontab install`")
    if left and entry.text not in texts:
        return told("drifted", f"is `{entry.text}`, expected `{left[0].text}`", "run `hos crontab install`")
    return told("duplicated", "the job has its lines already", remove)


def _differing(entry: _Entry, left: list[_Entry]) -> str:
    """The variables that are not as the same line wants them."""
    twin = next((each for each in left if each.text == entry.text), None)
    if twin is None:
        return ""
    here = dict(entry.variables)
    return ", ".join(f"{name}={here.get(name, '')} (expected {value})" for name, value in twin.variables)


def _entries(lines: list[str], jobs: dict[str, Job], *, has_user: bool) -> list[_Entry]:
    """Every line that starts one of our jobs, with what PATH and HOS_* variables hold there."""
    variables: dict[str, str] = {}
    entries = []
    for number, line in enumerate(lines, 1):
        if found := _VARIABLE.fullmatch(line):
            if found[1] == "PATH" or found[1].startswith("HOS_"):
                variables[found[1]] = found[2]
            continue
        words = _words(line, has_user=has_user)
        if job := _wrapped_job(words):
            entries.append(_Entry(job, number, line.strip(), tuple(sorted(variables.items())), is_wrapped=True))
        else:
            entries += [
                _Entry(name, number, line.strip(), tuple(sorted(variables.items())), is_wrapped=False)
                for name, job_of_name in jobs.items()
                if _runs(job_of_name.command, words)
            ]
    return entries


def _words(line: str, *, has_user: bool) -> list[str]:
    """The words of the command on a line; none for a comment."""
    if line.lstrip().startswith("#"):
        return []
    before = (1 if line.lstrip().startswith("@") else 5) + has_user
    command = "".join(line.split(maxsplit=before)[before:])
    try:
        return shlex.split(command.replace(r"\%", "%").replace("\\\\", "\\"))
    except ValueError:  # quotes that do not close
        return command.split()


def _wrapped_job(words: list[str]) -> str | None:
    for word, following in pairwise(words):
        if os.path.basename(word) == "hos-cron":  # noqa: PTH119 - a word, not a path
            return following
    return None


def _runs(command: tuple[str, ...], words: list[str]) -> bool:
    """Tell whether the command stands among the words, its program by whatever path."""
    wanted = [os.path.basename(command[0]), *command[1:]]  # noqa: PTH119
    for start in range(len(words) - len(wanted) + 1):
        program, *arguments = words[start : start + len(wanted)]
        if [os.path.basename(program), *arguments] == wanted:  # noqa: PTH119
            return True
    return False


def _crontab(argument: str, text: str | None = None) -> str:
    if shutil.which("crontab") is None:
        raise Permanent("no program `crontab` on this host: install it (apt-get install cron), or give --file FILE")
    done = subprocess.run(["crontab", argument], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0 and not done.stderr.startswith("no crontab for"):
        raise Permanent(f"`crontab {argument}` failed with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(f"{path}: cannot be read ({error}): give the file that cron reads") from None


def _replace(path: Path, text: str) -> None:
    """Write beside it and rename, as readable as before: cron sees the old file or the new one, never half of one."""
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        # A name with a dot, which cron passes over in /etc/cron.d.
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise Permanent(f"{path}: cannot be written ({error.strerror}): run this as a user who may") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf8") as file:
            file.write(text)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        Path(name).replace(path)
    except OSError as error:
        with suppress(OSError):
            Path(name).unlink()
        raise Permanent(f"{path}: cannot be written ({error.strerror}): it is as it was") from None


def _check_cron_d(path: Path, user: str | None) -> None:
    if user is None:
        raise Permanent(f"{path}: lines in /etc/cron.d name the user to run as: give --user NAME")
    if not _CRON_D_NAME.fullmatch(path.name):
        raise Permanent(f"{path}: cron reads no file there whose name has other than letters, digits, _ and -")
