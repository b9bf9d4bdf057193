"""Where a trigger remembers bodies beside ids (row A34 of the attack catalogue): exactly one event,
whatever arrives at once, and never one event less than was meant."""

import asyncio
from uuid import UUID

from domain.clock import utc_now
from domain.operations.receive_event import EventReceiver
from domain.operations.store_events import Receipt
from domain.rules.dedupe import id_key
from domain.store import events
from domain.store.database import fetch
from domain.store.events import NewEvent
from domain.store.pages_events import Repeats, repeats_of
from tests.pipeline.conftest import Line, no_one_listens


async def known(trigger_id: UUID) -> dict[bytes, UUID]:
    rows = await fetch("SELECT key_hash, event_id FROM sender_id WHERE trigger_id = $1", trigger_id)
    return {row["key_hash"]: row["event_id"] for row in rows}


async def test_one_body_under_a_hundred_ids_at_two_doors_is_one_event(line: Line) -> None:
    hook = await line.hook(dedup_body=True)
    other = EventReceiver(line.world.vault, no_one_listens, no_one_listens)
    other.start()
    doors = (line.receiver, other)

    async def send(number: int) -> Receipt:
        headers = {"webhook-id": f"m{number}"}
        door = doors[number % 2]
        receipt = await door.receive(hook, headers, list(headers.items()), "", b"{}")
        assert isinstance(receipt, Receipt)
        return receipt

    receipts = await asyncio.gather(*(send(number) for number in range(100)))
    await other.close()

    assert [receipt.duplicate for receipt in receipts].count(False) == 1
    assert len({receipt.event_id for receipt in receipts}) == 1
    stored = await fetch("SELECT id FROM event WHERE trigger_id = $1", hook.trigger_id)
    assert [row["id"] for row in stored] == [receipts[0].event_id]
    # Whoever lost the race gave its id back.
    remembered = await known(hook.trigger_id)
    assert set(remembered.values()) == {receipts[0].event_id}
    assert len(remembered) == 2


async def test_an_id_that_came_with_a_known_body_is_still_free_for_another_body(
    line: Line,
) -> None:
    """Also within one commit, where the three are told apart before anything is stored."""
    hook = await line.hook(dedup_body=True)
    first = await line.send(hook, {"id": 1}, "one")
    replayed, meant = await asyncio.gather(
        line.send(hook, {"id": 1}, "two"), line.send(hook, {"id": 2}, "two")
    )
    assert (replayed.event_id, replayed.duplicate) == (first.event_id, True)
    assert not meant.duplicate
    ids = await fetch("SELECT id FROM event WHERE trigger_id = $1", hook.trigger_id)
    assert {row["id"] for row in ids} == {first.event_id, meant.event_id}


async def test_how_often_a_body_came_again_under_other_ids_is_known(line: Line) -> None:
    hook = await line.hook(dedup_body=True)
    first = await line.send(hook, {"id": 1}, "one")
    for senders_own in ("one", "two", "three", "one", None):
        await line.send(hook, {"id": 1}, senders_own)
    own = id_key(hook.trigger_id, "one")
    found = await repeats_of(hook.team_id, first.event_id, own)
    assert found == Repeats(repeats=2, body_differed=False, under_other_ids=3)


async def test_a_batch_whose_answer_was_lost_is_found_again(line: Line) -> None:
    hook = await line.hook(dedup_body=True)
    first = await line.send(hook, {"id": 1}, "one")
    (row,) = await fetch("SELECT * FROM event WHERE id = $1", first.event_id)
    keys = {key for key, event_id in (await known(hook.trigger_id)).items()}
    own = id_key(hook.trigger_id, "one")
    (of_body,) = keys - {own}
    again = NewEvent(
        id=first.event_id,
        team_id=hook.team_id,
        trigger_id=hook.trigger_id,
        kind="webhook",
        headers=row["headers"],
        query="",
        content_type="",
        title="",
        sender_id="one",
        key_hash=own,
        body_hash=b"",
        body=row["body"],
        body_key=of_body,
    )
    assert await events.store([again]) == {first.event_id}
    stored = await fetch("SELECT 1 FROM event WHERE trigger_id = $1", hook.trigger_id)
    assert len(stored) == 1


async def test_a_test_event_is_no_repeat_of_another(line: Line) -> None:
    hook = await line.hook(dedup_body=True)
    receipts = [await line.receiver.receive(hook, {}, [], "", b"{}", test=True) for _ in range(2)]
    assert [receipt.duplicate for receipt in receipts if isinstance(receipt, Receipt)] == [
        False,
        False,
    ]
    rows = await fetch("SELECT headers FROM event WHERE trigger_id = $1", hook.trigger_id)
    assert {row["headers"] for row in rows} == {'[["signalbox-test", "1"]]'}


async def test_a_stripe_event_that_is_signed_anew_is_a_duplicate_by_its_id(line: Line) -> None:
    """A retry has the same event id, and may have another body."""
    hook = await line.hook(scheme="stripe")
    for body in (b'{"id":"evt_1","pending":2}', b'{"id":"evt_1","pending":1}'):
        signed = hook.sender.sign(body, hook.secrets[0], hook.config, utc_now(), "")
        lower = {name.lower(): value for name, value in signed.items()}
        receipt = await line.receiver.receive(hook, lower, list(lower.items()), "", body)
        assert isinstance(receipt, Receipt)
        await line.decide()
    decided = await fetch(
        "SELECT verdict FROM decision WHERE trigger_id = $1 ORDER BY id", hook.trigger_id
    )
    assert [row["verdict"] for row in decided] == ["fired", "duplicate"]
