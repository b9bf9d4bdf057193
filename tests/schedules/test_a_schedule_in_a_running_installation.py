"""Made through the API, fired by the clock, carried out by a worker."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from tests.support.installation import Installation, wait_until
from tests.support.target import read_ledger

_SLOTS = """
SELECT s.state, s.due_at, s.started_at, e.received_at, e.id AS event_id
FROM slot s JOIN event e ON e.id = s.event_id
WHERE s.trigger_id = $1 AND s.finished_at IS NOT NULL
"""


def fetch(installation: Installation, sql: str, *arguments: object) -> list[Any]:
    """Rows of the installation's database."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(installation.env["DATABASE_URL"])
        try:
            return list(await connection.fetch(sql, *arguments))
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_once_in_three_seconds_runs_within_that_second(signalbox: Installation) -> None:
    team = signalbox.team("alice")
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    workflow_id = team.workflow(team.step("/once", body={"for": "{{ $.scheduled_for }}"}))
    draft = {
        "name": "Once",
        "kind": "schedule",
        "workflow_id": workflow_id,
        "config": {"form": "once", "at": at.isoformat(), "zone": "Europe/Berlin"},
        "conditions": {"all": [{"path": "$.zone", "op": "eq", "value": "Europe/Berlin"}]},
    }
    made = team.api.post("/triggers", json=draft)
    assert made.status_code == 201, made.text

    (slot,) = wait_until(lambda: fetch(signalbox, _SLOTS, made.json()["id"]), what="a slot's end")
    assert slot["state"] == "fired"
    assert slot["due_at"] == at
    assert slot["started_at"] - slot["due_at"] < timedelta(seconds=1)
    event = team.event(str(slot["event_id"]))
    assert [execution["state"] for execution in event["executions"]] == ["succeeded"]
    calls = [line for line in read_ledger(signalbox.ledger) if line.request == "POST /once"]
    assert len(calls) == 1
