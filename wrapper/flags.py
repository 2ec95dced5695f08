"""The command line of hos-cron and its defaults, read by hand: argparse and re would delay every job.

Holds no more than what the line says; whether a file or a variable exists is asked elsewhere.
"""

TYPE_CHECKING = False  # the one in typing would load re
if TYPE_CHECKING:
    from collections.abc import Callable

USAGE = (
    "hos-cron JOB [--timeout 300] [--kill-after 10] [--overlap skip|wait:SECONDS|allow] [--retries N "
    "--retry-delay SECONDS] [--splay SECONDS] [--quiet] [--nice N] [--memory-max 512M] [--when CRON --tz ZONE] "
    "[--env-file FILE] [--require-env NAME] [--fail-if RE] [--require RE] [--sync] -- COMMAND [ARG ...]"
)
LONGEST_SECONDS = 366 * 86_400  # a longer limit is a typing error, and would leave the calendar

_SECONDS_PER_UNIT = {"s": 1, "m": 60, "h": 3_600}
_BYTES_PER_UNIT = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_LOWER_AND_DIGITS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class FlagError(Exception):
    """The line cannot be understood. The message names the part and says what is expected."""


class Flags:
    """What one line says. Not a dataclass: that module may not be imported before the job runs.

    `overlap_wait_seconds` is how long to wait for the lock: 0 to skip at once, None to run without a lock.
    """

    def __init__(self, job: str) -> None:
        self.job = job
        self.command: list[str] = []
        self.timeout_seconds = 300.0
        self.kill_after_seconds = 10.0
        self.overlap_wait_seconds: float | None = 0.0
        self.retries = 0
        self.retry_delay_seconds = 60.0
        self.splay_seconds = 0.0
        self.quiet = False
        self.nice = 0
        self.memory_max_bytes: int | None = None
        self.env_file: str | None = None
        self.require_env: list[str] = []
        self.when: str | None = None
        self.zone: str | None = None
        self.fail_if: list[str] = []
        self.require: list[str] = []
        self.sync = False


def read_flags(arguments: list[str]) -> Flags:
    """Read the arguments after the program's name. Raises FlagError."""
    if "--" not in arguments:
        raise FlagError(f"no `-- COMMAND` on the line; usage: {USAGE}")
    end = arguments.index("--")
    own, command = arguments[:end], arguments[end + 1 :]
    if not own:
        raise FlagError(f"no job's name on the line; usage: {USAGE}")
    if not command or not command[0]:
        raise FlagError("no command after `--`")
    flags = Flags(_job(own[0]))
    flags.command = command
    _read_options(flags, own[1:])
    if (flags.when is None) != (flags.zone is None):
        raise FlagError("--when and --tz need each other: a schedule means nothing without its time zone")
    return flags


def _read_options(flags: Flags, options: list[str]) -> None:
    remaining = iter(options)
    for option in remaining:
        name, equals, value = option.partition("=")
        if name in _SWITCHES and not equals:
            setattr(flags, _SWITCHES[name], True)
            continue
        if name not in _VALUES:
            raise FlagError(f"{option!r} is no flag of hos-cron; usage: {USAGE}")
        if not equals:
            value = next(remaining, "")
        attribute, read = _VALUES[name]
        try:
            meaning = read(value)
        except ValueError as error:
            raise FlagError(f"{name} {value!r}: {error}") from None
        if isinstance(getattr(flags, attribute), list):
            getattr(flags, attribute).append(meaning)
        else:
            setattr(flags, attribute, meaning)


def _job(text: str) -> str:
    if not (0 < len(text) <= 64 and text[0] in _LOWER_AND_DIGITS and set(text) <= _LOWER_AND_DIGITS | set("_.-")):
        raise FlagError(f"{text!r} is no job's name: lower-case letters, digits and `_.-`, at most 64")
    return text


def _seconds(text: str) -> float:
    unit = _SECONDS_PER_UNIT.get(text[-1:])
    number = text[:-1] if unit else text
    whole, _, fraction = number.partition(".")
    is_number = _is_digits(whole) and _is_digits(fraction or "0")
    seconds = float(number) * (unit or 1) if is_number else 0
    if not 0 < seconds <= LONGEST_SECONDS:
        raise ValueError("expected a duration above zero and of at most 366 days, such as 300, 90s, 5m or 1.5h")
    return seconds


def _overlap(text: str) -> float | None:
    if text == "skip":
        return 0.0
    if text == "allow":
        return None
    if text.startswith("wait:"):
        return _seconds(text.removeprefix("wait:"))
    raise ValueError("expected skip, allow or wait:SECONDS")


def _count(text: str) -> int:
    if not _is_digits(text) or int(text) > 100:
        raise ValueError("expected a whole number from 0 to 100")
    return int(text)


def _niceness(text: str) -> int:
    if not _is_digits(text) or int(text) > 19:
        raise ValueError("expected a whole number from 0 to 19")
    return int(text)


def _bytes(text: str) -> int:
    unit = _BYTES_PER_UNIT.get(text[-1:])
    number = text[:-1] if unit else text
    size = int(number) * (unit or 1) if _is_digits(number) else 0
    # Less than this no interpreter starts in; more than the upper bound the kernel does not take.
    if not 16 << 20 <= size < 1 << 62:
        raise ValueError("expected a size of at least 16M, such as 512M or 2G")
    return size


def _variable(text: str) -> str:
    if not text or "=" in text:
        raise ValueError("expected the name of an environment variable")
    return text


def _text(text: str) -> str:
    if not text:
        raise ValueError("expected something after it")
    return text


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


_SWITCHES = {"--quiet": "quiet", "--sync": "sync"}
_VALUES: "dict[str, tuple[str, Callable[[str], object]]]" = {
    "--timeout": ("timeout_seconds", _seconds),
    "--kill-after": ("kill_after_seconds", _seconds),
    "--overlap": ("overlap_wait_seconds", _overlap),
    "--retries": ("retries", _count),
    "--retry-delay": ("retry_delay_seconds", _seconds),
    "--splay": ("splay_seconds", _seconds),
    "--nice": ("nice", _niceness),
    "--memory-max": ("memory_max_bytes", _bytes),
    "--env-file": ("env_file", _text),
    "--require-env": ("require_env", _variable),
    "--when": ("when", _text),
    "--tz": ("zone", _text),
    "--fail-if": ("fail_if", _text),
    "--require": ("require", _text),
}
