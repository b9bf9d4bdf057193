"""The sweep: rings for whatever nobody has taken up, so that no ring needs to arrive.

Runs in the clock process twice a second, and in a worker while Redis is away, where the "ring"
is the worker's own intake.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.clock import utc_now
from domain.logs import logger
from domain.operations.start_chained import MOST_A_PASS, start_chained
from domain.rules.failures import WORKER_LOST, fingerprint
from domain.rules.retries import GiveUp, decide_lost_lease
from domain.store import backlog, given_up, shadows, tallies
from domain.store.database import transaction
from domain.store.given_up import Ending

MOST_A_SWEEP = 500
# Twice a second: more than a worker runs in that time, or a backlog would be all that limits it.
MOST_EXECUTIONS_A_SWEEP = 1_000
# Younger than this, a ring is most likely on its way.
RING_MAY_TAKE_S = 1.0
_LOST = "The worker that ran it was lost."

log = logger(__name__)

Ring = Callable[[Sequence[UUID]], None]
RingWithTeams = Callable[[Mapping[UUID, UUID]], None]


@dataclass(slots=True)
class Turns:
    """After which team the next sweep goes on, where there is more than it can ring for."""

    events: UUID | None = None
    executions: UUID | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep rang for."""

    events: int
    executions: int
    lost: int


async def sweep(
    ring_events: RingWithTeams,
    ring_executions: RingWithTeams,
    patience_s: float = RING_MAY_TAKE_S,
    turns: Turns | None = None,
) -> Swept:
    """Ring for events and executions that wait longer than `patience_s` seconds, for retries
    whose time has come, and for executions whose worker is gone; each with its team."""
    turns = turns or Turns()
    lost = await take_back_lost_executions()
    events = await backlog.waiting_events(patience_s, MOST_A_SWEEP, turns.events)
    executions = await backlog.due_executions(patience_s, MOST_EXECUTIONS_A_SWEEP, turns.executions)
    turns.events, turns.executions = events.after, executions.after
    if events.teams:
        ring_events(events.teams)
    if executions.teams:
        ring_executions(executions.teams)
    return Swept(len(events.teams), len(executions.teams), lost)


async def take_back_lost_executions() -> int:
    """End the attempts of executions whose lease ran out, as unknown; how many.

    They are due again at once. After three lost leases an execution is dead: whatever it does, it
    seems to take its workers down.
    """
    async with transaction():
        rows = await given_up.expired(MOST_A_SWEEP)
        for row in rows:
            decision = decide_lost_lease(row["lost_leases"] + 1, utc_now())
            dead = isinstance(decision, GiveUp)
            state = "dead" if dead else "retrying"
            alike = fingerprint(row["workflow_id"], None, WORKER_LOST, None, _LOST)
            await given_up.give_up_lease(Ending(row["id"], state, WORKER_LOST, _LOST, alike))
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
