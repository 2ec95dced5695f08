"""Settings: every source, every refusal."""

from pathlib import Path

import pytest

from hallofshame import host_file, settings
from hallofshame.errors import SettingsError
from hallofshame.settings import RunContext

pytestmark = pytest.mark.unit

NO_FILE = Path("no-such-env-file")


def load(**environ: str) -> settings.Settings:
    return settings.load(environ, NO_FILE)


def problems(**environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(**environ)
    return caught.value.problems


def test_without_any_setting_everything_lives_below_var() -> None:
    here = Path.cwd() / "var"
    assert load().state_dir == here
    assert load().database_url.get_secret_value() == f"sqlite:///{here}/hallofshame.sqlite3"


def test_the_embedded_database_follows_the_state_folder() -> None:
    assert load(HOS_STATE_DIR="/srv/hos").database_url.get_secret_value() == "sqlite:////srv/hos/hallofshame.sqlite3"


def test_an_empty_value_means_unset() -> None:
    assert load(HOS_QUEUE_TIMES_REQUESTS_PER_SECOND="", HOS_SMTP_URL="") == load()


def test_recipients_are_separated_by_commas() -> None:
    assert load(HOS_ALERT_TO="a@example.org, b@example.org,").alert_to == ("a@example.org", "b@example.org")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().site_url = "http://elsewhere"


def test_a_typo_names_the_nearest_setting() -> None:
    assert problems(HOS_DATABSE_URL="x") == ["HOS_DATABSE_URL is no setting: did you mean HOS_DATABASE_URL?"]


def test_what_the_wrapper_gives_its_job_is_known() -> None:
    load(**dict.fromkeys(settings.RUN_VARIABLES, "anything"))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("HOS_QUEUE_TIMES_REQUESTS_PER_SECOND", "-1", "a number, 0 or more"),
        ("HOS_QUEUE_TIMES_REQUESTS_PER_SECOND", "fast", "a number, 0 or more"),
        ("HOS_COLLECT_MIN_PARKS_PERCENT", "101", "a number from 0 to 100"),
        ("HOS_QUEUE_TIMES_URL", "queue-times.com", "a URL that starts with http:// or https://"),
        ("HOS_SMTP_URL", "mail.example.org", "smtp://host:port"),
        ("HOS_ALERT_FROM", "nobody", "one mail address"),
        ("HOS_ALERT_TO", "a@example.org b@example.org", "mail addresses, separated by commas"),
        ("HOS_DATABASE_URL", "postgresql://host/name", "mysql://user:password@host/name"),
    ],
)
def test_a_bad_value_says_what_is_expected(name: str, value: str, expected: str) -> None:
    [problem] = problems(**{name: value})
    assert problem.startswith(f"{name} is wrong (")
    assert f"expected {expected}" in problem or expected in problem


def test_every_problem_is_told_at_once_and_the_rest_is_kept() -> None:
    given = {"HOS_QUEUE_TIMES_URL": "ftp://x", "HOS_ALERT_FROM": "nobody", "HOS_SITE_URL": "https://example.org/"}
    loaded, found = settings.load_or_default(given, NO_FILE)
    assert len(found) == 2
    assert loaded.queue_times_url == "https://queue-times.com"
    assert loaded.site_url == "https://example.org"


def test_a_secret_is_never_shown() -> None:
    [problem] = problems(HOS_SMTP_URL="ftp://user:sesame@host")
    shown = repr(load(HOS_SMTP_URL="smtp://user:sesame@host", SENDGRID_API_KEY="SG.sesame"))
    assert "sesame" not in problem + shown


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("SG.sesame\n")
    key = load(SENDGRID_API_KEY_FILE=str(file), HOS_SMTP_URL_FILE="").sendgrid_api_key
    assert key is not None
    assert key.get_secret_value() == "SG.sesame"


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    [problem] = problems(HOS_DATABASE_URL_FILE=str(tmp_path / "missing"))
    assert problem.startswith("HOS_DATABASE_URL_FILE: cannot read")


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    found = problems(SENDGRID_API_KEY="a", SENDGRID_API_KEY_FILE=str(tmp_path))
    assert found == ["SENDGRID_API_KEY and SENDGRID_API_KEY_FILE are both set: keep one"]


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("HOS_SITE_URL=https://file.example.org\nHOS_ALERT_FROM=file@example.org\nHOS_JOBS_FIEL=x\n")
    loaded, found = settings.load_or_default({"HOS_SITE_URL": "https://env.example.org"}, file)
    assert (loaded.site_url, loaded.alert_from) == ("https://env.example.org", "file@example.org")
    assert found == [f"HOS_JOBS_FIEL in {file} is no setting: did you mean HOS_JOBS_FILE?"]


def host_file_of(folder: Path, *lines: str) -> dict[str, str]:
    file = folder / "hallofshame.env"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf8")
    return {host_file.VARIABLE: str(file)}


