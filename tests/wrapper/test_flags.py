"""The command line: what each flag means, and that a bad one is refused in one clear line before anything happens."""

import pytest

from tests.wrapper.conftest import HosCron
from wrapper.flags import FlagError, read_flags

pytestmark = pytest.mark.unit


def test_a_line_without_flags_has_the_defaults() -> None:
    flags = read_flags(["collect", "--", "hos-collect", "--at", "now"])
    assert (flags.job, flags.command) == ("collect", ["hos-collect", "--at", "now"])
    assert (flags.timeout_seconds, flags.kill_after_seconds, flags.overlap_wait_seconds) == (300, 10, 0)
    assert not flags.sync


@pytest.mark.parametrize(
    ("flag", "text", "attribute", "value"),
    [
        ("--timeout", "300", "timeout_seconds", 300),
        ("--timeout", "90s", "timeout_seconds", 90),
        ("--timeout", "5m", "timeout_seconds", 300),
        ("--timeout", "1.5h", "timeout_seconds", 5_400),
        ("--timeout", "0.5", "timeout_seconds", 0.5),
        ("--kill-after", "3", "kill_after_seconds", 3),
        ("--overlap", "skip", "overlap_wait_seconds", 0),
        ("--overlap", "wait:2m", "overlap_wait_seconds", 120),
        ("--overlap", "allow", "overlap_wait_seconds", None),
        ("--retries", "3", "retries", 3),
        ("--retry-delay", "5s", "retry_delay_seconds", 5),
        ("--splay", "30", "splay_seconds", 30),
        ("--nice", "19", "nice", 19),
        ("--memory-max", "512M", "memory_max_bytes", 512 << 20),
        ("--memory-max", "2G", "memory_max_bytes", 2 << 30),
        ("--env-file", "a.env", "env_file", "a.env"),
        ("--require-env", "KEY", "require_env", ["KEY"]),
        ("--fail-if", "^ERROR", "fail_if", ["^ERROR"]),
        ("--require", "done$", "require", ["done$"]),
    ],
)
def test_a_flag_means(flag: str, text: str, attribute: str, value: object) -> None:
    assert getattr(read_flags(["job", flag, text, "--", "true"]), attribute) == value
    assert getattr(read_flags(["job", f"{flag}={text}", "--", "true"]), attribute) == value


def test_switches_take_no_value_and_lists_grow() -> None:
    flags = read_flags(["job", "--quiet", "--require", "a", "--sync", "--require", "b", "--", "true"])
    assert (flags.quiet, flags.sync, flags.require) == (True, True, ["a", "b"])


def test_what_follows_the_dashes_is_the_jobs_own() -> None:
    assert read_flags(["job", "--", "env", "--", "--timeout", "x"]).command == ["env", "--", "--timeout", "x"]


BAD = {
    "no command": ["job", "--timeout", "3"],
    "nothing after the dashes": ["job", "--"],
    "an empty command": ["job", "--", ""],
    "no job": ["--", "true"],
    "a flag for a job": ["--timeout", "3", "--", "true"],
    "an upper-case job": ["Job", "--", "true"],
    "a job with a newline": ["job\nX-Header: 1", "--", "true"],
    "a job with a slash": ["../job", "--", "true"],
    "an endless job": ["j" * 65, "--", "true"],
    "an unknown flag": ["job", "--timout", "3", "--", "true"],
    "a switch with a value": ["job", "--sync=1", "--", "true"],
    "a flag without its value": ["job", "--timeout", "--", "true"],
    "a schedule without its zone": ["job", "--when", "0 8 * * *", "--", "true"],
    "a zone without its schedule": ["job", "--tz", "UTC", "--", "true"],
} | {
    f"{flag} {text!r}": ["job", flag, text, "--", "true"]
    for flag, texts in {
        "--timeout": (
            "0",
            "0s",
            "-1",
            "-5m",
            "nonsense",
            "",
            "5d",
            "1e3",
            "nan",
            "inf",
            "1_0",
            "٣",
            "1.2.3",
            ".",
            "9999h",
        ),
        "--kill-after": ("0", "soon"),
        "--overlap": ("wait", "wait:", "wait:0", "queue"),
        "--retries": ("-1", "many", "1.5"),
        "--nice": ("-1", "20", "x"),
        "--memory-max": ("0", "512", "1M", "512MB", "x", "99999999999G"),
        "--require-env": ("", "A=B"),
    }.items()
    for text in texts
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD)
def test_a_bad_line_is_refused(line: list[str]) -> None:
    with pytest.raises(FlagError):
        read_flags(line)


@pytest.mark.integration
@pytest.mark.parametrize("timeout", ["0", "-1", "nonsense"])
def test_a_zero_negative_or_nonsense_timeout_is_125_and_one_line_and_nothing_runs(
    hos_cron: HosCron, timeout: str
) -> None:
    refused = hos_cron.call("job", "--timeout", timeout, "--", "touch", "ran")
    assert refused.returncode == 125
    assert refused.stderr.startswith(f"hos-cron: --timeout '{timeout}': expected a duration above zero")
    assert len(refused.stderr.splitlines()) == 1
    assert not (hos_cron.cwd / "ran").exists()
    assert not hos_cron.entries()


@pytest.mark.integration
def test_a_newline_in_a_jobs_name_does_not_reach_any_line_or_file(hos_cron: HosCron) -> None:
    refused = hos_cron.call("job\nSubject: hello", "--", "true")
    assert refused.returncode == 125
    assert len(refused.stderr.splitlines()) == 1
    assert not hos_cron.state.exists()
