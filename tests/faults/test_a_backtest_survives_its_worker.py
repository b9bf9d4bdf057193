"""Kill -9 in the middle of a backtest: it goes on after its last chunk, judges each event once, and
starts nothing. Rows of its own in the fault catalogue's spirit:

| killed | pause point |
|--------|-------------|
| worker, a chunk judged, not written | `backtest.before_record` |
| worker, a chunk written, the next not begun | `backtest.after_record` |
"""

import asyncio
import signal
from typing import Any

import asyncpg
import pytest

from tests.faults.rig import Rig
from tests.support.installation import wait_until

NUMBER = 700
_END_LEASE = "UPDATE backtest SET lease_until = now() - interval '1 s' WHERE state = 'running'"


def fetch(rig: Rig, sql: str, *arguments: object) -> list[Any]:
    async def ask() -> list[Any]:
        connection = await asyncpg.connect(rig.database_url)
        try:
            return list(await connection.fetch(sql, *arguments))
        finally:
            await connection.close()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("point", "chunks_then"), [("backtest.before_record", 0), ("backtest.after_record", 1)]
)
def test_a_killed_workers_backtest_ends_with_the_right_sums(
    rig: Rig, point: str, chunks_then: int
) -> None:
    hook = rig.team.trigger(
        rig.team.workflow(rig.team.step()),
        conditions={"all": [{"path": "$.wanted", "op": "eq", "value": True}]},
    )
    rig.sender.send(hook.url, NUMBER, "filtered")
    rig.finish()
    path = f"/triggers/{hook.id}/backtests"

    with rig.trapped("worker", point) as trap:
        made = rig.team.api.post(path, json={"conditions": None, "last": 5_000})
        assert made.status_code == 201, made.text
        here = f"{path}/{made.json()['id']}"
        trap.wait()
        seen = rig.team.api.get(here).json()
        assert (seen["state"], seen["judged"]) == ("running", chunks_then * 500)
    rig.start("worker")
    fetch(rig, _END_LEASE)
    row = wait_until(
        lambda: (got := rig.team.api.get(here).json())["finished_at"] and got, what="its end"
    )

    assert (row["state"], row["total"], row["judged"]) == ("done", NUMBER, NUMBER)
    assert row["newly_fires"] == NUMBER
    chunks = fetch(
        rig,
        "SELECT number, event_ids, outcomes FROM backtest_chunk WHERE backtest_id = $1 "
        "ORDER BY number",
        row["id"],
    )
    ids = [event_id for chunk in chunks for event_id in chunk["event_ids"]]
    assert [chunk["number"] for chunk in chunks] == [1, 2]
    assert len(set(ids)) == len(ids) == NUMBER
    assert "".join(chunk["outcomes"] for chunk in chunks) == "n" * NUMBER
    rig.finish()  # nothing was executed: the checker would say so


def test_a_worker_that_is_told_to_end_puts_it_back(rig: Rig) -> None:
    # Each of these walks the whole document, so that it is under way when the worker is told.
    slow = {"any": [{"path": f"$..[?(@.n == {n})]", "op": "exists"} for n in range(200)]}
    rig.sender.send(rig.hook.url, NUMBER, "filtered")
    rig.finish()
    path = f"/triggers/{rig.hook.id}/backtests"
    here = f"{path}/{rig.team.api.post(path, json={'conditions': slow}).json()['id']}"
    wait_until(lambda: rig.team.api.get(here).json()["state"] == "running", what="its beginning")

    assert rig.installation.kill("worker", signal.SIGTERM) in {0, -signal.SIGTERM}

    left = rig.team.api.get(here).json()
    assert (left["state"], left["judged"] < NUMBER) == ("queued", True)
    assert rig.team.api.post(f"{here}/cancellation").json()["state"] == "canceled"
    rig.start("worker")
    rig.finish()
