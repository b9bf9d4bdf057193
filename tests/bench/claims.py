"""`python -m tests.bench.claims EXECUTION AMOUNT`: how many executions a second are claimed.

Copies of an execution, due now, are claimed as many at a time as a worker does, by one that does
nothing else; they are removed afterwards.
"""

import asyncio
import sys
import time
from uuid import UUID

from domain.operations.claim_executions import claim_executions
from domain.operations.run_executions import MOST_A_CLAIM
from domain.store.database import close_pool, execute, fetch, open_pool

# Ids of the same millisecond, so that they lie where executions of this day do.
COPY = """
INSERT INTO execution (id, team_id, event_id, trigger_id, trigger_version_id, workflow_id,
    workflow_version_id, workflow_version, state)
SELECT overlay(gen_random_uuid()::text placing left(x.id::text, 15) from 1)::uuid, x.team_id,
    x.event_id, x.trigger_id, x.trigger_version_id, x.workflow_id, x.workflow_version_id,
    x.workflow_version, 'queued'
FROM execution x, generate_series(1, $2::integer) WHERE x.id = $1 RETURNING id
"""


async def _claims_per_second(model: UUID, amount: int) -> float:
    await open_pool(1)
    try:
        ids = [row["id"] for row in await fetch(COPY, model, amount)]
        began, claimed = time.perf_counter(), 0
        for start in range(0, amount, MOST_A_CLAIM):
            claimed += len(await claim_executions(ids[start : start + MOST_A_CLAIM]))
        took = time.perf_counter() - began
        await execute("DELETE FROM execution WHERE id = ANY ($1)", ids)
    finally:
        await close_pool()
    return claimed / took


if __name__ == "__main__":
    print(asyncio.run(_claims_per_second(UUID(sys.argv[1]), int(sys.argv[2]))))
