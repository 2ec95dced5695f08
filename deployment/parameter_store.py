"""AWS's parameter store: what lies below one prefix, decrypted, in bounded time."""

from collections.abc import Iterator
from typing import Any

from hallofshame.errors import Permanent, Transient

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 5, 2
PAGES = 10  # of ten parameters each: who has more has mistaken the prefix


def read(prefix: str) -> dict[str, str]:
    """Every parameter right below the prefix, by its last name (needs ssm:GetParametersByPath and kms:Decrypt).

    Raises Transient where AWS does not answer or refuses, Permanent where nothing could ever be read.
    """
    try:
        import boto3  # noqa: PLC0415 - an extra, and half a second: only where it is used
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    except ImportError as error:
        raise Permanent(f"HOS_SSM_PREFIX needs boto3: install hallofshame[aws] ({error})") from error
    limits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
    retries = {"total_max_attempts": ATTEMPTS, "mode": "standard"}
    try:
        client = boto3.client("ssm", config=Config(retries=retries, **limits))
        return dict(_below(client, prefix))
    except (BotoCoreError, ClientError) as error:
        raise Transient(f"AWS's parameter store: {error}") from error


def _below(client: Any, prefix: str) -> Iterator[tuple[str, str]]:
    """Names and values. All of them or none: an error in a later page goes over what came before."""
    pages = client.get_paginator("get_parameters_by_path").paginate(Path=prefix, Recursive=False, WithDecryption=True)
    for number, page in enumerate(pages, 1):
        if number > PAGES:
            raise Permanent(f"below {prefix} lie more than {PAGES * 10} parameters: is HOS_SSM_PREFIX right?")
        for parameter in page["Parameters"]:
            yield parameter["Name"].rsplit("/", 1)[1], parameter["Value"]
