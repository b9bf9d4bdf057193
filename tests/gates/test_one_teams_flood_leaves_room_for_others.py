"""Fair share: what one team has waiting keeps no other team's events and executions waiting."""

import asyncio
import json
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fair_queue import FairQueue
from domain.operations.sweep import MOST_A_SWEEP, MOST_EXECUTIONS_A_SWEEP, Turns, sweep
from domain.rules.ids import new_id
from domain.store import backlog, executions
from domain.store import gates as gate_rows
from domain.store.database import execute, fetch, transaction
from tasks.bell import rung_for
from tests.gates.conftest import Gates

FLOOD = 3_000

_QUEUE = """
INSERT INTO execution (id, team_id, event_id, trigger_id, trigger_version_id, workflow_id,
    workflow_version_id, workflow_version, state, due_at)
SELECT overlay(x.id::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, x.team_id, x.event_id,
    x.trigger_id, x.trigger_version_id, x.workflow_id, x.workflow_version_id, x.workflow_version,
    'queued', now() - interval '1 hour'
FROM execution x, generate_series(1, $2) n WHERE x.id = $1
"""
_PEND = """
INSERT INTO pending_event (event_id, team_id, trigger_id, size, received_at)
SELECT overlay($1::uuid::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, $2, $3, 1,
    now() - interval '1 hour' FROM generate_series(1, $4) n
"""


async def flood(gates: Gates, count: int = FLOOD) -> None:
    """So many executions of Alice's team, due for an hour."""
    (first,) = await gates.send(await gates.hook(), {"id": 1})
    await execute(_QUEUE, first, count)


async def of_charlie(gates: Gates) -> UUID:
    """One of Charlie's team, due since now."""
    world = gates.line.world
    workflow_id = await world.workflow(gates.line.call(), actor=world.charlie)
    saved = await world.trigger(workflow_id, actor=world.charlie)
    hook = await gates.line.receiver.find_hook(str(saved.row.hook_token))
    assert hook is not None
    (execution_id,) = await gates.send(hook, {"id": 1})
    return execution_id


async def test_a_sweep_rings_for_every_team_however_much_one_has_queued(gates: Gates) -> None:
    await flood(gates)
    other = await of_charlie(gates)
    rung: dict[UUID, UUID] = {}
    await sweep(lambda _: None, rung.update, patience_s=0.0)
    assert rung[other] == gates.line.world.charlie.team_id
    # Teams of other tests may have theirs in the same database, and take their share.
    assert 20 <= len(rung) <= MOST_EXECUTIONS_A_SWEEP


async def test_a_sweep_rings_for_every_teams_events_however_many_one_has(gates: Gates) -> None:
    world = gates.line.world
    await execute(_PEND, new_id(), world.alice.team_id, new_id(), FLOOD)
    later = new_id()
    await execute(_PEND, later, world.charlie.team_id, new_id(), 1)
    rung: dict[UUID, UUID] = {}
    await sweep(rung.update, lambda _: None, patience_s=0.0)
    assert world.charlie.team_id in rung.values()
    assert 20 <= len(rung) <= MOST_A_SWEEP


async def test_where_there_are_more_teams_than_a_sweep_can_ask_each_has_its_turn(
    gates: Gates, monkeypatch: pytest.MonkeyPatch
) -> None:
    await flood(gates)
    await of_charlie(gates)
    monkeypatch.setattr(backlog, "MOST_TEAMS", 1)
    turns, seen = Turns(), Counter[UUID]()
    for _ in range(4):
        rung: dict[UUID, UUID] = {}
        await sweep(lambda _: None, rung.update, 0.0, turns)
        seen.update(set(rung.values()))
    world = gates.line.world
    assert set(seen) == {world.alice.team_id, world.charlie.team_id}


async def test_a_worker_that_is_told_of_a_flood_runs_what_comes_after_it_at_once(
    gates: Gates,
) -> None:
    line = gates.line
    line.target.behave("/notify", "slow/0.05")
    await flood(gates)
    other = await of_charlie(gates)
    runner = line.new_runner()
    rows = await fetch("SELECT id FROM execution WHERE state = 'queued' AND id <> $1", other)
    # As a ring of an older version, which does not say whose they are.
    runner.take([row["id"] for row in rows])
    runner.take([other])
    await line.settled(other, "succeeded")
    await execute(
        "UPDATE execution SET state = 'canceled', finished_at = now() WHERE state = 'queued'"
    )
    (before,) = await fetch("SELECT count(*) AS n FROM execution WHERE state = 'succeeded' AND "
                            "team_id = $1", line.world.alice.team_id)  # fmt: skip
    assert before["n"] < FLOOD / 4
    await runner.stop(within_s=2.0)


