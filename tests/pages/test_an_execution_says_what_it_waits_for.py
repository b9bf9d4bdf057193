"""The page of an execution at a gate: what it waits for, behind whom, its place, and how long."""

import re
from uuid import UUID

import pytest

from domain.rules.ids import new_id
from domain.store.database import execute
from tests.pages.browsing import Browser, words
from tests.pages.happenings import History


async def gate(history: History, scope: str, key: str) -> UUID:
    gate_id = new_id()
    await execute(
        "INSERT INTO gate (id, team_id, scope, subject_id, key, most) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        gate_id, history.team_id, scope, history.trigger_id, key, 1,
    )  # fmt: skip
    return gate_id


async def put(execution_id: UUID, gate_id: UUID, waits_for: str | None) -> None:
    await execute(
        "UPDATE execution SET gates = ARRAY[$2::uuid], waits_for = $3, "
        "waits_on = CASE WHEN $3::text IS NOT NULL THEN $2::uuid END, "
        "due_at = CASE WHEN $3::text IS NULL THEN due_at ELSE 'infinity' END WHERE id = $1",
        execution_id, gate_id, waits_for,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "waits_for", "told"),
    [
        ("key", "concurrency", "Waits for a place: at most 1 execution of its key at once"),
        ("order", "order", "Waits for its turn: one execution of its key after the other"),
    ],
)
async def test_it_says_what_it_waits_for_and_behind_which_one(
    alice: Browser, history: History, scope: str, waits_for: str, told: str
) -> None:
    gate_id = await gate(history, scope, key='$.customer = "c-7"')
    running = await history.execution("running")
    queued = [await history.execution("queued") for _ in range(2)]
    await put(running, gate_id, None)
    for each in queued:
        await put(each, gate_id, waits_for)

    page = (await alice.get(f"/executions/{queued[1]}")).text

    assert f"{told} , behind this execution . Before it wait 1 other." in words(page)
    assert f'href="/executions/{running}"' in page
    assert '$.customer = "c-7"' in words(page)
    assert "9999" not in page


async def test_the_timeline_tells_limits_and_gate_from_the_queue(
    alice: Browser, history: History
) -> None:
    execution_id = await history.execution("succeeded", attempts=1)
    await history.attempt(execution_id, 1, "succeeded")
    await put(execution_id, await gate(history, "key", key="$.a = 1"), None)
    await execute(
        "INSERT INTO decision (id, team_id, event_id, trigger_id, trigger_version_id, "
        "trigger_version, verdict, reason, trace, decided_at) SELECT overlay(id::text placing "
        "'aaaa' from 33)::uuid, team_id, event_id, trigger_id, trigger_version_id, 1, 'deferred', "
        "'limit', '{}', started_at - interval '5 seconds' FROM execution WHERE id = $1",
        execution_id,
    )
    await execute(
        "UPDATE execution SET created_at = started_at - interval '3 seconds', "
        "due_at = started_at - interval '1 second' WHERE id = $1", execution_id,
    )  # fmt: skip
    page = (await alice.get(f"/executions/{execution_id}")).text
    label = re.search(r'class="timeline".*?aria-label="([^"]*)"', page, re.DOTALL)
    assert label
    assert re.search(r"; Limits: .*; Gate: 2 s; Queue: .*; Attempt 1", label[1]), label[1]
