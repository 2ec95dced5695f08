"""A job's output: byte for byte to the wrapper's own streams, exactly counted, its head and tail kept as text."""

import os
import socket
import subprocess

import pytest

from hallofshame.journal import HEAD_BYTES, TAIL_BYTES
from hallofshame.model import RunState
from hallofshame.redaction import Redactor
from tests.wrapper.conftest import HOS_CRON, PROMPT_SECONDS, HosCron, as_flags, wait_until, without_coverage
from wrapper.output import KeptOutput

MIB = 1 << 20
NO_SECRETS = Redactor({})


def kept(*chunks: bytes) -> KeptOutput:
    output = KeptOutput()
    for chunk in chunks:
        output.take(chunk, is_stderr=False)
    return output


@pytest.mark.unit
@pytest.mark.parametrize(
    "size", [0, 1, HEAD_BYTES, HEAD_BYTES + 1, TAIL_BYTES, TAIL_BYTES + 1, 80 << 10, 81 << 10, MIB]
)
@pytest.mark.parametrize("piece", [1_000, 65_536, MIB])
def test_head_and_tail_are_the_first_and_last_bytes_however_they_came(size: int, piece: int) -> None:
    text = "".join(f"{number:07}\n" for number in range(size // 8 + 1))[:size]
    output = kept(*(text[start : start + piece].encode() for start in range(0, size, piece)))
    assert (output.byte_count, output.line_count) == (size, text.count("\n"))
    assert output.head(NO_SECRETS) == text[:HEAD_BYTES]
    assert text.endswith(output.tail(NO_SECRETS))
    whole = output.text(NO_SECRETS)
    if size <= HEAD_BYTES + TAIL_BYTES:
        assert whole == text
    else:
        cut = size - HEAD_BYTES - TAIL_BYTES
        assert whole == f"{text[:HEAD_BYTES]}\n[{cut} bytes cut]\n{text[-TAIL_BYTES:]}"


@pytest.mark.unit
def test_what_a_cut_goes_through_stays_a_character() -> None:
    output = kept("é".encode() * MIB)
    assert set(output.head(NO_SECRETS)) == {"é"} == set(output.tail(NO_SECRETS))
    odd = kept(b"x" + "é".encode() * MIB + b"y")
    assert set(odd.head(NO_SECRETS)) == {"x", "é"}
    assert set(odd.tail(NO_SECRETS)) == {"é", "y"}


@pytest.mark.unit
def test_bytes_that_are_no_text_are_shown_within_the_same_size() -> None:
    output = kept(b"\xff" * MIB)
    assert output.head(NO_SECRETS) == "\\xff" * (HEAD_BYTES // 4)
    assert output.tail(NO_SECRETS) == "\\xff" * (TAIL_BYTES // 4)


@pytest.mark.unit
def test_the_end_of_stderr_is_kept_by_itself() -> None:
    output = KeptOutput()
    output.take(b"before\n", is_stderr=True)
    output.take(b"x" * MIB, is_stderr=False)
    assert output.stderr_tail(NO_SECRETS) == "before\n"


@pytest.mark.integration
def test_every_byte_passes_and_is_counted(hos_cron: HosCron) -> None:
    everything = bytes(range(256)) + b"\x1b[31mred</pre><script>alert(1)</script>\r\n"
    (hos_cron.cwd / "bytes").write_bytes(everything)
    done = hos_cron("cat", "bytes")
    assert done.stdout == everything
    assert (done.run.output_bytes, done.run.output_lines) == (len(everything), everything.count(b"\n"))
    assert done.run.output_tail == everything.decode("utf-8", "backslashreplace")


@pytest.mark.integration
def test_stdout_and_stderr_stay_apart(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "echo one; echo two >&2; echo three")
    assert (done.stdout, done.stderr, done.record["stderr_tail"]) == (b"one\nthree\n", "two\n", "two\n")
    assert sorted(done.run.output_tail.split()) == ["one", "three", "two"]


@pytest.mark.integration
def test_where_both_go_the_same_way_their_order_stays(hos_cron: HosCron) -> None:
    script = "for n in 1 3 5 7; do echo $n; {0} $n; echo $((n + 1)) >&2; {0} $((n + 1)); done"
    until_passed_on = "until_passed_on() { until [ $(wc -l < out) = $1 ]; do sleep 0.001; done; }"
    job = f"{until_passed_on}; {script.format('until_passed_on')}"
    done = hos_cron.shell(f"exec $hos_cron job -- sh -c '{job}' >out 2>&1")
    assert (hos_cron.cwd / "out").read_text().split() == list("12345678") == done.run.output_tail.split()


@pytest.mark.integration
def test_output_passes_at_once(hos_cron: HosCron) -> None:
    running = hos_cron.start("sh", "-c", "printf 'no newline yet\n'; until [ -e seen ]; do sleep 0.01; done")
    assert running.read_line() == "no newline yet"
    (hos_cron.cwd / "seen").touch()
    running.finish()


@pytest.mark.integration
def test_with_quiet_a_good_run_says_nothing(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "echo out; echo err >&2", quiet=True)
    assert (done.stdout, done.stderr) == (b"", "")
    assert done.run.output_tail == "out\nerr\n"


@pytest.mark.integration
def test_with_quiet_a_bad_run_shows_its_head_and_tail(hos_cron: HosCron) -> None:
    done = hos_cron("sh", "-c", "echo first; head -c 200000 /dev/zero | tr '\\0' x; echo last; exit 3", quiet=True)
    assert done.exit_code == 3
    assert done.stdout.startswith(b"first\nxxx")
    assert done.stdout.endswith(b"xxxlast\n")
    assert b"\n[118091 bytes cut]\n" in done.stdout


@pytest.mark.integration
@pytest.mark.parametrize("where", ["/dev/full", "closed pipe"])
def test_a_full_or_closed_stdout_neither_stops_nor_kills_the_job(hos_cron: HosCron, where: str) -> None:
    script = "for i in 1 2 3; do head -c 100000 /dev/zero; done; echo end >&2"
    if where == "/dev/full":
        stdout = os.open(where, os.O_WRONLY)
    else:
        reading, stdout = os.pipe()
        os.close(reading)
    done = hos_cron("sh", "-c", script, stdout=stdout)
    os.close(stdout)
    assert (done.exit_code, done.run.state, done.run.output_bytes) == (0, RunState.SUCCEEDED, 300_004)
    assert done.run.reason == "300000 bytes of output could not be passed on"
    assert done.stderr.count("output is being lost on stdout") == 1


@pytest.mark.integration
def test_a_reader_that_blocks_loses_what_does_not_fit_and_the_job_goes_on(hos_cron: HosCron) -> None:
    reading, stdout = os.pipe()
    done = hos_cron("sh", "-c", f"head -c {4 * MIB} /dev/zero; echo last words", stdout=stdout)
    os.close(stdout)
    os.close(reading)
    assert (done.exit_code, done.run.output_bytes) == (0, 4 * MIB + 11)
    assert done.run.output_tail.endswith("last words\n")
    assert 1 < done.wall_seconds < PROMPT_SECONDS
    assert "output is being lost on stdout: its reader does not keep up" in done.stderr
    lost_bytes = int((done.run.reason or "").split()[0])
    assert 2 * MIB < lost_bytes < 4 * MIB


@pytest.mark.integration
def test_what_a_job_wrote_before_its_end_is_kept_though_nobody_reads_it(hos_cron: HosCron) -> None:
    reading, stdout = os.pipe()
    done = hos_cron("sh", "-c", "head -c 700000 /dev/zero; echo last words", stdout=stdout)
    os.close(stdout)
    os.close(reading)
    assert done.run.output_bytes == 700_011
    assert done.run.output_tail.endswith("last words\n")


@pytest.mark.integration
def test_a_blocked_stdout_and_stderr_do_not_hold_up_the_time_limit(hos_cron: HosCron) -> None:
    reading, writing = os.pipe()
    line = [
        str(HOS_CRON),
        "job",
        *as_flags({"timeout": 2, "kill_after": "0.5"}),
        "--",
        "sh",
        "-c",
        "trap '' TERM; yes; yes >&2",
    ]
    environment = without_coverage(hos_cron.environment)
    process = subprocess.Popen(line, env=environment, cwd=hos_cron.cwd, stdout=writing, stderr=writing)
    assert process.wait(2.5 + PROMPT_SECONDS) == 124
    os.close(reading)
    os.close(writing)


@pytest.mark.integration
def test_a_reader_that_pauses_misses_nothing(hos_cron: HosCron) -> None:
    script = "head -c 700000 /dev/urandom | tee copy; touch written; until [ -e reading ]; do sleep 0.01; done"
    running = hos_cron.start("sh", "-c", script)
    wait_until((hos_cron.cwd / "written").exists)
    assert running.process.stdout
    first = running.process.stdout.read(100_000)
    (hos_cron.cwd / "reading").touch()
    done = running.finish()
    assert first + done.stdout == (hos_cron.cwd / "copy").read_bytes()
    assert done.run.reason is None


@pytest.mark.integration
def test_a_socket_and_a_non_blocking_pipe_work_like_a_pipe(hos_cron: HosCron) -> None:
    near, far = socket.socketpair()
    near.setblocking(False)  # shared by whoever has the same end
    running = hos_cron.start("sh", "-c", f"head -c {3 * MIB} /dev/zero", stdout=near)
    near.close()
    received = 0
    while data := far.recv(MIB):
        received += len(data)
    far.close()
    assert received == 3 * MIB
    assert running.finish().run.reason is None


@pytest.mark.integration
def test_a_line_of_the_wrapper_is_one_line_whatever_is_in_it(hos_cron: HosCron) -> None:
    done = hos_cron("true", env_file="no such\nSubject: file")
    assert done.stderr.startswith("hos-cron: job: not run: --env-file no such Subject: file: ")
    assert done.stderr.count("\n") == 1