async def test_claims_find_their_rows_by_id_however_much_is_queued(gates: Gates) -> None:
    """Also while the planner knows nothing yet of what has just been queued: it then takes the
    index of what is due for a short one."""
    await flood(gates, 20_000)
    rows = await fetch("SELECT id FROM execution WHERE state = 'queued' LIMIT 64")
    ids = [row["id"] for row in rows]
    for sql in (executions._CLAIM_FREE, executions._CLAIM, gate_rows._CANDIDATES):
        used = {str(node["Index Name"]) for node in await plan(sql, ids) if "Index Name" in node}
        assert used, sql
        assert all(name.endswith("_pkey") for name in used), (used, sql)


async def test_nothing_that_looks_for_work_reads_all_of_it(gates: Gates) -> None:
    await flood(gates, 20_000)
    (sample,) = await fetch(
        "SELECT team_id, tableoid::regclass::text AS day FROM execution "
        "WHERE state = 'queued' LIMIT 1"
    )
    asked: list[tuple[str, tuple[object, ...]]] = [
        (backlog._DUE, (0.0, 500)),
        (backlog._DUE_TEAMS, (UUID(int=0), 10)),
        (backlog._DUE_OF_TEAMS, ([sample["team_id"]], 500)),
        (gate_rows._RUNNING, ([new_id()],)),
        (gate_rows._WAITING, ([new_id()], [1])),
        (gate_rows._TURNS, ([new_id()], [None])),
        (gate_rows._WAITED_FOR, (UUID(int=0), 10)),
    ]
    async with transaction():
        await execute(backlog._IN_ORDER)
        for sql, arguments in asked:
            for node in await plan(sql, *arguments):
                read = (node["Node Type"], node.get("Relation Name"))
                assert read != ("Seq Scan", sample["day"]), sql
                assert node["Actual Rows"] <= 600, (read, sql)


async def plan(sql: str, *arguments: object) -> list[dict[str, Any]]:
    """The nodes of the plan that a statement was just carried out with."""
    rows = await fetch(f"EXPLAIN (ANALYZE, TIMING off, FORMAT json) {sql}", *arguments)
    return nodes(json.loads(rows[0]["QUERY PLAN"])[0]["Plan"])


def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan's node, and all below it."""
    return [node, *(below for each in node.get("Plans", ()) for below in nodes(each))]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30)), max_size=12),
    st.dictionaries(st.integers(0, 4), st.integers(0, 12)),
    st.integers(0, 60),
)
def test_a_fair_queue_gives_each_lane_its_share(
    filled: list[tuple[int, int]], held: dict[int, int], most: int
) -> None:
    """Nobody has more than one place more than who still waits, and each lane keeps its order."""
    queue: FairQueue[tuple[int, int], None] = FairQueue(10_000)
    put: Counter[int] = Counter()
    for lane, count in filled:
        for _ in range(count):
            assert queue.put((lane, put[lane]), None, lane)
            put[lane] += 1
    taken = [key for key, _ in queue.take(most, held, ceiling=20)]
    got = Counter(lane for lane, _ in taken)
    for lane in put:
        assert [number for each, number in taken if each == lane] == list(range(got[lane]))
    waiting = [lane for lane in put if got[lane] < put[lane]]
    for lane in waiting:
        for other in got:
            if held.get(lane, 0) + got[lane] < 20:
                assert held.get(other, 0) + got[other] <= held.get(lane, 0) + got[lane] + 1 or (
                    got[other] == 0
                )
    assert len(queue) == sum(put.values()) - len(taken)


def test_a_ring_says_whose_rows_it_is_about_and_one_of_an_older_version_does_not() -> None:
    rows, teams = [new_id(), new_id()], [new_id(), new_id()]
    texts = [str(each) for each in rows]
    assert rung_for(texts, [str(each) for each in teams]) == dict(zip(rows, teams, strict=True))
    assert list(rung_for(texts, ())) == rows
    assert list(rung_for(texts, [str(teams[0]), ""])) == rows


async def test_events_of_a_team_are_decided_while_another_teams_flood_waits(gates: Gates) -> None:
    """The decider's passes take the teams in turn."""
    line = gates.line
    hook = await gates.hook()
    events = [(await line.send(hook, {"id": number})).event_id for number in range(600)]
    teams = dict.fromkeys(events, hook.team_id)
    line.rung_events.clear()
    other = await of_charlie_undecided(gates)
    flooding = asyncio.create_task(line.decider.decide(teams))
    await asyncio.sleep(0)
    await line.decider.decide({other: line.world.charlie.team_id})
    (left,) = await fetch("SELECT count(*) AS n FROM pending_event")
    await flooding
    assert left["n"] > 0


async def of_charlie_undecided(gates: Gates) -> UUID:
    world = gates.line.world
    workflow_id = await world.workflow(gates.line.call(), actor=world.charlie)
    saved = await world.trigger(workflow_id, actor=world.charlie)
    hook = await gates.line.receiver.find_hook(str(saved.row.hook_token))
    assert hook is not None
    event_id = (await gates.line.send(hook, {"id": 1})).event_id
    gates.line.rung_events.clear()
    return event_id
