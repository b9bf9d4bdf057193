"""What the clock looks for every few seconds is found by an index, however much there is."""

import json

import pytest

from domain.store import failing_triggers, given_up
from domain.store.database import execute, fetch, transaction
from tests.support.world import World


async def plan_of(sql: str, *arguments: object) -> str:
    """The plan where a whole table is read only if there is no other way."""
    async with transaction():
        await execute("SET LOCAL enable_seqscan = off")
        (row,) = await fetch(f"EXPLAIN (FORMAT JSON) {sql}", *arguments)
    return json.dumps(json.loads(row["QUERY PLAN"]))


@pytest.mark.parametrize(
    ("sql", "indexes"),
    [
        (given_up.OVERDUE, ["deadline_at"]),
        (failing_triggers.FAILING.format(and_if=""), ["trigger_disable_after", "finished_at"]),
    ],
    ids=["overdue", "failing"],
)
async def test_it_reads_an_index(world: World, sql: str, indexes: list[str]) -> None:
    plan = await plan_of(sql, 10)
    assert "Seq Scan" not in plan
    for index in indexes:
        assert index in plan
