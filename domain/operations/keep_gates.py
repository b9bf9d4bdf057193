"""What a clock does about gates: lets in who was forgotten, and removes what nobody needs."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from domain.operations.compiled_versions import CompiledVersions
from domain.operations.open_gates import MOST_AT_ONCE, open_gates
from domain.rules.gates import Gate, still_limited
from domain.store import gates
from domain.store.database import Row, transaction

MOST_A_PASS = 500
MOST_LOOKED_AT = 1_000
MOST_PORTIONS = 20
_FIRST = UUID(int=0)


class GateKeeper:
    """Looks after the gates at which executions wait, some in each pass, one after the other."""

    def __init__(self, ring: Callable[[Mapping[UUID, UUID]], None]) -> None:
        """`ring(team by execution)` neither blocks nor fails."""
        self._ring = ring
        self._versions = CompiledVersions()
        self._after = _FIRST

    async def let_in(self) -> None:
        """Let in those for whom there is room although nobody rang: a worker was killed before it
        did, an execution was ended by somebody else, or the limits allow more than they did. Costs
        one look into an index while nobody waits."""
        waited_for = await gates.waited_for(self._after, MOST_A_PASS)
        self._after = waited_for.next or _FIRST
        if not waited_for.gate_ids:
            return
        await self._keep_to_limits(waited_for.gate_ids)
        for start in range(0, len(waited_for.gate_ids), MOST_AT_ONCE):
            let_in = await open_gates(waited_for.gate_ids[start : start + MOST_AT_ONCE])
            if let_in:
                self._ring(let_in)

    async def _keep_to_limits(self, gate_ids: list[UUID]) -> None:
        """What was edited since these gates were made or changed holds for who waits there, too."""
        rows = await gates.present(gate_ids)
        triggers = await self._versions.triggers(_given(rows, "trigger_version_id"))
        workflows = await self._versions.workflows(_given(rows, "workflow_version_id"))
        for row in rows:
            gate = Gate(row["id"], row["scope"], row["subject_id"], row["key"], row["most"])
            most: int | None = gate.most
            if trigger := triggers.get(row["trigger_version_id"]):
                limited = still_limited(gate, trigger.limits)
                most = None if limited is None else limited.most
            elif workflow := workflows.get(row["workflow_version_id"]):
                most = workflow.policy.concurrency
            if most is None:
                await gates.remove([gate.id])
            elif most != gate.most:
                await gates.set_most(gate.id, most)


def _given(rows: Sequence[Row], name: str) -> set[UUID]:
    return {row[name] for row in rows if row[name] is not None}


async def remove_idle_gates() -> int:
    """Remove gates that no execution has to pass which has not ended; how many."""
    removed, after = 0, _FIRST
    for _ in range(MOST_PORTIONS):
        async with transaction():
            idle, last = await gates.idle(after, MOST_LOOKED_AT)
            await gates.remove(idle)
        removed += len(idle)
        if last is None:
            break
        after = last
    return removed
