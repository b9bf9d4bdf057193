"""In order: one execution after the other, in the order of the events, whatever becomes of them."""

import time
from typing import Any
from uuid import UUID

from domain.operations.claim_executions import claim_executions
from domain.operations.open_gates import open_gates
from domain.rules.ids import new_id
from domain.rules.lanes import lane_id
from domain.store import executions
from domain.store import gates as gate_rows
from domain.store.database import execute, fetch
from tests.gates.conftest import Gates, settlement

BY_KEY = {"in_order": {"key": "$.key"}}


async def test_under_many_workers_the_events_of_each_key_run_one_by_one_in_order(
    gates: Gates,
) -> None:
    hook = await gates.hook(**BY_KEY)
    bodies = [{"id": number, "key": number % 3} for number in range(36)]
    ids = await gates.send(hook, *bodies)
    await gates.work(ids, workers=6)
    rows = await fetch("SELECT id, gates[1] AS gate_id, event_id FROM execution "
                       "WHERE id = ANY ($1) ORDER BY event_id", ids)  # fmt: skip
    assert set(gates.most.values()) == {1}
    for gate_id in {row["gate_id"] for row in rows}:
        in_order = [row["id"] for row in rows if row["gate_id"] == gate_id]
        assert [each for each in gates.ran if each in set(in_order)] == in_order


async def test_who_fails_and_backs_off_keeps_the_others_of_its_key_waiting(gates: Gates) -> None:
    first, second, other = await gates.send(
        await gates.hook(**BY_KEY), {"key": "a"}, {"key": "a"}, {"key": "b"}
    )
    rows = await claim_executions([first, second, other])
    assert {row["id"] for row in rows} == {first, other}
    failed = next(row for row in rows if row["id"] == first)
    settled = await executions.settle([settlement(failed, "retrying", delay_s=3600.0)])
    assert await open_gates(list(settled.gates)) == {}
    assert await gates.let_in() == []
    assert await gates.waits(second) == ["order"]


async def test_an_outcome_that_a_person_has_to_settle_keeps_the_others_waiting(
    gates: Gates,
) -> None:
    first, second = await gates.send(await gates.hook(**BY_KEY), {"key": "a"}, {"key": "a"})
    (row,) = await claim_executions([first, second])
    await executions.settle([settlement(row, "unknown")])
    assert await gates.let_in() == []
    await execute(
        "UPDATE execution SET state = 'canceled', finished_at = now() WHERE id = $1", first
    )
    assert await gates.let_in() == [second]


async def test_an_event_that_came_before_and_is_not_decided_is_waited_for(gates: Gates) -> None:
    hook = await gates.hook(**BY_KEY)
    line = gates.line
    early = (await line.send(hook, {"key": "a"})).event_id
    rung, line.rung_events[:] = list(line.rung_events), []
    (late,) = await gates.send(hook, {"key": "a"})
    assert await claim_executions([late]) == []
    line.rung_events.extend(rung)
    await line.decide()
    before = (await line.decision(early))["execution_id"]
    assert await gates.let_in() == []
    (row,) = await claim_executions([before])
    settled = await executions.settle([settlement(row)])
    assert list(await open_gates(list(settled.gates))) == [late]


async def test_an_event_of_the_same_key_that_waits_for_room_is_waited_for(gates: Gates) -> None:
    hook = await gates.hook(**BY_KEY)
    mine, others = await gates.send(hook, {"key": "a"}, {"key": "b"})
    await wait_in_lane(hook, mine, '"a"')
    assert [row["id"] for row in await claim_executions([mine, others])] == [others]
    assert await gates.waits(mine) == ["order"]


async def wait_in_lane(hook: Any, execution_id: UUID, key: str) -> None:
    """Stands for an event of the key that came before that of the execution, and was deferred."""
    lane = lane_id(hook.trigger_id, "limit", key)
    await execute(
        "INSERT INTO lane (id, team_id, trigger_id, why, key, waiting, due_at) "
        "VALUES ($1, $2, $3, 'limit', $4, 1, 'infinity')", lane, hook.team_id, hook.trigger_id, key,
    )  # fmt: skip
    await execute(
        "INSERT INTO waiting_event (event_id, team_id, trigger_id, lane_id, why, size) "
        "SELECT '00000000-0000-7000-8000-000000000000'::uuid, team_id, trigger_id, $2, 'limit', 1 "
        "FROM execution WHERE id = $1", execution_id, lane,
    )  # fmt: skip


async def test_whose_turn_it_is_is_found_by_indexes_however_many_wait(gates: Gates) -> None:
    nobody: list[Any] = [[UUID(int=1)], [None]]
    (row,) = await fetch(f"EXPLAIN (FORMAT JSON) {gate_rows._TURNS}", *nobody)
    plan = row["QUERY PLAN"]
    # A join would read all who wait, once for each gate; as it did.
    assert "Join" not in plan.replace("Nested Loop", "").replace("Join Type", "")
    assert plan.count('"SubPlan"') == 3


def test_of_two_events_within_a_millisecond_the_first_is_the_earlier_one() -> None:
    made = []
    for _ in range(200):
        made.append(new_id())
        begun = time.time_ns()
        while time.time_ns() < begun + 1_000:
            pass
    assert made == sorted(made)
