"""Our senders against the examples that the schemes' own documents give."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.senders import SENDERS, Refused, Verified, check_secret
from tests.senders.samples import received

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "signatures.json"
NAMES = {"standard-webhooks": "standard"}


def vectors() -> list[Any]:
    if not VECTORS.exists():
        return []
    return [
        pytest.param(vector, id=vector["scheme"])
        for vector in json.loads(VECTORS.read_text())
        if NAMES.get(vector["scheme"], vector["scheme"]) in SENDERS
    ]


def verify(vector: dict[str, Any], body: bytes) -> object:
    sender = SENDERS[NAMES.get(vector["scheme"], vector["scheme"])]
    headers = received(vector["headers"])
    named = ("webhook-timestamp", "x-slack-request-timestamp")
    sent_at = next((int(headers[name]) for name in named if name in headers), 0)
    now = datetime.fromtimestamp(sent_at, UTC)
    return sender.verify(headers, body, [vector["secret"]], sender.parse_config({}), now)


def test_the_vectors_are_there() -> None:
    if not VECTORS.exists():
        pytest.skip("../shared/vectors/signatures.json is not on this machine")
    assert {"github", "slack", "standard-webhooks"} <= {param.id for param in vectors()}


@pytest.mark.parametrize("vector", vectors())
def test_a_published_example_verifies(vector: dict[str, Any]) -> None:
    assert isinstance(verify(vector, vector["body"].encode()), Verified)
    assert verify(vector, vector["body"].encode() + b" ") == Refused("bad_signature")


@pytest.mark.parametrize("vector", vectors())
def test_a_published_secret_is_one_that_we_take(vector: dict[str, Any]) -> None:
    check_secret(NAMES.get(vector["scheme"], vector["scheme"]), vector["secret"])
