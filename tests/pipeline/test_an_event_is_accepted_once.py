"""Ingest: what is answered is on disk, and a sender's id counts once."""

import asyncio

from domain.store.database import execute, fetch
from tests.pipeline.conftest import Line


async def test_what_is_accepted_is_stored_as_it_came_and_waits_for_a_decision(line: Line) -> None:
    body = b'{"b": 1,\r\n "a":\t"\xc3\xa9"}'
    receipt = await line.send(await line.hook(), body)
    (event,) = await fetch("SELECT * FROM event WHERE id = $1", receipt.event_id)
    assert event["body"] == body
    waiting = await fetch("SELECT 1 FROM pending_event WHERE event_id = $1", receipt.event_id)
    assert len(waiting) == 1
    assert line.rung_events == [receipt.event_id]


async def test_a_hundred_identical_deliveries_at_once_make_one_event(line: Line) -> None:
    hook = await line.hook()
    receipts = await asyncio.gather(*(line.send(hook, {"id": 1}, "msg_1") for _ in range(100)))
    assert len({receipt.event_id for receipt in receipts}) == 1
    assert sum(not receipt.duplicate for receipt in receipts) == 1
    (known,) = await fetch("SELECT repeats FROM sender_id WHERE trigger_id = $1", hook.trigger_id)
    assert known["repeats"] == 99
    events = await fetch("SELECT 1 FROM event WHERE trigger_id = $1", hook.trigger_id)
    assert len(events) == 1


async def test_deliveries_without_a_senders_id_are_all_events(line: Line) -> None:
    hook = await line.hook()
    receipts = [await line.send(hook, {"id": 1}) for _ in range(3)]
    assert len({receipt.event_id for receipt in receipts}) == 3


async def test_a_senders_id_counts_within_its_trigger(line: Line) -> None:
    first = await line.send(await line.hook(), {"id": 1}, "msg_1")
    second = await line.send(await line.hook(), {"id": 1}, "msg_1")
    assert not first.duplicate
    assert not second.duplicate


async def test_a_repeat_with_another_body_is_flagged(line: Line) -> None:
    """Row A27 of the attack catalogue."""
    hook = await line.hook()
    first = await line.send(hook, {"id": 1}, "msg_1")
    repeat = await line.send(hook, {"id": 2}, "msg_1")
    assert (repeat.event_id, repeat.duplicate) == (first.event_id, True)
    (known,) = await fetch(
        "SELECT body_differed FROM sender_id WHERE trigger_id = $1", hook.trigger_id
    )
    assert known["body_differed"]


async def test_an_id_may_be_used_again_when_it_has_expired(line: Line) -> None:
    hook = await line.hook()
    first = await line.send(hook, {"id": 1}, "msg_1")
    await execute(
        "UPDATE sender_id SET expires_at = now() - interval '1 second' WHERE trigger_id = $1",
        hook.trigger_id,
    )
    again = await line.send(hook, {"id": 1}, "msg_1")
    assert not again.duplicate
    assert again.event_id != first.event_id


async def test_credentials_of_the_sender_are_not_stored(line: Line) -> None:
    """Row A28."""
    receipt = await line.send(
        await line.hook(), {}, authorization="Bearer abc", cookie="a=b", **{"x-api-key": "k"}
    )
    (event,) = await fetch("SELECT headers::text FROM event WHERE id = $1", receipt.event_id)
    stored = event["headers"].lower()
    assert "content-type" in stored
    assert not any(name in stored for name in ("authorization", "cookie", "x-api-key", "abc"))
