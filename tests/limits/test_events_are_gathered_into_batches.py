"""Batches: many events, one execution, which is that of each of them."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.rules import batch_bodies
from domain.rules.batch_bodies import batch_body, member_text
from domain.store.database import fetch
from tests.limits.conftest import Lanes

WAITS = [("deferred", "batch")]
BATCHED = [*WAITS, ("fired", "batched")]


async def the_batches(trigger_id: UUID) -> list[dict[str, Any]]:
    """The batch events of a trigger with their bodies read, oldest first."""
    rows = await fetch(
        "SELECT e.*, d.execution_id FROM event e JOIN decision d ON d.event_id = e.id "
        "WHERE e.trigger_id = $1 AND d.reason = 'batch_made' ORDER BY e.id",
        trigger_id,
    )
    return [{**row, "body": json.loads(row["body"])} for row in rows]


async def test_a_full_batch_is_one_execution_of_all_its_members(lanes: Lanes) -> None:
    hook = await lanes.hook(batch={"most": 3, "within_s": 60})
    ids = await lanes.send(hook, *({"n": number} for number in range(4)))
    await lanes.release()
    (batch,) = await the_batches(hook.trigger_id)
    assert [event["id"] for event in batch["body"]["events"]] == [str(each) for each in ids[:3]]
    assert [event["body"] for event in batch["body"]["events"]] == [{"n": n} for n in range(3)]
    assert (batch["kind"], batch["body"]["count"]) == ("webhook", 3)
    assert await lanes.stories(ids) == [BATCHED, BATCHED, BATCHED, WAITS]
    for member in ids[:3]:
        decision = (await lanes.decisions(member))[-1]
        assert decision["execution_id"] == batch["execution_id"]
        assert decision["trace"]["batch_event_id"] == str(batch["id"])
    assert (await lanes.line.execution(batch["execution_id"]))["event_id"] == batch["id"]


async def test_a_batch_is_closed_when_its_time_is_over_counted_from_its_first(
    lanes: Lanes,
) -> None:
    hook = await lanes.hook(batch={"most": 10, "within_s": 60, "key": "$.k"})
    first = await lanes.send(hook, {"k": "a"})
    await lanes.pass_time(59)
    others = await lanes.send(hook, {"k": "a"}, {"k": "b"})
    await lanes.release()
    assert await lanes.stories(first + others) == [WAITS] * 3
    await lanes.pass_time(1.5)
    await lanes.release()
    assert await lanes.stories(first + others) == [BATCHED, BATCHED, WAITS]


async def test_a_batch_whose_body_would_be_too_large_is_closed_before(
    lanes: Lanes, monkeypatch: Any
) -> None:
    monkeypatch.setattr(batch_bodies, "MOST_OCTETS", 4_000)
    hook = await lanes.hook(batch={"most": 3, "within_s": 60})
    ids = await lanes.send(hook, *({"pad": "x" * 1_500} for _ in range(3)))
    await lanes.release()
    assert await lanes.stories(ids) == [BATCHED, BATCHED, WAITS]
    await lanes.pass_time(61)
    await lanes.release()
    assert [batch["body"]["count"] for batch in await the_batches(hook.trigger_id)] == [2, 1]


async def test_a_batch_counts_once_and_waits_for_room_with_all_its_members(lanes: Lanes) -> None:
    hook = await lanes.hook({"most": 1, "per_s": 3600}, batch={"most": 2, "within_s": 60})
    ids = await lanes.send(hook, *({} for _ in range(4)))
    await lanes.release()
    assert await lanes.stories(ids) == [BATCHED, BATCHED, WAITS, WAITS]
    await lanes.redis.flushdb()
    await lanes.pass_time(400)
    await lanes.release()
    assert await lanes.stories(ids[2:]) == [BATCHED, BATCHED]


async def test_batches_that_may_not_start_are_dropped_where_that_was_chosen(lanes: Lanes) -> None:
    hook = await lanes.hook(
        {"most": 1, "per_s": 3600}, over="drop", batch={"most": 2, "within_s": 60}
    )
    ids = await lanes.send(hook, *({} for _ in range(4)))
    await lanes.release()
    assert await lanes.stories(ids[2:]) == [[*WAITS, ("rate_limited", "over_limit")]] * 2
    assert len(await the_batches(hook.trigger_id)) == 1


def test_members_are_what_they_were_and_any_octets_will_do() -> None:
    received = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
    bodies = [b'{"a": 1.10}', b"", b"a=1", b"\xff\x00", b"[" * 63 + b"]" * 63]
    types = ["application/json", "", "text/plain", "application/octet-stream", "application/json"]
    members = [
        member_text({"id": n, "received_at": received, "body": body, "content_type": type_})
        for n, (body, type_) in enumerate(zip(bodies, types, strict=True))
    ]
    read = json.loads(batch_body(members), parse_float=str)
    assert [event["body"] for event in read["events"]] == [
        {"a": "1.10"}, None, "a=1", {"base64": "/wA="}, "[" * 63 + "]" * 63,
    ]  # fmt: skip
    assert read["count"] == 5
