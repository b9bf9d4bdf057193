"""More than can be stored: what has no room is refused, and all that was taken is stored."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count
from uuid import UUID

import pytest

from domain.errors import Overloaded
from domain.operations import receive_event, store_events
from domain.operations.hook_directory import Hook
from domain.operations.receive_event import EventReceiver
from domain.operations.store_events import COMMITS_AT_ONCE, Receipt
from domain.store import events
from domain.store.database import fetch
from domain.store.events import NewEvent
from tests.pipeline.conftest import Line, no_one_listens

A_COMMIT, WAITING = 5, 20


class Door:
    """A door behind which nothing is stored until `goes_on` is set."""

    def __init__(self, line: Line) -> None:
        self.goes_on = asyncio.Event()
        self.receiver = EventReceiver(line.world.vault, no_one_listens, no_one_listens)
        self._numbers = count()

    def deliver(self, hook: Hook, body: bytes = b"{}") -> "asyncio.Task[Receipt]":
        headers = {"webhook-id": f"m{next(self._numbers)}"}

        async def receive() -> Receipt:
            given = list(headers.items())
            receipt = await self.receiver.receive(hook, headers, given, "", body)
            assert isinstance(receipt, Receipt)
            return receipt

        return asyncio.create_task(receive())

    def refuses(self, hook: Hook) -> bool:
        """Whether it says that it is full."""
        return self.receiver.is_full(hook.team_id)


@pytest.fixture
async def door(line: Line, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    monkeypatch.setattr(store_events, "MOST_PER_COMMIT", A_COMMIT)
    monkeypatch.setattr(store_events, "MOST_WAITING", WAITING)
    door = Door(line)

    async def pause_at(_: str) -> None:
        await door.goes_on.wait()

    monkeypatch.setattr(store_events, "pause_at", pause_at)
    door.receiver.start()
    yield door
    door.goes_on.set()
    await door.receiver.close()


async def hook_of_charlie(line: Line) -> Hook:
    """A hook of another team."""
    world = line.world
    workflow_id = await world.workflow(actor=world.charlie)
    saved = await world.trigger(workflow_id, actor=world.charlie)
    hook = await line.receiver.find_hook(str(saved.row.hook_token))
    assert hook is not None
    return hook


async def stored(hook: Hook) -> int:
    return len(await fetch("SELECT FROM event WHERE trigger_id = $1", hook.trigger_id))


async def test_what_has_no_room_is_refused_and_all_else_is_stored_also_of_others(
    line: Line, door: Door
) -> None:
    hook = await line.hook()
    first: list[asyncio.Task[Receipt]] = []
    for _ in range(COMMITS_AT_ONCE):
        first += [door.deliver(hook) for _ in range(A_COMMIT)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert not door.refuses(hook)
    waiting = [door.deliver(hook) for _ in range(WAITING)]
    await asyncio.sleep(0)
    assert door.refuses(hook)
    with pytest.raises(Overloaded):
        await door.deliver(hook)

    others = await hook_of_charlie(line)
    assert not door.refuses(others)
    other = door.deliver(others)
    await asyncio.sleep(0)

    door.goes_on.set()
    receipts = await asyncio.gather(*first, *waiting, other)
    assert not any(receipt.duplicate for receipt in receipts)
    assert not door.refuses(hook)
    assert await stored(hook) == COMMITS_AT_ONCE * A_COMMIT + WAITING


async def test_large_bodies_take_the_room_of_many(
    line: Line, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive_event, "MOST_WAITING_BYTES", 100)
    hook = await line.hook()
    first = door.deliver(hook, b"1" * 60)
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await door.deliver(hook, b"2" * 60)
    assert not door.refuses(hook), "a small one still has room"
    second = door.deliver(hook, b"3" * 40)
    await asyncio.sleep(0)
    assert door.refuses(hook)

    door.goes_on.set()
    await asyncio.gather(first, second)
    await door.deliver(hook, b"2" * 60)
    assert await stored(hook) == 3


async def test_a_commit_of_large_bodies_is_several_statements(
    line: Line, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_events, "MOST_BYTES_A_STATEMENT", 50)
    store, parts = events.store, []

    async def counted(new: Sequence[NewEvent]) -> set[UUID]:
        parts.append(len(new))
        return await store(new)

    monkeypatch.setattr(events, "store", counted)
    hook = await line.hook()
    sent = [door.deliver(hook, b"1" * 20) for _ in range(A_COMMIT)]
    door.goes_on.set()
    receipts = await asyncio.gather(*sent)
    assert parts == [2, 2, 1]
    assert len({receipt.event_id for receipt in receipts}) == A_COMMIT == await stored(hook)
