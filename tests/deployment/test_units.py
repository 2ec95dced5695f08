"""The units as they are deployed, under a real systemd, with a real release."""

import json
import re
import subprocess
import threading
import time
from contextlib import ExitStack
from email.message import Message
from pathlib import Path

import pytest
import requests

from tests.deployment.conftest import HOS, PATIENCE_SECONDS, UNITS, Host
from tests.http_server import send, serve

pytestmark = [pytest.mark.integration, pytest.mark.deployment]

WEB = "hos-web.service"
AGAIN = "hos-again@hos-web.timer"
MOST_EXPOSED = {"hos-web.service": 1.5, "hos-credentials.service": 1.5}
MOST_EXPOSED_OF_OTHERS = 4.5
RESTARTS, CLIENTS = 3, 4
NO_DATABASE = "mysql+pymysql://root@localhost/away?unix_socket=/run/away.sock"
SSM_PREFIX = "/themeparkhallofshame/prod/"
AWS = "AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_DEFAULT_REGION=us-west-2"

# Run inside the unit: each name with what became of the attempt.
PROBE = r"""
import ctypes, json, mmap, os, socket

def tried(attempt):
    try:
        return str(attempt() or "done")
    except Exception as error:
        return type(error).__name__

libc = ctypes.CDLL(None, use_errno=True)
print("PROBE " + json.dumps({
    "write to the release": tried(lambda: open("/srv/hallofshame/current/x", "w")),
    "write to /etc": tried(lambda: open("/etc/x", "w")),
    "write to /var/tmp": tried(lambda: open("/var/tmp/x", "w").write("x")),
    "home directories": tried(lambda: ",".join(os.listdir("/root"))),
    "the state directory": tried(lambda: ",".join(os.listdir("/var/lib/hallofshame"))),
    "processes of others": tried(lambda: open("/proc/1/status").read()),
    "facts of the host": tried(lambda: open("/proc/meminfo").read()),
    "become root": tried(lambda: os.setuid(0)),
    "give a file away": tried(lambda: os.chown("/tmp", 0, 0)),
    "a raw socket": tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
    "a namespace": libc.unshare(0x10000000),
    "memory to run": tried(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)),
    "settings": tried(lambda: "HOS_DATABASE_URL" in open("/etc/hallofshame/hallofshame.env").read()),
}))
"""


def main_pid(host: Host) -> str:
    return host.systemd.show(WEB, "MainPID")


@pytest.mark.parametrize("unit", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.name)
def test_no_unit_is_more_exposed_than_it_has_to_be(unit: Path) -> None:
    argv = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    [exposure] = re.findall(r"Overall exposure level for \S+: (\d+\.\d+)", told)
    assert float(exposure) <= MOST_EXPOSED.get(unit.name, MOST_EXPOSED_OF_OTHERS), told


def test_systemd_finds_nothing_to_say_of_any_unit(host: Host) -> None:
    host.systemd.run(HOS, "timers", "install")
    names = [path.name for path in host.systemd.root.glob("etc/systemd/system/hos-*") if path.is_file()]
    assert len(names) >= len(UNITS) + 6
    done = host.systemd.run("systemd-analyze", "verify", *(f"/etc/systemd/system/{name}" for name in sorted(names)))
    assert done.stdout + done.stderr == ""


def test_the_site_starts_when_it_is_asked_for(host: Host) -> None:
    host.systemd.run("systemctl", "start", "hos-web.socket")
    assert host.systemd.show(WEB, "ActiveState") == "inactive"
    page = host.get()
    assert (page.status_code, "Hall of Shame" in page.text) == (200, True), host.systemd.journal(WEB)
    assert host.systemd.show(WEB, "ActiveState") == "active"


def test_it_starts_again_when_its_main_process_is_killed(host: Host) -> None:
    host.systemd.run("systemctl", "start", WEB)
    before = main_pid(host)
    host.systemd.run("kill", "-KILL", before)
    assert host.get().status_code == 200  # the connection waits while it starts
    assert main_pid(host) not in {before, "0"}
    assert host.systemd.show(WEB, "NRestarts") == "1"


