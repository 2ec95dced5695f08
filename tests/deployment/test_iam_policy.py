"""What AWS lets a host do is what it does, and no more."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
POLICY: dict[str, Any] = json.loads((ROOT / "deployment" / "iam-policy.json").read_text(encoding="utf8"))
PREFIX = "/themeparkhallofshame/prod"


def actions() -> dict[str, dict[str, Any]]:
    """Statement by action."""
    found: dict[str, dict[str, Any]] = {}
    for statement in POLICY["Statement"]:
        asked = statement["Action"]
        found |= dict.fromkeys([asked] if isinstance(asked, str) else asked, statement)
    return found


def test_it_allows_what_is_called_and_nothing_else() -> None:
    assert set(actions()) == {
        "ssm:GetParametersByPath",
        "kms:Decrypt",
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
        "cloudwatch:PutMetricData",
    }
    assert {statement["Effect"] for statement in POLICY["Statement"]} == {"Allow"}


def test_secrets_are_those_of_the_prefix() -> None:
    arn = f"arn:aws:ssm:REGION:ACCOUNT:parameter{PREFIX}"
    assert actions()["ssm:GetParametersByPath"]["Resource"] == [arn, f"{arn}/*"]
    assert actions()["kms:Decrypt"]["Condition"]["StringLike"] == {"kms:EncryptionContext:PARAMETER_ARN": f"{arn}/*"}


def test_what_has_no_resource_has_a_condition() -> None:
    for statement in POLICY["Statement"]:
        resources = statement["Resource"]
        if "*" in ([resources] if isinstance(resources, str) else resources):
            assert statement["Condition"] == {"StringEquals": {"cloudwatch:namespace": "HallOfShame"}}


def test_each_blank_that_an_operator_fills_in_is_in_the_handbook() -> None:
    handbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf8")
    for blank in set(re.findall(r"\b(REGION|ACCOUNT|KEY|BUCKET|PREFIX)\b", json.dumps(POLICY))):
        assert f"s/\\b{blank}\\b/" in handbook, blank
