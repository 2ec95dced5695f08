"""`deployment/deploy` on a host with a real systemd: what fails is really made to fail, and the site goes on."""

import json
import re
import shlex
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from hallofshame.store.schema import REVISION
from tests.deployment import releases_in_git
from tests.deployment.conftest import HOS, SITE, Host
from tests.deployment.releases_in_git import DEPLOY, Built
from tests.release_host import PREFIX, ReleaseHost
from tests.release_host import release_host as full_release_host

__all__ = ["full_release_host"]

pytestmark = [pytest.mark.integration, pytest.mark.deployment]

WEB = "hos-web.service"
REFUSED, ROLLED_BACK = 1, 3
PATIENCE_SECONDS = 60
RELEASES = f"{PREFIX}/releases"

# A client asks every few milliseconds: one that never pauses leaves a small machine no time to deploy.
PAUSES = 'function delay() return 5 end\nwrk.headers["Connection"] = "%s"\n'

# On a terminal, which is gone as soon as it has begun to switch.
HANGS_UP = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
said = b""
while b"switching from" not in said:
    said += os.read(terminal, 4096)
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.fixture(scope="session")
def built(full_release_host: ReleaseHost, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return releases_in_git.build(full_release_host, tmp_path_factory.mktemp("deployed") / "prefix")


@pytest.fixture
def release_host(built: Built, tmp_path: Path) -> ReleaseHost:
    """In the place of the one that the host of other tests has: a copy of the two releases, to change."""
    copy = ReleaseHost(built.folder, built.first).copy(tmp_path / "prefix")
    for name in ("deploys.jsonl", "deploy.lock"):  # which are written to
        (copy.folder / name).unlink()
        shutil.copy(built.folder / name, copy.folder / name)
    return copy


@pytest.fixture
def serving(host: Host) -> Host:
    """The first release serves."""
    host.set(HOS_REQUESTS_PER_MINUTE="0", HOS_REQUESTS_PER_DAY="0")
    host.systemd.run("systemctl", "start", WEB)
    assert host.get("/api/version").status_code == 200
    return host


def deploy(host: Host, *argv: str, code: int = 0) -> str:
    """Run it as root does there; returns what it said on either stream."""
    done = host.systemd.run(DEPLOY, *argv, is_checked=False, timeout=180)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def change_to(host: Host, reference: str = "HEAD", *flags: str, code: int = 0) -> str:
    return deploy(host, "deploy", reference, *releases_in_git.flags(), "--url", SITE, *flags, code=code)


def serves(host: Host) -> str:
    return str(host.get("/api/version").json()["release"])


def record(folder: Path) -> list[tuple[str, str]]:
    lines = (folder / "deploys.jsonl").read_text(encoding="utf8").splitlines()
    return [(told["event"], told["release"]) for told in map(json.loads, lines)]


def alter(release_host: ReleaseHost, release: str, module: str, old: str, new: str) -> None:
    """Change a file of a release that is built, so that it is as long as it was installed."""
    [file] = (release_host.folder / "releases" / release).glob(f".venv/lib/python3.*/site-packages/{module}")
    text = file.read_text(encoding="utf8")
    assert old in text
    changed = text.replace(old, new, 1)
    excess = len(changed.encode()) - len(text.encode())
    if excess > 0:  # taken from the docstring that a module begins with
        changed = changed[:3] + changed[3 + excess :]
    changed = changed.rstrip("\n") + " " * max(-excess, 0) + "\n"
    file.unlink()  # it is shared with the other copies
    file.write_text(changed, encoding="utf8")


@contextmanager
def asked_all_the_time(host: Host) -> Iterator[list[str]]:
    """Who asks meanwhile is told by the first release, or waits; whatever else is said comes into the list."""
    wrong: list[str] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            try:
                answer = host.get("/api/health/live")
                if answer.status_code != 200:
                    wrong.append(answer.text)
            except requests.RequestException as error:
                wrong.append(str(error))
            time.sleep(0.05)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield wrong
    finally:
        is_over.set()
        asking.join()


def window(host: Host) -> str | None:
    """When the maintenance window ends that is open."""
    state = host.systemd.root / "var/lib/hallofshame/incidents.json"
    until: str | None = json.loads(state.read_text(encoding="utf8"))["alerts"]["maintenance_until"]
    return until


def wait_until(is_so: Callable[[], object], what: str) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at, f"not in time: {what}"
        time.sleep(0.1)


def test_the_first_deploys_to_an_empty_prefix(built: Built) -> None:
    for name, said in zip((built.first, built.second), built.said, strict=True):
        assert re.search(f"^{name} serves$", said, re.MULTILINE)
        assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{7}", name)
        folder = built.folder / "releases" / name
        told = json.loads((folder / "RELEASE").read_text(encoding="utf8"))
        assert (told["name"], told["commit"][:7]) == (name, name[-7:])
        assert not list(folder.glob("*.egg-info"))
        assert not (folder / "build").exists()
        interpreter = (folder / ".venv" / "bin" / "hos").read_text(encoding="utf8").partition("\n")[0]
        assert interpreter == f"#!{RELEASES}/{name}/.venv/bin/python3"
        assert (folder / ".venv" / "bin" / "python3").resolve() == Path("/usr/bin/python3").resolve()


def test_under_load_a_deploy_and_a_roll_back_lose_no_request(serving: Host, built: Built) -> None:
    """Some clients keep their connection, others come with a new one for each request."""
    loads = {"keep-alive": "load-kept", "close": "load-anew"}
    for connection, unit in loads.items():
        script = f"{PREFIX}/{unit}.lua"
        (serving.systemd.root / script[1:]).write_text(PAUSES % connection, encoding="utf8")
        wrk = ["wrk", "-t1", "-c4", "-d300", "--timeout", "60", "--latency", "-s", script]
        serving.systemd.run("systemd-run", f"--unit={unit}", *wrk, f"{SITE}/api/v1/parks")
    began = time.monotonic()
    said = change_to(serving)
    took = time.monotonic() - began
    assert "fail" not in said
    assert serves(serving) == built.second
    assert deploy(serving, "rollback", "--url", SITE).endswith(f"{built.first} serves\n")
    assert serves(serving) == built.first
    print(f"deploy under load: {took:.1f} s\n{said}")  # noqa: T201 - the figures, with -s
    for unit in loads.values():
        serving.systemd.run("systemctl", "kill", "--kill-who=main", "--signal=INT", unit)
        serving.systemd.wait_until(unit, "ActiveState", "inactive", "failed")
        told = serving.systemd.journal(unit)
        print(told)  # noqa: T201 - as above
        [requested] = re.findall(r"(\d+) requests in", told)
        assert int(requested) > 100, told
        assert "Non-2xx" not in told
        assert "Socket errors" not in told


def test_a_release_that_validation_refuses_is_never_switched_to(
    serving: Host, built: Built, release_host: ReleaseHost
) -> None:
    alter(release_host, built.second, "hallofshame/webapp/live.py", "\nfrom ", "\nraise RuntimeError('broken')\nfrom ")
    before = serving.systemd.show(WEB, "MainPID")
    with asked_all_the_time(serving) as wrong:
        said = change_to(serving, code=REFUSED)
    assert "hallofshame.webapp.app cannot be loaded: RuntimeError: broken" in said
    assert (serves(serving), serving.systemd.show(WEB, "MainPID"), wrong) == (built.first, before, [])
    assert record(release_host.folder)[-1] == ("refused", built.second)


def test_a_release_that_does_not_start_is_rolled_back(serving: Host, built: Built, release_host: ReleaseHost) -> None:
    check = f"/bin/sh -c 'echo fails; readlink {PREFIX}/current | grep -qv {built.second}'"
    serving.systemd.drop_in(WEB, f"[Service]\nExecStartPre={check}\n")
    with asked_all_the_time(serving) as wrong:
        said = change_to(serving, code=ROLLED_BACK)
    assert f"{built.second} was rolled back; {built.first} serves: {WEB} did not start: fails" in said
    assert (serves(serving), wrong) == (built.first, [])
    assert [event for event, _ in record(release_host.folder)[-2:]] == ["switching", "rolled back"]


def test_a_release_that_fails_its_smoke_test_is_rolled_back(
    serving: Host, built: Built, release_host: ReleaseHost
) -> None:
    alter(release_host, built.second, "hallofshame/webapp/version.py", "release=world().release", "release='another'")
    with asked_all_the_time(serving) as wrong:
        said = change_to(serving, code=ROLLED_BACK)
    assert f"fail  smoke version    another answers, not {built.second}" in said
    assert (serves(serving), wrong) == (built.first, [])
    # What was built stays, and is said not to be proven.
    assert re.search(rf"^{built.first} .* current, proven", deploy(serving, "list"), re.MULTILINE)
    assert re.search(rf"^{built.second} \S*Z$", " ".join(deploy(serving, "list").splitlines()[-1].split()))


def test_a_site_without_the_headers_of_apache_is_rolled_back(serving: Host, built: Built) -> None:
    other_url = SITE.replace("127.0.0.1", "localhost")
    said = deploy(serving, "deploy", *releases_in_git.flags(), "--url", other_url, code=ROLLED_BACK)
    assert "ok    smoke behind     5 answers as the API's document has them" in said
    assert "fail  smoke headers    the page comes without Content-Security-Policy, " in said
    assert f"is {other_url} served by deployment/apache?" in said
    assert serves(serving) == built.first


def hang_in_smoke(release_host: ReleaseHost, built: Built) -> None:
    module, begins = "hallofshame/deployment/releasing/smoke.py", "    has_failed = False\n"
    alter(release_host, built.second, module, begins, f"    SystemClock().sleep(300)\n{begins}")


def test_a_smoke_test_that_hangs_is_ended_and_rolled_back(
    serving: Host, built: Built, release_host: ReleaseHost
) -> None:
    hang_in_smoke(release_host, built)
    with asked_all_the_time(serving) as wrong:
        said = change_to(serving, "HEAD", "--smoke-seconds", "2", code=ROLLED_BACK)
    assert "did not end within its time" in said
    assert (serves(serving), wrong) == (built.first, [])


def test_a_disk_that_fills_while_it_builds_leaves_nothing_behind(
    serving: Host, built: Built, release_host: ReleaseHost
) -> None:
    """The disk of the releases is one with room for the first, and a little."""
    script = f"""
    set -e
    size=$(du -sm {RELEASES}/{built.first} | cut -f1)
    mount -t tmpfs -o size=$((size + 8))m tmpfs /mnt
    cp -a {RELEASES}/{built.first} /mnt/
    mount --bind /mnt {RELEASES}
    """
    serving.systemd.run("sh", "-c", script)
    with asked_all_the_time(serving) as wrong:
        said = change_to(serving, code=REFUSED)
    assert "No space left on device" in said
    assert serving.systemd.run("ls", RELEASES).stdout.split() == [built.first]
    assert (serves(serving), wrong) == (built.first, [])
    assert f"current    {built.first}" in deploy(serving, "status")


def test_a_second_deploy_is_refused_and_a_killed_one_is_told_and_mended(
    serving: Host, built: Built, release_host: ReleaseHost
) -> None:
    hang_in_smoke(release_host, built)
    line = [DEPLOY, "deploy", *releases_in_git.flags(), "--url", SITE, "--smoke-seconds", "100"]
    serving.systemd.run("systemd-run", "--unit=deploying", "--property=KillMode=process", *line)
    wait_until(lambda: ("switching", built.second) in record(release_host.folder), "the switch")
    wait_until(lambda: serves(serving) == built.second, "the new release")

    assert window(serving)

    refused = change_to(serving, code=REFUSED)
    assert re.search(r"a deploy of HEAD goes on: process \d+ of root since \S+: wait for it; nothing was", refused)
    assert "lock       a deploy of HEAD goes on" in deploy(serving, "status")

    serving.systemd.run("systemctl", "kill", "--kill-who=main", "--signal=KILL", "deploying")
    serving.systemd.wait_until("deploying", "ActiveState", "failed")
    told = deploy(serving, "status", code=1)
    assert f"current    {built.second}" in told
    assert "lock       free" in told
    assert f"broken off the change to {built.second}" in told
    assert f"deploy rollback goes to {built.first}" in told
    with asked_all_the_time(serving) as wrong:
        deploy(serving, "rollback", "--url", SITE)
    assert (serves(serving), wrong) == (built.first, [])
    assert "broken off" not in deploy(serving, "status")


def test_a_window_of_an_operators_own_stays_as_it_is_and_one_of_the_deploys_ends_with_it(serving: Host) -> None:
    serving.hos("mute", "--all", "2h")
    operators = window(serving)
    said = change_to(serving)
    assert "a maintenance window is open until" in said
    assert window(serving) == operators
    serving.hos("resume")
    assert "maintenance" not in deploy(serving, "rollback", "--url", SITE)
    assert window(serving) is None


def test_a_connection_that_drops_ends_nothing(serving: Host, built: Built, release_host: ReleaseHost) -> None:
    line = [DEPLOY, "deploy", *releases_in_git.flags(), "--url", SITE]
    done = serving.systemd.run("/usr/bin/python3", "-c", HANGS_UP, *line, is_checked=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert serves(serving) == built.second
    assert record(release_host.folder)[-1] == ("kept", built.second)


def test_ctrl_c_after_the_switch_takes_it_back(serving: Host, built: Built, release_host: ReleaseHost) -> None:
    hang_in_smoke(release_host, built)
    line = [DEPLOY, "deploy", *releases_in_git.flags(), "--url", SITE, "--smoke-seconds", "100"]
    serving.systemd.run("systemd-run", "--unit=deploying", *line)
    wait_until(lambda: ("switching", built.second) in record(release_host.folder), "the switch")
    wait_until(lambda: serves(serving) == built.second, "the new release")
    serving.systemd.run("systemctl", "kill", "--kill-who=main", "--signal=INT", "deploying")
    serving.systemd.wait_until("deploying", "ActiveState", "inactive", "failed")
    told = serving.systemd.journal("deploying")
    assert f"{built.second} was rolled back; {built.first} serves: stopped by SIGINT" in told
    assert serves(serving) == built.first


def test_a_roll_back_brings_back_dependencies(serving: Host, built: Built) -> None:
    asked = f"from importlib.metadata import version; print(version('{releases_in_git.DEPENDENCY}'))"
    found = []
    for act in (lambda: None, lambda: change_to(serving), lambda: deploy(serving, "rollback", "--url", SITE)):
        act()
        found.append(serving.systemd.run(f"{PREFIX}/current/.venv/bin/python", "-c", asked).stdout.strip())
    assert found == ["1.0", "2.0", "1.0"]
    # The one before the first is not known: who says it once more by mistake changes nothing.
    said = deploy(serving, "rollback", "--url", SITE, code=REFUSED)
    assert f"no release before this one is known; name one of: {built.first}, {built.second}" in said


def test_schema_and_crontab_follow_the_release(serving: Host) -> None:
    secrets = serving.systemd.root / "etc/hallofshame/secrets"
    secrets.mkdir(mode=0o750)
    secret = secrets / "HOS_DATABASE_URL_MIGRATE"
    secret.touch(mode=0o400)
    secret.write_text(serving.settings["HOS_DATABASE_URL"], encoding="utf8")
    crontab = serving.systemd.root / "etc/cron.d/hallofshame"
    crontab.touch()
    assert f"the schema is at {REVISION}" in change_to(serving)
    assert f"\nPATH={PREFIX}/current/.venv/bin:" in crontab.read_text(encoding="utf8")
    serving.systemd.run(HOS, "crontab", "check", "--file", "/etc/cron.d/hallofshame", "--user", "hallofshame")


def test_a_running_job_keeps_its_release(serving: Host, built: Built, release_host: ReleaseHost) -> None:
    go_on = serving.systemd.root / "tmp/go-on"
    late = "import hallofshame.jobs.aggregate_daily as job; print('loaded from', job.__file__)"
    python = f"{RELEASES}/{built.first}/.venv/bin/python"
    job = f"until [ -e /tmp/go-on ]; do sleep 0.1; done; exec {python} -c {shlex.quote(late)}"
    wrapper = f"{PREFIX}/current/.venv/bin/hos-cron"
    line = ["runuser", "-u", "hallofshame", "--", wrapper, "long", "--timeout", "5m", "--", "sh", "-c", job]
    serving.systemd.run("systemd-run", "--unit=long", f"--working-directory={PREFIX}", *line)
    change_to(serving)
    for number in range(3):  # three that are newer
        folder = release_host.folder / "releases" / f"2099010{number + 1}T000000Z-abcdef{number}"
        folder.mkdir()
        (folder / "RELEASE").write_text('{"commit": "abcdef", "built_at": "2099"}', encoding="utf8")
    (release_host.folder / "deploys.jsonl").unlink()  # it is not the one before, either
    assert re.search(rf"^{built.first} .* in use", deploy(serving, "list"), re.MULTILINE)
    assert deploy(serving, "prune") == "nothing to remove\n"
    go_on.touch()
    serving.systemd.wait_until("long", "ActiveState", "inactive", "failed")
    assert f"loaded from {RELEASES}/{built.first}/" in serving.systemd.journal("long")
    [run] = json.loads(serving.hos("runs", "long", "--json"))
    assert (run["state"], run["release"]) == ("succeeded", built.first)
    assert deploy(serving, "prune") == f"removed {built.first}\n"


def test_what_a_killed_build_left_is_told_and_removed(serving: Host, release_host: ReleaseHost) -> None:
    name = "20260101T000000Z-abcdef0"
    (release_host.folder / "releases" / name).mkdir()
    assert f"unfinished {name}" in deploy(serving, "status")
    assert f"removed {name}, which was not built to its end" in deploy(serving, "prune")


def test_what_serves_is_smoked_and_stays_as_it_is(serving: Host, release_host: ReleaseHost, built: Built) -> None:
    before = record(release_host.folder)
    assert f"ok    smoke version    {built.first} answers" in deploy(serving, "smoke", "--url", SITE)
    nobody = ("--url", "http://127.0.0.1:1", "--smoke-seconds", "2")
    assert "did not end within its time" in deploy(serving, "smoke", *nobody, code=REFUSED)
    assert (serves(serving), record(release_host.folder)) == (built.first, before)


def test_a_commit_that_is_none_is_said_so(serving: Host, built: Built) -> None:
    assert "no-such-branch is no commit of" in change_to(serving, "no-such-branch", code=REFUSED)
    assert "no release is called 1234567" in deploy(serving, "rollback", "1234567", code=REFUSED)
    assert f"{built.first} serves already" in change_to(serving, built.first[-7:])
