"""Row A35 of the attack catalogue, for a hook that nobody has: an HMAC of the whole body is made as
for a known one. And a hook whose secret cannot be opened tells nobody that its signature is bad."""

import hmac
from typing import Any

import httpx
import pytest

from domain.encryption import Vault
from domain.errors import Overloaded
from domain.operations.receive_event import EventReceiver
from tests.support.world import World


async def test_a35_an_unknown_hook_computes_what_a_known_one_does(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await world.trigger(await world.workflow(), scheme="github")
    compute, made = hmac.digest, []

    def digest(key: Any, message: Any, algorithm: Any) -> bytes:
        made.append(bytes(message))
        return compute(key, message, algorithm)

    monkeypatch.setattr("hmac.digest", digest)
    headers = {"x-hub-signature-256": "sha256=" + "0" * 64}
    for token, status in ((saved.row.hook_token, 401), ("A" * 32, 404), ("x", 404)):
        made.clear()
        answer = await client.post(f"/hooks/{token}", content=b"the body", headers=headers)
        assert answer.status_code == status
        assert made == [b"the body"]


async def test_a_secret_that_cannot_be_opened_is_our_fault_and_not_the_senders(
    world: World,
) -> None:
    saved = await world.trigger(await world.workflow(), scheme="github")
    changed = Vault(b"another key that somebody set in place of the first 0123456789")
    receiver = EventReceiver(changed, lambda _: None, lambda *_: None)
    with pytest.raises(Overloaded):
        await receiver.find_hook(str(saved.row.hook_token))
