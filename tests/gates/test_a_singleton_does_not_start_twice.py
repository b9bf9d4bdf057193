"""Singletons: while one has not ended a second one is skipped, or takes its place."""

import asyncio

from domain.operations.claim_executions import claim_executions
from domain.store import executions
from domain.store.database import fetch
from tests.gates.conftest import Gates, settlement

SKIP = {"singleton": {"mode": "skip", "key": "$.key"}}
CANCEL = {"singleton": {"mode": "cancel"}}


async def test_a_second_one_of_a_key_is_skipped_and_says_which_one_runs(gates: Gates) -> None:
    hook = await gates.hook(**SKIP)
    first, skipped, other = await gates.try_to_send(hook, {"key": 1}, {"key": 1}, {"key": 2})
    assert skipped is None
    assert other is not None
    told = (await gates.decisions(hook))[1]
    assert (told["verdict"], told["reason"]) == ("rate_limited", "already_running")
    assert told["trace"]["singleton"] == {"key": "$.key = 1", "execution_id": str(first)}


async def test_as_soon_as_it_has_ended_the_next_one_starts(gates: Gates) -> None:
    hook = await gates.hook(**SKIP)
    (first,) = await gates.send(hook, {"key": 1})
    (row,) = await claim_executions([first])
    assert await gates.send(hook, {"key": 1}) == []
    await executions.settle([settlement(row, "retrying", delay_s=3600.0)])
    assert await gates.send(hook, {"key": 1}) == []
    await executions.cancel(gates.line.world.alice.team_id, [first], "canceled")
    assert len(await gates.send(hook, {"key": 1})) == 1


async def test_of_two_passes_that_decide_at_once_one_starts_it(gates: Gates) -> None:
    hook = await gates.hook(**SKIP)
    events = [(await gates.line.send(hook, {"key": 1})).event_id for _ in range(8)]
    await asyncio.gather(*(gates.line.decider.decide([each]) for each in events))
    verdicts = [one["verdict"] for one in await gates.decisions(hook)]
    assert sorted(verdicts) == ["fired", *["rate_limited"] * 7]


async def test_a_new_one_cancels_the_one_that_runs_and_the_trail_says_so(gates: Gates) -> None:
    hook = await gates.hook(**CANCEL)
    (first,) = await gates.send(hook, {"id": 1})
    await claim_executions([first])
    (second,) = await gates.send(hook, {"id": 2})
    row = await gates.line.execution(first)
    assert (row["state"], row["reason"]) == ("canceled", "superseded")
    assert [row["id"] for row in await claim_executions([second])] == [second]
    (entry,) = await fetch("SELECT * FROM audit_entry WHERE object_id = $1", first)
    assert (entry["actor_kind"], entry["action"]) == ("system", "cancel")
    assert str(second) in entry["after"]


async def test_of_several_decided_together_the_last_one_starts(gates: Gates) -> None:
    hook = await gates.hook(**CANCEL)
    started = await gates.try_to_send(hook, {"id": 1}, {"id": 2}, {"id": 3})
    told = [(one["verdict"], one["reason"]) for one in await gates.decisions(hook)]
    assert told == [*[("rate_limited", "superseded")] * 2, ("fired", None)]
    assert started.count(None) == 2
