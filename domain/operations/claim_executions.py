"""Claim executions that are due, those with gates only as far as these let them through."""

from collections.abc import Sequence
from uuid import UUID

from domain.logs import logger
from domain.rules.gates import let_through
from domain.store import executions, gates
from domain.store.database import Row, transaction

log = logger(__name__)


async def claim_executions(ids: Sequence[UUID]) -> list[Row]:
    """Take a lease on those of `ids` that are due and that their gates let through; what running
    them needs. Whoever is held back waits until somebody is let out."""
    free = await executions.claim_free(ids)
    if not free.gated:
        return free.rows
    try:
        return [*free.rows, *(await _claim_gated(free.gated))]
    except Exception as failure:
        if not free.rows:
            raise
        # The others are ours by now: left alone, each would count as a lost worker's. These stay
        # due, and the next sweep rings for them.
        log.warning("gated_claim_failed", error=repr(failure))
        return free.rows


async def _claim_gated(ids: Sequence[UUID]) -> Sequence[Row]:
    """Claim those that their gates let through, one claim after the other at each gate."""
    async with transaction():
        # 1. In the order of their ids. Who had one of them before has committed by now.
        locked = await gates.lock_those_of(ids)
        # 2. With statements that begin after that: who is due still, who runs, whose turn it is.
        candidates = await gates.candidates(ids)
        passed = let_through(candidates, await gates.look_at(locked))
        # 3. Nobody is between the count and the claim: the locks are held until both are on record.
        await gates.hold(dict(passed.held))
        return await executions.claim(passed.through) if passed.through else []