def test_the_hosts_file_comes_last(tmp_path: Path) -> None:
    lines = ("HOS_SITE_URL=https://host.example.org", "HOS_ALERT_FROM=host@example.org", "HOS_JOBS_FILE='/host $HOME'")
    given = host_file_of(tmp_path, *lines) | {"HOS_SITE_URL": "https://env.example.org"}
    (tmp_path / ".env").write_text("HOS_ALERT_FROM=file@example.org\n", encoding="utf8")
    loaded = settings.load(given, tmp_path / ".env")
    assert (loaded.site_url, loaded.alert_from) == ("https://env.example.org", "file@example.org")
    assert loaded.jobs_file == Path("/host $HOME")


def test_a_problem_says_in_which_file_it_stands(tmp_path: Path) -> None:
    given = host_file_of(tmp_path, "HOS_ALERT_FROM=nobody", "SENDGRID_API_KEY_FILE=/nonexistent/key")
    found = settings.load_or_default(given, NO_FILE)[1]
    where = given[host_file.VARIABLE]
    assert [problem.partition(where)[0] for problem in found] == ["SENDGRID_API_KEY_FILE in ", "HOS_ALERT_FROM in "]


def test_a_host_without_its_file_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_file, "PATH", str(tmp_path / "none" / "hallofshame.env"))
    assert settings.load_or_default({}, tmp_path) == settings.load_or_default({}, NO_FILE)


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = host_file_of(tmp_path, "HOS_ALERT_FROM=host@example.org")

    def refuse(path: Path, **_: str) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", refuse)  # root may read everything
    [of_host, of_here] = settings.load_or_default(given, tmp_path / ".env")[1]
    denied = f"cannot be read ([Errno 13] Permission denied: '{given[host_file.VARIABLE]}'): run this as a user who may"
    assert of_host.startswith(f"{given[host_file.VARIABLE]}: {denied}")
    assert of_here.startswith(f"{tmp_path}/.env: cannot be read")


def test_a_secret_goes_over_the_file_for_it_in_a_later_source(tmp_path: Path) -> None:
    of_host = host_file_of(tmp_path, "HOS_DATABASE_URL_FILE=/nonexistent", "SENDGRID_API_KEY=SG.host")
    (tmp_path / "key").write_text("SG.file", encoding="utf8")
    given = {"HOS_DATABASE_URL": "mysql://migrate@host/hos", "SENDGRID_API_KEY_FILE": str(tmp_path / "key")}
    loaded = settings.load(of_host | given, NO_FILE)
    assert loaded.database_url.get_secret_value() == "mysql://migrate@host/hos"
    assert loaded.sendgrid_api_key
    assert loaded.sendgrid_api_key.get_secret_value() == "SG.file"


def test_where_a_setting_stands_is_known(tmp_path: Path) -> None:
    given = host_file_of(tmp_path, "HOS_DATABASE_URL_FILE=/secrets/url") | {"HOS_SITE_URL": "https://example.org"}
    of_host = f"HOS_DATABASE_URL_FILE in {tmp_path}/hallofshame.env"
    assert settings.where_set("HOS_DATABASE_URL", given, NO_FILE) == of_host
    assert settings.where_set("HOS_SITE_URL", given, NO_FILE) == "HOS_SITE_URL in the environment"
    assert settings.where_set("HOS_SMTP_URL", given, NO_FILE) == "HOS_SMTP_URL, which is not set,"


def test_the_files_that_hold_secrets_are_known(tmp_path: Path) -> None:
    of_host = host_file_of(tmp_path, "SENDGRID_API_KEY=SG.host", "HOS_DATABASE_URL_FILE=/secrets/url")
    assert settings.files_with_secrets({"HOS_SMTP_URL": "smtp://localhost"}, NO_FILE) == []
    assert settings.files_with_secrets(of_host, NO_FILE) == [Path("/secrets/url"), tmp_path / "hallofshame.env"]


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("mysql://hos:p?s@db/hos", "mysql://hos:p?s@db/hos?ssl_ca=/etc/ca%20file.pem"),
        ("mysql+pymysql://db/hos?charset=utf8", "mysql+pymysql://db/hos?charset=utf8&ssl_ca=/etc/ca%20file.pem"),
        ("mysql://db/hos?ssl_ca=/other.pem", "mysql://db/hos?ssl_ca=/other.pem"),
        ("sqlite:////srv/hos.sqlite3", "sqlite:////srv/hos.sqlite3"),
    ],
)
def test_the_databases_ca_goes_with_its_url(url: str, opened: str) -> None:
    loaded = load(HOS_DATABASE_URL=url, HOS_DATABASE_CA="/etc/ca file.pem")
    assert loaded.database_url.get_secret_value() == opened


def test_a_run_outside_the_wrapper_knows_nothing_of_it() -> None:
    assert RunContext.load({}) == RunContext()


def test_a_moment_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="'soon' is not a moment"):
        RunContext.load({"HOS_DEADLINE": "soon"})
