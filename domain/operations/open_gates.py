"""Let in who waits at a gate, as soon as somebody has left it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from uuid import UUID

from domain.operations.rung_passes import RungPasses
from domain.store import gates
from domain.store.database import transaction

MOST_AT_ONCE = 50
"""Gates that one transaction locks: claims wait for it."""
MOST_LET_IN = 500


async def open_gates(gate_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Make due who may pass these gates now, each with its team; the oldest first, as many as there
    are places. Where a gate is gone, everybody who waits there.

    Under the same locks as a claim: whoever is put to wait by one that is under way is seen.
    Whether they get through is for their own claim to say, which looks again.
    """
    async with transaction():
        locked = await gates.lock(gate_ids)
        now = await gates.look_at(locked)
        next_in: list[UUID] = []
        for gate in now.values():
            next_in += [gate.turn] if gate.turn else gate.waits[: max(gate.places, 0)]
        for gone in set(gate_ids) - {row["id"] for row in locked}:
            next_in += await gates.waiting_at(gone, MOST_LET_IN)
        return await gates.let_in(next_in, gate_ids)


async def open_gates_left_by(execution_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The same for the gates that these executions have left, because they were ended."""
    left = await gates.left_by(execution_ids) if execution_ids else []
    return await open_gates(left) if left else {}


class GateOpener:
    """Opens gates in a worker process, as executions leave them."""

    def __init__(self, run: Callable[[Mapping[UUID, UUID]], None]) -> None:
        """`run(team by execution)` neither blocks nor fails."""
        self._run = run
        self._left: dict[UUID, None] = {}
        self._passes = RungPasses("gates", self._open_some)

    def start(self) -> None:
        """Start to listen, on the running event loop."""
        self._passes.start()

    async def close(self) -> None:
        """End. What is left to do, a clock does."""
        await self._passes.close()

    def open(self, gate_ids: Collection[UUID]) -> None:
        """Somebody has left these gates."""
        if gate_ids:
            self._left.update(dict.fromkeys(gate_ids))
            self._passes.ring()

    async def _open_some(self) -> bool:
        ids = list(islice(self._left, MOST_AT_ONCE))
        for gate_id in ids:
            del self._left[gate_id]
        let_in = await open_gates(ids) if ids else {}
        if let_in:
            self._run(let_in)
        return bool(self._left)