def test_no_connection_is_refused_while_it_restarts(host: Host) -> None:
    host.systemd.run("systemctl", "start", WEB)
    answered: list[int] = []
    failed: list[str] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            try:
                answered.append(host.get("/api/health/live").status_code)
            except requests.RequestException as error:
                failed.append(str(error))

    clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    served_by = {main_pid(host)}
    for _ in range(RESTARTS):
        wait_for_answers(answered, len(answered) + 2 * CLIENTS)
        host.systemd.run("systemctl", "restart", WEB)
        served_by.add(main_pid(host))
    wait_for_answers(answered, len(answered) + 2 * CLIENTS)
    is_over.set()
    for client in clients:
        client.join()
    assert len(served_by) == 1 + RESTARTS
    assert failed == []
    assert set(answered) == {200}


def wait_for_answers(answered: list[int], number: int) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while len(answered) < number:
        assert time.monotonic() < give_up_at, f"{len(answered)} answers"
        time.sleep(0.05)


def test_a_start_that_is_refused_is_said_mailed_and_said_to_be_over(host: Host) -> None:
    host.set(HOS_SITE_URL="queue-times")
    host.systemd.drop_in(WEB, "[Unit]\nStartLimitBurst=2\n[Service]\nRestartSec=100ms\n")
    started = host.systemd.run("systemctl", "start", WEB, is_checked=False)
    assert started.returncode != 0
    host.systemd.wait_until(WEB, "ActiveState", "failed")
    assert "HOS_SITE_URL" in host.systemd.journal(WEB)
    mail = host.mail(lambda subject: WEB in subject)
    text = _text(mail)
    assert "HOS_SITE_URL" in text, text
    host.systemd.wait_until("hos-failed@hos-web.socket.service", "ActiveState", "inactive")
    for step in (f"systemctl status {WEB}", f"journalctl -u {WEB}"):
        assert step in text, text
    host.set()
    host.systemd.run("systemctl", "reset-failed", WEB, "hos-web.socket", is_checked=False)
    host.systemd.run("systemctl", "start", WEB)
    assert host.get().status_code == 200
    host.mail(lambda subject: "OK again" in subject and WEB in subject)
    # The socket was given up as well, which follows from the service and is no news.
    assert "service-start-limit-hit" in host.systemd.journal("hos-web.socket")
    assert not [str(each["Subject"]) for each in host.mails if "hos-web.socket" in str(each["Subject"])]
    assert not list(host.systemd.root.glob("var/lib/hallofshame/failed-units/*"))


def be_given_up(host: Host) -> None:
    """Have the site fail its one start, with a setting that a test can mend; its database never answers."""
    host.systemd.drop_in(WEB, "[Unit]\nStartLimitIntervalSec=4\nStartLimitBurst=1\n[Service]\nRestartSec=100ms\n")
    host.set(HOS_DATABASE_URL=NO_DATABASE)
    host.systemd.run("systemctl", "start", "hos-web.socket")
    with pytest.raises(requests.ConnectionError):
        host.get()
    host.systemd.wait_until(WEB, "ActiveState", "failed")


def test_after_a_long_absence_of_the_database_it_comes_back_by_itself_and_is_told_of_once(host: Host) -> None:
    host.systemd.drop_in("hos-again@.timer", "[Timer]\nOnActiveSec=\nOnActiveSec=5\nAccuracySec=100ms\n")
    be_given_up(host)
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while host.systemd.journal(WEB).count("Start request repeated too quickly") < 2:
        assert time.monotonic() < give_up_at, host.systemd.journal(WEB)
        time.sleep(0.1)
    assert "database" in _text(host.mail(lambda subject: f"FAIL {WEB}" in subject))
    assert "service-start-limit-hit" in host.systemd.journal("hos-web.socket")
    host.set()
    host.systemd.wait_until(WEB, "ActiveState", "active")
    assert host.get().status_code == 200
    host.mail(lambda subject: f"OK again {WEB}" in subject)
    assert len(host.mails) == 2


def test_what_is_stopped_is_not_started_again(host: Host) -> None:
    be_given_up(host)
    host.systemd.wait_until(AGAIN, "ActiveState", "active")
    left = host.systemd.run("systemctl", "list-timers", "--all", "--no-legend", AGAIN).stdout
    assert re.search(r"\b[45]min( \d+s)? left", left), left
    host.systemd.run("systemctl", "stop", WEB)
    assert host.systemd.show(AGAIN, "ActiveState") == "inactive"


