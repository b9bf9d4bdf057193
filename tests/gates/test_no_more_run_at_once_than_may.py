"""Caps of triggers, keys and workflows: exact under any number of workers, and nobody starves."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from domain.operations import claim_executions as claiming
from domain.operations.cancel_executions import cancel_executions
from domain.operations.claim_executions import claim_executions
from domain.operations.create_workflow import create_workflow
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.operations.hook_directory import Hook
from domain.operations.keep_gates import remove_idle_gates
from domain.operations.open_gates import GateOpener, open_gates
from domain.store import executions
from domain.store import gates as gate_rows
from domain.store.database import execute, fetch
from tests.gates.conftest import Gates, settlement
from tests.pipeline.conftest import Line

ONE = [{"most": 1}]


def numbered(count: int, keys: int = 1) -> list[dict[str, int]]:
    return [{"id": number, "key": number % keys} for number in range(count)]


@pytest.mark.parametrize(
    ("caps", "most"),
    [
        ([{"most": 3}], {"trigger": 3}),
        ([{"most": 1, "key": "$.key"}], {"key": 1}),
        ([{"most": 4}, {"most": 2, "key": "$.key"}], {"trigger": 4, "key": 2}),
    ],
    ids=["of a trigger", "of a key", "of both"],
)
async def test_of_many_workers_never_more_run_than_may_and_all_come_through(
    gates: Gates, caps: list[dict[str, Any]], most: dict[str, int]
) -> None:
    hook = await gates.hook(concurrency=caps)
    ids = await gates.send(hook, *numbered(40, keys=3))
    await gates.work(ids, workers=6)
    assert sorted(gates.ran) == sorted(ids)
    rows = await fetch("SELECT id, scope FROM gate WHERE subject_id = $1", hook.trigger_id)
    assert {row["scope"] for row in rows} == set(most)
    for row in rows:
        assert gates.most[row["id"]] <= most[row["scope"]]


async def test_real_workers_keep_to_the_cap_of_a_workflow(line: Line, gates: Gates) -> None:
    line.target.behave("/notify", "slow/0.02")
    made = await create_workflow(
        line.world.alice, "Notify", [line.call()], policy={"concurrency": 2}
    )
    hooks = []
    for _ in range(2):
        saved = await line.world.trigger(made.id)
        hook = await line.receiver.find_hook(str(saved.row.hook_token))
        assert hook is not None
        hooks.append(hook)
    ids = [each for hook in hooks for each in await gates.send(hook, *numbered(8))]
    runners = [line.new_runner() for _ in range(3)]
    opener = GateOpener(runners[0].take)
    opener.start()
    line.settler._open_gates = opener.open
    for one in runners:
        one.take(ids)

    async def all_done() -> bool:
        running = await fetch(
            "SELECT 1 FROM execution WHERE state = 'running' AND id = ANY ($1)", ids
        )
        assert len(running) <= 2
        rows = await fetch(
            "SELECT 1 FROM execution WHERE finished_at IS NULL AND id = ANY ($1)", ids
        )
        return not rows

    # Nobody rings again: whoever had to wait is let in by those who ended.
    await line.until(all_done, within_s=30)
    for one in runners:
        await one.stop(within_s=1.0)
    await opener.close()
    assert len(line.target.received) == 16


async def test_a_worker_that_stops_between_count_and_claim_lets_nobody_past(
    gates: Gates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One forced interleaving: A has counted, and stops; B claims; then A claims."""
    first, second = await gates.send(await gates.hook(concurrency=ONE), *numbered(2))
    counted, go_on = asyncio.Event(), asyncio.Event()
    hold = gate_rows.hold

    async def stopping(held: Any) -> None:
        counted.set()
        await go_on.wait()
        await hold(held)

    monkeypatch.setattr(gate_rows, "hold", stopping)
    a = asyncio.create_task(claim_executions([first]))
    await counted.wait()
    monkeypatch.setattr(gate_rows, "hold", hold)
    b = asyncio.create_task(claim_executions([second]))
    await gates.line.until(_somebody_waits_for_a_lock)
    go_on.set()
    assert [row["id"] for row in await a] == [first]
    assert await b == []
    assert await gates.waits(first, second) == [None, "concurrency"]


async def _somebody_waits_for_a_lock() -> bool:
    rows = await fetch(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND datname = current_database() AND query LIKE '%FROM gate%'"
    )
    return bool(rows)


async def test_who_waits_longest_is_let_in_first_and_nobody_takes_their_place(gates: Gates) -> None:
    hook = await gates.hook(concurrency=ONE)
    first, second, third = await gates.send(hook, *numbered(3))
    (running,) = await claim_executions([first])
    assert await claim_executions([second, third]) == []
    (late,) = await gates.send(hook, {"id": "late"})
    settled = await executions.settle([settlement(running)])
    assert list(await open_gates(list(settled.gates))) == [second]
    assert await claim_executions([late]) == []
    assert [row["id"] for row in await claim_executions([second])] == [second]


async def test_an_execution_that_backs_off_leaves_its_place_to_others(gates: Gates) -> None:
    first, second = await gates.send(await gates.hook(concurrency=ONE), *numbered(2))
    (running,) = await claim_executions([first])
    assert await claim_executions([second]) == []
    settled = await executions.settle([settlement(running, "retrying", delay_s=3600.0)])
    await open_gates(list(settled.gates))
    assert [row["id"] for row in await claim_executions([second])] == [second]


