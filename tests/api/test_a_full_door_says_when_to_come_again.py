"""What a sender is answered while as much waits at the door as it holds."""

import httpx
import pytest

from domain.operations.receive_event import EventReceiver
from domain.store.database import fetch
from tests.support.world import World


async def test_it_is_refused_before_it_is_read_or_verified(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await world.trigger(await world.workflow(), scheme="github")
    monkeypatch.setattr(EventReceiver, "is_full", lambda *_: True)
    answer = await client.post(f"/hooks/{saved.row.hook_token}", content=b"unsigned")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["error"] == "overloaded"
    assert (await client.post(f"/hooks/{'A' * 32}", content=b"{}")).status_code == 404
    assert not await fetch("SELECT FROM event WHERE trigger_id = $1", saved.row.id)
