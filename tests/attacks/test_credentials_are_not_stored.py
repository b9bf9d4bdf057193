"""Row A28 of the attack catalogue: what senders' headers give away is not kept."""

import httpx
import pytest

from tests.attacks import signing
from tests.attacks.stored import Stored
from tests.support.installation import Hook, Team

CANARY = "canary-7d1f"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key", "X-API-Token", "Api-Key",
        "X-Auth-Token", "X-Gitlab-Token", "St2-Api-Key", "X-Amz-Security-Token", "X-Secret",
        "X-Password", "X-Access-Token", "X-Session-Id", "Ocp-Apim-Subscription-Key",
    ],
)  # fmt: skip
def test_a28_a_credential_is_not_stored(hook: Hook, stored: Stored, name: str) -> None:
    headers = {name: f"Bearer {CANARY}", "X-Kept": "yes"}
    answer = httpx.post(hook.url, json={}, headers=headers)
    event = stored.event(answer.json()["event_id"])
    assert event["headers"]["x-kept"] == "yes"
    assert CANARY not in repr(event)


def test_a28_a_stored_signature_cannot_be_sent_again(alice: Team, stored: Stored) -> None:
    hook = alice.hook(scheme="hmac")
    headers = signing.plain(hook.secret, b"{}")
    answer = httpx.post(hook.url, content=b"{}", headers=headers)
    assert answer.status_code == 202
    assert headers["X-Signature"] not in repr(stored.event(answer.json()["event_id"]))