async def test_a_canceled_execution_lets_the_next_one_in(gates: Gates) -> None:
    first, second = await gates.send(await gates.hook(concurrency=ONE), *numbered(2))
    await claim_executions([first, second])
    await cancel_executions(gates.line.world.alice.team_id, [first], "canceled")
    assert [row["id"] for row in await claim_executions([second])] == [second]


async def test_who_is_canceled_waits_for_nothing_any_more(gates: Gates) -> None:
    ids = await gates.send(await gates.hook(concurrency=ONE), *numbered(2))
    await claim_executions(ids)
    assert await gates.waits(*ids) == [None, "concurrency"]
    await cancel_executions(gates.line.world.alice.team_id, ids, "canceled")
    assert await gates.waits(*ids) == [None, None]


async def test_trouble_at_a_gate_leaves_nobody_claimed_whom_nobody_runs(
    gates: Gates, monkeypatch: pytest.MonkeyPatch
) -> None:
    (free,) = await gates.send(await gates.hook(), {"id": 1})
    (gated,) = await gates.send(await gates.hook(concurrency=ONE), {"id": 2})

    async def in_trouble(_ids: list[UUID]) -> None:
        raise asyncpg.DeadlockDetectedError("somebody was first")

    monkeypatch.setattr(gate_rows, "lock_those_of", in_trouble)
    assert [row["id"] for row in await claim_executions([free, gated])] == [free]
    monkeypatch.undo()
    assert [row["id"] for row in await claim_executions([gated])] == [gated]


async def test_a_workflows_cap_is_that_of_its_published_version_whichever_runs(
    line: Line, gates: Gates
) -> None:
    alice, steps = line.world.alice, [line.call()]
    made = await create_workflow(alice, "Capped", steps, policy={"concurrency": 100})
    pinned = await line.world.trigger(made.id)
    pin = TriggerEdit(pinned_version=1)
    await edit_trigger(alice, line.world.vault, pinned.row.id, pin)
    await edit_workflow(alice, made.id, WorkflowEdit(policy={"concurrency": 1}))
    newest = await line.world.trigger(made.id)
    hooks = [await line.receiver.find_hook(str(saved.row.hook_token)) for saved in (newest, pinned)]
    ids = [each for hook in hooks if hook for each in await gates.send(hook, *numbered(3))]
    assert len(ids) == 6
    assert len(await claim_executions(ids)) == 1


async def test_a_clock_lets_in_whom_a_killed_worker_forgot(gates: Gates) -> None:
    first, second = await gates.send(await gates.hook(concurrency=ONE), *numbered(2))
    (running,) = await claim_executions([first])
    assert await claim_executions([second]) == []
    assert await gates.let_in() == []
    await executions.settle([settlement(running)])
    assert await gates.let_in() == [second]
    assert await gates.let_in() == []


async def test_a_raised_cap_holds_for_those_who_wait(gates: Gates) -> None:
    hook = await gates.hook(concurrency=ONE)
    first, second, third = await gates.send(hook, *numbered(3))
    await claim_executions([first, second, third])
    await edit(gates, hook, {"concurrency": [{"most": 2}]})
    assert await gates.let_in() == [second]
    assert len(await claim_executions([second, third])) == 1


async def test_a_cap_that_is_taken_away_holds_nobody_back(gates: Gates) -> None:
    hook = await gates.hook(concurrency=ONE)
    ids = await gates.send(hook, *numbered(3))
    await claim_executions(ids)
    await edit(gates, hook, {})
    assert sorted(await gates.let_in()) == sorted(ids[1:])
    assert len(await claim_executions(ids)) == 2


async def edit(gates: Gates, hook: Hook, limits: dict[str, Any]) -> None:
    """Give the trigger other limits, as its owner would."""
    world = gates.line.world
    await edit_trigger(world.alice, world.vault, hook.trigger_id, TriggerEdit(limits=limits))


async def test_gates_that_nobody_needs_any_more_are_removed(gates: Gates) -> None:
    hook = await gates.hook(concurrency=[{"most": 1, "key": "$.key"}])
    done, queued = await gates.send(hook, *numbered(2, keys=2))
    await gates.work([done])
    await execute("UPDATE gate SET created_at = now() - interval '2 minutes'")
    await remove_idle_gates()
    rows = await fetch("SELECT key FROM gate WHERE subject_id = $1", hook.trigger_id)
    assert [row["key"] for row in rows] == ["$.key = 1"]
    assert len(await claim_executions([queued])) == 1


async def test_without_gates_a_claim_asks_the_database_once(
    gates: Gates, monkeypatch: pytest.MonkeyPatch
) -> None:
    (execution_id,) = await gates.send(await gates.hook(), {"id": 1})

    async def refused(_ids: list[UUID]) -> None:
        raise AssertionError("no gate is asked")

    monkeypatch.setattr(claiming, "_claim_gated", refused)
    assert len(await claim_executions([execution_id])) == 1
    assert (await gates.line.execution(execution_id))["gates"] is None
