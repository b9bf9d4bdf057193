"""What a sender is answered while as much waits at the door as it holds."""

import httpx
import pytest

from domain.operations.receive_event import EventReceiver
from domain.store.database import fetch
from tests.support.world import World


async def test_it_is_refused_before_anything_is_done_for_it(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await world.trigger(await world.workflow())
    monkeypatch.setattr(EventReceiver, "is_full", property(lambda _: True))
    for token in (saved.row.hook_token, "A" * 32):
        answer = await client.post(f"/hooks/{token}", content=b"{}")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["error"] == "overloaded"
    assert not await fetch("SELECT FROM event WHERE trigger_id = $1", saved.row.id)
