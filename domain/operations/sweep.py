"""The sweep: rings for whatever nobody has taken up, so that no ring needs to arrive.

Runs in the clock process twice a second, and in a worker while Redis is away, where the "ring"
is the worker's own intake.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.clock import utc_now
from domain.logs import logger
from domain.operations.start_chained import MOST_A_PASS, start_chained
from domain.rules.retries import GiveUp, decide_lost_lease
from domain.store import events, executions, shadows, tallies
from domain.store.database import transaction

MOST_A_SWEEP = 500
# Younger than this, a ring is most likely on its way.
RING_MAY_TAKE_S = 1.0

log = logger(__name__)

Ring = Callable[[Sequence[UUID]], None]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep rang for."""

    events: int
    executions: int
    lost: int


async def sweep(
    ring_events: Ring, ring_executions: Ring, patience_s: float = RING_MAY_TAKE_S
) -> Swept:
    """Ring for events and executions that wait longer than `patience_s` seconds, for retries
    whose time has come, and for executions whose worker is gone."""
    lost = await take_back_lost_executions()
    event_ids = await events.waiting(patience_s, MOST_A_SWEEP)
    execution_ids = await executions.due(patience_s, MOST_A_SWEEP)
    if event_ids:
        ring_events(event_ids)
    if execution_ids:
        ring_executions(execution_ids)
    return Swept(len(event_ids), len(execution_ids), lost)


async def take_back_lost_executions() -> int:
    """End the attempts of executions whose lease ran out, as unknown; how many.

    They are due again at once. After three lost leases an execution is dead: whatever it does, it
    seems to take its workers down.
    """
    async with transaction():
        rows = await executions.expired(MOST_A_SWEEP)
        for row in rows:
            decision = decide_lost_lease(row["lost_leases"] + 1, utc_now())
            dead = isinstance(decision, GiveUp)
            await executions.give_up_lease(row["id"], "dead" if dead else "retrying", "worker_lost")
            if dead:
                await tallies.add({(row["team_id"], row["trigger_id"], "failed"): 1})
            log.warning("lease_lost", execution_id=str(row["id"]), dead=dead)
    return len(rows)


async def sweep_chains(ring_events: Ring, patience_s: float = RING_MAY_TAKE_S) -> int:
    """Tell of ends that no worker told of, because it was killed or they ended without one; how
    many of them."""
    told = 0
    while told < MOST_A_SWEEP:
        chained = await start_chained(patience_s)
        if chained.event_ids:
            ring_events(chained.event_ids)
        told += chained.taken
        if chained.taken < MOST_A_PASS:
            break
    return told


async def sweep_shadows(ring: Ring) -> int:
    """Ring for the shadows that have events waiting; how many. Apart from the rest: whatever goes
    wrong with a draft, events and executions are rung for."""
    ids = await shadows.waiting(MOST_A_SWEEP)
    if ids:
        ring(ids)
    return len(ids)
