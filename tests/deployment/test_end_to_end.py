"""From an empty prefix to a page served through Apache, on the real parts, by the handbook; and no secret gets out.

One host for all of it, made in `running_host`: systemd, MariaDB, Apache, Gunicorn, Debian's cron, the deployed units.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from deployment.releasing import host as deploying
from tests.deployment import kept_secrets, releases_in_git, running_host
from tests.deployment.running_host import HTTP_PORT, OPEN_ALL_YEAR, SECRETS, WORLD, RunningHost, wait_until
from tests.release_host import PREFIX

pytestmark = [pytest.mark.integration, pytest.mark.deployment]

PARKS = {park.listing.name for park in WORLD.parks.values()}
JOBS = ("collect", "aggregate-hourly", "aggregate-daily")
SECRET_NAMES = {
    *("HOS_DATABASE_URL", "HOS_DATABASE_URL_MIGRATE", "HOS_DATABASE_URL_WEB", "HOS_HEARTBEAT_URL", "HOS_SIGNING_KEY"),
    *("HOS_SMTP_URL", "SENDGRID_API_KEY"),
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """It serves, and its first poll has come."""
    with running_host.running(tmp_path_factory.mktemp("end-to-end")) as made:
        wait_until(lambda: made.runs("collect"), lambda: made.hos("runs"))
        yield made


@pytest.fixture(scope="module")
def second_deploy(host: RunningHost) -> str:
    """What is said of another commit, whose style sheet is another, on a host that has polls and days."""
    today = datetime.now(UTC).date()
    host.import_history(today - timedelta(days=2), today - timedelta(days=2))
    style = host.folder / "source/webapp/static/site.css"
    style.write_text(f"{style.read_text(encoding='utf8')}/* second */\n", encoding="utf8")
    releases_in_git.commit(host.folder, "second")
    return host.deploy()


@pytest.fixture(scope="module")
def subjects(host: RunningHost) -> list[str]:
    """Those of the mails about a job that failed twice, because Queue-Times did, and then succeeded."""
    before = len(host.neighbours.mails)
    host.set(HOS_QUEUE_TIMES_URL=f"{host.neighbours.queue_times}/quirk/error500")
    wait_until(lambda: [run["state"] for run in host.runs("collect")].count("failed") >= 2, lambda: host.hos("runs"))
    wait_until(lambda: host.mails("[hos] FAIL collect"), lambda: host.hos("outbox"))
    host.set(HOS_QUEUE_TIMES_URL=host.neighbours.queue_times)
    wait_until(lambda: host.mails("[hos] OK again collect"), lambda: host.hos("outbox"))
    found = [str(mail["Subject"]) for mail in host.neighbours.mails[before:]]
    return [subject for subject in found if "collect" in subject]


def test_a_page_comes_through_apache_and_says_whose_data_it_shows(host: RunningHost) -> None:
    page = host.ask("/").text
    assert '<a class="source" href="https://queue-times.com">Powered by Queue-Times.com</a>' in page
    [open_parks] = re.findall(r"(\d+) (?:parks? open|open parks?)", page)
    assert int(open_parks) > 0
    listed = host.ask("/api/v1/parks").json()
    assert {park["name"] for park in listed["data"]} == PARKS
    live = host.ask("/api/v1/live").json()
    assert live["attribution"] == {"text": "Powered by Queue-Times.com", "url": "https://queue-times.com"}
    assert live["data"]
    assert {park["name"] for park in live["data"]} <= PARKS
    assert host.ask("/", f"http://localhost:{HTTP_PORT}").status_code == 301


def test_a_second_release_is_smoked_through_apache_on_data_and_served(host: RunningHost, second_deploy: str) -> None:
    name = second_deploy.split()[-2]
    assert second_deploy.endswith(f"{name} serves\n")
    told = dict(re.findall(r"^ok    smoke (\S+) +(.*)$", second_deploy, re.MULTILINE))
    for where in ("answers", "behind"):  # through Apache, and past it
        [rows] = re.findall(r"\(([\d, ]+) rows\)", told[where])
        listed, *others = map(int, rows.split(", "))
        assert listed == len(PARKS)
        assert all(others)
    assert "Strict-Transport-Security" in told["headers"]
    assert "SendGrid accepted it" in told["alert"]
    assert host.ask("/api/version").json()["release"] == name
    parks = host.ask("/api/v1/parks", deploying.SITE).json()["data"]  # Apache may give what it has kept
    assert {park["park_id"] for park in parks if park["coverage_30_days"]} >= set(OPEN_ALL_YEAR)
    style = told["static"].split()[0]
    assert host.ask(style).text.endswith("/* second */\n")


def test_what_runs_there_runs_on_the_python_of_the_distribution(host: RunningHost) -> None:
    own = host.systemd.run("readlink", "--canonicalize", "/usr/bin/python3").stdout
    environment = f"{PREFIX}/current/.venv/bin/python3"
    assert host.systemd.run("readlink", "--canonicalize", environment).stdout == own
    site = f"/proc/{host.systemd.show('hos-web.service', 'MainPID')}/exe"
    assert host.systemd.run("readlink", "--canonicalize", site).stdout == own


def test_cron_fires_every_job_of_the_installed_crontab(host: RunningHost) -> None:
    for job in JOBS:
        wait_until(lambda job=job: host.runs(job), lambda: host.hos("runs"))  # type: ignore[misc]
        run = host.runs(job)[-1]
        assert (run["state"], run["argv"]) == ("succeeded", [f"hos-{job}"])
        assert (host.systemd.root / f"srv/hallofshame/releases/{run['release']}").is_dir()
    wait_until(lambda: host.neighbours.beats, lambda: host.systemd.journal("hos-watch.service"))


def test_an_operators_first_look_finds_nothing_wrong(host: RunningHost) -> None:
    assert "ok    smoke headers    Content-Security-Policy" in host.traced(running_host.DEPLOY, "smoke")
    assert "fail" not in host.operate(running_host.HOS, "doctor")
    host.operate(running_host.HOS, "alert-test")
    wait_until(lambda: host.mails("[hos] TEST"), lambda: [str(mail["Subject"]) for mail in host.neighbours.mails])


def test_a_job_that_fails_and_fails_is_one_mail_and_its_end_another(subjects: list[str]) -> None:
    assert [re.sub(r" \S+$", "", subject) for subject in subjects] == [
        "[hos] FAIL collect (exit 1)",
        "[hos] OK again collect",
    ]


@pytest.fixture(scope="module")
def used(host: RunningHost) -> RunningHost:
    """The host after whatever else is done there by hand or at night, and a failure, of which it tells."""
    host.operate(f"{PREFIX}/current/deployment/backup")
    for command in ("watch", "status", "validate", "outbox"):
        host.operate(running_host.HOS, command)
    failing = f"{PREFIX}/current/.venv/bin/hos-cron aggregate-daily --overlap wait:60 -- false"
    host.operate("sh", "-c", f"! {failing}")
    wait_until(lambda: host.mails("[hos] FAIL aggregate-daily"), lambda: host.hos("outbox"))
    return host


def test_there_are_secrets_and_nobody_else_may_read_them(used: RunningHost) -> None:
    secrets = kept_secrets.of(used)
    assert set(secrets) == SECRET_NAMES
    assert min(len(secret) for secret in secrets.values()) >= 32
    found = used.systemd.run("find", SECRETS, "-perm", "/o=rwx").stdout
    assert found == ""


def test_no_secret_is_on_a_command_line_or_in_an_environment(used: RunningHost) -> None:
    secrets = kept_secrets.of(used).values()
    started = list(kept_secrets.started(used))
    for program in ("openssl", "mariadb", "mariadb-dump", "pip", "hos-collect", "gunicorn", "apache2", "mariadbd"):
        assert [line for line in started if re.search(rf"\b{program}\b", line)], program
    assert [line for line in started if any(secret in line for secret in secrets)] == []


def test_no_file_holds_a_secret_but_its_own(used: RunningHost) -> None:
    """Whoever may read it: so none that everybody may."""
    secrets = kept_secrets.of(used)
    assert kept_secrets.files_with(used, list(secrets.values())) == {f"{SECRETS}/{name}" for name in secrets}


def test_no_secret_is_in_what_the_host_says(used: RunningHost) -> None:
    secrets = kept_secrets.of(used).values()
    told = kept_secrets.told(used)
    for where, expected in {
        "journal": "hos-cron collect -- hos-collect",
        "database": "hos-collect",
        "mails": "FAIL aggregate-daily",
        "answers": "Powered by Queue-Times.com",
    }.items():
        assert expected in told[where]
        assert [line for line in told[where].splitlines() if any(secret in line for secret in secrets)] == [], where
