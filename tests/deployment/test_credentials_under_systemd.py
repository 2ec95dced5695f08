"""The unit that brings secrets, as deployed: for its group alone, kept without AWS, a failure where there are none."""

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.deployment.conftest import Host

pytestmark = [pytest.mark.integration, pytest.mark.deployment]

UNIT = "hos-credentials.service"
FOLDER = "/run/hallofshame/credentials"
PORT = 4566  # in a network of the host's own
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-west-2"}


@pytest.fixture
def aws(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadedMotoServer]:
    """A parameter store that the host reaches, with one secret in it."""
    url = f"http://127.0.0.1:{PORT}"
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    host.set(HOS_SSM_PREFIX="/themeparkhallofshame/prod/")
    given = "".join(f"Environment={name}={value}\n" for name, value in (AWS | {"AWS_ENDPOINT_URL_SSM": url}).items())
    host.systemd.drop_in(UNIT, f"[Service]\n{given}")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=PORT, verbose=False)
    with host.systemd.network():
        server.start()
        store = boto3.client("ssm", endpoint_url=url)
        name = "/themeparkhallofshame/prod/SENDGRID_API_KEY"
        store.put_parameter(Name=name, Value="SG.sesame", Type="SecureString", Overwrite=True)
    yield server
    server.stop()


def test_secrets_come_stay_without_aws_and_are_missed_where_there_are_none(host: Host, aws: ThreadedMotoServer) -> None:
    host.systemd.run("systemctl", "start", UNIT)
    path = f"{FOLDER}/SENDGRID_API_KEY"
    facts = "440 hallofshame hallofshame\n"
    assert host.systemd.run("stat", "--format", "%a %U %G", path).stdout == facts
    for user, code in (("hallofshame-web", 0), ("nobody", 1)):
        read = host.systemd.run("runuser", "-u", user, "--", "cat", path, is_checked=False)
        assert read.returncode == code

    aws.stop()
    host.systemd.run("systemctl", "start", UNIT)
    assert "kept as they were: SENDGRID_API_KEY" in host.systemd.journal(UNIT)
    assert host.systemd.run("cat", path).stdout == "SG.sesame"

    host.systemd.run("rm", path)
    assert host.systemd.run("systemctl", "start", UNIT, is_checked=False).returncode == 1
    assert "sesame" not in host.systemd.journal(UNIT)
    assert host.mail(lambda subject: subject.startswith(f"[hos] FAIL {UNIT}"))
