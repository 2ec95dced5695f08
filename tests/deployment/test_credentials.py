"""Secrets come from the parameter store to files, and stay whatever becomes of AWS. It is played by moto's server."""

import stat
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from click.testing import CliRunner, Result
from moto.server import ThreadedMotoServer

from deployment import parameter_store
from deployment.credentials import credentials
from tests.http_server import send, serve

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PREFIX = "/themeparkhallofshame/prod/"
SECRETS = {"HOS_DATABASE_URL": "mysql://u:sesame@db/hos", "SENDGRID_API_KEY": "SG.sesame", "HOS_SIGNING_KEY": "se" * 32}


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "AWS_ENDPOINT_URL_SSM": aws,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-west-2",
        "HOS_SSM_PREFIX": PREFIX,
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("ssm")
    for name, value in SECRETS.items():
        client.put_parameter(Name=PREFIX + name, Value=value, Type="SecureString", Overwrite=True)
    yield client
    requests.post(f"{aws}/moto-api/reset", timeout=10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


def fetch(folder: Path) -> Result:
    result = CliRunner().invoke(credentials, ["fetch", "--folder", str(folder)])
    assert "sesame" not in result.output + str(result.exception)
    return result


def held(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_each_secret_below_the_prefix_is_a_file_that_nobody_else_reads(store: Any, folder: Path) -> None:
    assert fetch(folder).exit_code == 0
    assert held(folder) == SECRETS
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o440}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


def test_more_than_one_page_is_read(store: Any, folder: Path) -> None:
    for number in range(12):
        store.put_parameter(Name=f"{PREFIX}HOS_{number}", Value=f"{number}", Type="SecureString")
    fetch(folder)
    assert len(held(folder)) == 12 + len(SECRETS)


def test_what_lies_deeper_or_is_not_named_like_a_setting_is_left_out(store: Any, folder: Path) -> None:
    store.put_parameter(Name=f"{PREFIX}other/HOS_SMTP_URL", Value="sesame", Type="SecureString")
    store.put_parameter(Name=f"{PREFIX}..", Value="sesame", Type="SecureString")
    result = fetch(folder)
    assert held(folder) == SECRETS
    assert "'..' is left out" in result.stderr


def test_only_what_changed_is_written_again_and_named(store: Any, folder: Path) -> None:
    fetch(folder)
    before = (folder / "SENDGRID_API_KEY").stat().st_ino
    store.put_parameter(Name=f"{PREFIX}HOS_SIGNING_KEY", Value="other" * 8, Type="SecureString", Overwrite=True)
    assert "new or changed: HOS_SIGNING_KEY\n" in fetch(folder).output
    assert held(folder) == SECRETS | {"HOS_SIGNING_KEY": "other" * 8}
    assert (folder / "SENDGRID_API_KEY").stat().st_ino == before


def test_a_secret_that_is_gone_from_the_store_stays_and_is_told(store: Any, folder: Path) -> None:
    fetch(folder)
    store.delete_parameter(Name=f"{PREFIX}SENDGRID_API_KEY")
    result = fetch(folder)
    assert (result.exit_code, held(folder)) == (0, SECRETS)
    assert "kept here: SENDGRID_API_KEY" in result.stderr


def test_a_prefix_that_holds_nothing_is_told(store: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOS_SSM_PREFIX", "/themeparkhallofshame/test/")
    result = fetch(folder)
    assert "is HOS_SSM_PREFIX right?" in str(result.exception)
    assert not folder.exists()


def _refuses(handler: BaseHTTPRequestHandler) -> None:
    denied = b'{"__type": "AccessDeniedException", "message": "no"}'
    send(handler, denied, 400, Content_Type="application/x-amz-json-1.1")


def _is_broken(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"<html>", 503)


@pytest.mark.parametrize("answer", [_refuses, _is_broken])
def test_without_aws_the_last_good_ones_stay(
    store: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    fetch(folder)
    with serve(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", url)
        result = fetch(folder)
    assert (result.exit_code, held(folder)) == (0, SECRETS)
    assert "kept as they were: HOS_DATABASE_URL, HOS_SIGNING_KEY, SENDGRID_API_KEY" in result.stderr


def test_without_aws_and_without_an_earlier_fetch_it_fails(
    store: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9")
    result = fetch(folder)
    assert result.exit_code == 1
    assert "AWS's parameter store" in str(result.exception)


def test_an_answer_that_never_comes_is_not_waited_for(
    store: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parameter_store, "READ_SECONDS", 0.2)
    fetch(folder)
    with serve(lambda handler: handler.connection.recv(1 << 20) and None) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", url)
        result = fetch(folder)
    assert (result.exit_code, held(folder)) == (0, SECRETS)


def test_a_page_that_fails_leaves_every_file_as_it_was(
    store: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(folder)
    monkeypatch.setattr(parameter_store, "PAGES", 0)
    store.put_parameter(Name=f"{PREFIX}SENDGRID_API_KEY", Value="other", Type="SecureString", Overwrite=True)
    assert fetch(folder).exit_code == 0
    assert held(folder) == SECRETS


def test_without_a_prefix_it_says_what_to_set(folder: Path) -> None:
    assert "set HOS_SSM_PREFIX" in str(fetch(folder).exception)


def test_a_folder_that_cannot_be_written_is_told(store: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot write to" in str(fetch(tmp_path / "file" / "credentials").exception)