def test_secrets_that_aws_does_not_give_are_asked_for_again(host: Host) -> None:
    host.systemd.run("systemctl", "start", "hos-credentials.service", is_checked=False)
    host.systemd.wait_until("hos-again@hos-credentials.timer", "ActiveState", "active")


def test_the_watcher_looks_by_its_timer(host: Host) -> None:
    host.systemd.drop_in("hos-watch.timer", "[Timer]\nOnCalendar=\nOnCalendar=*:*:*\n")
    host.systemd.run("systemctl", "start", "hos-watch.timer")
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while "runs entered" not in (said := host.systemd.journal("hos-watch.service")):
        assert time.monotonic() < give_up_at, said
        time.sleep(0.1)
    assert (host.systemd.root / "var/lib/hallofshame/watch.json").exists()


def test_a_tick_that_failed_is_mailed_and_so_is_the_first_that_did_not(host: Host) -> None:
    host.set(HOS_JOBS_FILE="/nowhere/jobs.toml")
    for _ in range(2):
        host.systemd.run("systemctl", "start", "hos-watch.service", is_checked=False)
    assert "jobs.toml: cannot be read" in _text(host.mail(lambda subject: "FAIL hos-watch.service" in subject))
    host.set()
    host.systemd.run("systemctl", "start", "hos-watch.service")
    host.mail(lambda subject: "OK again hos-watch.service" in subject)
    assert len(host.mails) == 2


def test_secrets_of_the_parameter_store_come_to_memory_and_outlast_it(host: Host) -> None:
    parameters = {"Parameters": [{"Name": f"{SSM_PREFIX}HOS_SIGNING_KEY", "Value": "se" * 32}]}
    file = "/run/hallofshame/credentials/HOS_SIGNING_KEY"
    host.set(HOS_SSM_PREFIX=SSM_PREFIX, HOS_SIGNING_KEY_FILE=file)
    with ExitStack() as stack:
        stack.enter_context(host.systemd.network())
        url = stack.enter_context(serve(lambda handler: send(handler, json.dumps(parameters).encode())))
        host.systemd.drop_in("hos-credentials.service", f"[Service]\nEnvironment={AWS} AWS_ENDPOINT_URL_SSM={url}\n")
        host.systemd.run("systemctl", "start", "hos-credentials.service")
    host.systemd.run("systemctl", "start", "hos-credentials.service")  # AWS is away by now
    assert "kept as they were: HOS_SIGNING_KEY" in host.systemd.journal("hos-credentials.service")
    told = host.systemd.run("stat", "--format=%U %G %a", "/run/hallofshame/credentials", file).stdout
    assert told == "hallofshame hallofshame 750\nhallofshame hallofshame 440\n"
    host.systemd.run("systemctl", "start", WEB)
    assert host.get().status_code == 200


def test_the_site_can_do_nothing_but_answer(host: Host) -> None:
    (host.systemd.root / "etc/probe.py").write_text(PROBE, encoding="utf8")
    host.systemd.drop_in(WEB, "[Service]\nExecStartPost=/usr/bin/python3 /etc/probe.py\n")
    host.systemd.run("systemctl", "start", WEB)
    [said] = re.findall(r"^PROBE (.*)$", host.systemd.journal(WEB), re.MULTILINE)
    assert json.loads(said) == {
        "write to the release": "OSError",
        "write to /etc": "OSError",
        "write to /var/tmp": "1",
        "home directories": "PermissionError",
        "the state directory": "PermissionError",
        "processes of others": "FileNotFoundError",
        "facts of the host": "FileNotFoundError",
        "become root": "PermissionError",
        "give a file away": "PermissionError",
        "a raw socket": "OSError",
        "a namespace": -1,
        "memory to run": "PermissionError",
        "settings": "True",
    }
    status = (host.systemd.pids(main_pid(host)) / "status").read_text()
    told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert {told[name].strip() for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (told["NoNewPrivs"], told["Seccomp"]) == ("1", "2")
    assert "0" not in told["Uid"].split()


def _text(mail: Message) -> str:
    [part] = [each for each in mail.walk() if each.get_content_type() == "text/plain" and not each.get_filename()]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()
