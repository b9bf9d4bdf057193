"""Kill -9 around the commit that turns an execution's end into the next workflow's event."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from tests.conftest import fresh_installation
from tests.faults.trap import trap_at
from tests.support.installation import Installation, wait_until
from tests.support.servers import TestServers

NUMBER = 12

_TOLD = """
SELECT e.caused_by, d.verdict, x.state FROM event e
LEFT JOIN decision d ON d.event_id = e.id
LEFT JOIN execution x ON x.id = d.execution_id
WHERE e.kind = 'workflow'
"""


def rows(installation: Installation, sql: str) -> list[Any]:
    """What the database answers."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(installation.env["DATABASE_URL"])
        try:
            found: list[Any] = await connection.fetch(sql)
            return found
        finally:
            await connection.close()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "point", ["settle.after_commit", "chains.before_commit", "chains.after_commit"]
)
def test_each_end_starts_the_next_workflow_once(servers: TestServers, point: str) -> None:
    with fresh_installation(servers) as installation:
        team = installation.team("alice")
        first, then = team.workflow(team.step()), team.workflow(team.step("/then", body={}))
        hook = team.trigger(first)
        draft = {"name": "Then", "kind": "workflow", "workflow_id": then,
                 "config": {"source_workflow_id": first, "on": "succeeded"}}  # fmt: skip
        assert team.api.post("/triggers", json=draft).status_code == 201
        installation.kill("worker")
        with trap_at(point) as trap:
            installation.start("worker", **trap.env)
            for number in range(NUMBER):
                sent = httpx.post(hook.url, json={"id": f"e{number}"})
                assert sent.status_code == 202
            trap.wait()
            installation.kill("worker")
        installation.start("worker")
        rows(installation, "UPDATE execution SET lease_until = now() WHERE state = 'running'")

        def all_done() -> bool:
            told = rows(installation, _TOLD)
            return len(told) >= NUMBER and all(row["state"] == "succeeded" for row in told)

        wait_until(all_done, 20.0, "all chains to end")
        told = rows(installation, _TOLD)
        assert len(told) == NUMBER
        assert len({row["caused_by"] for row in told}) == NUMBER
        assert rows(installation, "SELECT FROM pending_chain") == []
