"""The sweep of backtests and trials of limits: rings for whatever nobody has taken up, so that no
ring needs to arrive.

Like `sweep.py`, in the clock process, and in a worker while Redis is away.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from domain.store import backtests, limit_trials

MOST_A_SWEEP = 100
RING_MAY_TAKE_S = 1.0


async def sweep_backtests(
    ring: Callable[[Sequence[UUID]], None], patience_s: float = RING_MAY_TAKE_S
) -> int:
    """Ring for backtests and trials of limits that wait longer than `patience_s` seconds, and for
    those whose worker is gone; how many."""
    ids = await backtests.waiting(patience_s, MOST_A_SWEEP)
    ids += await limit_trials.waiting(patience_s, MOST_A_SWEEP)
    if ids:
        ring(ids)
    return len(ids)
