"""What an execution waits for before it may run, and how long it has waited."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.execution_states import TERMINAL, ExecutionState
from domain.store.database import fetch_one
from domain.store.pages import id_range

MOST_COUNTED = 1_000
_OPEN = ", ".join(f"'{state}'" for state in ExecutionState if state not in TERMINAL)


@dataclass(frozen=True, slots=True)
class Waited:
    """`waits_for` is None where it waits for nothing now. Of a gate its `scope`, `key` and how many
    it lets in at `most`; how many wait `before` it (counted up to `MOST_COUNTED`), and `behind`
    whom: the one of an order whose turn it is, or one that runs.

    `held_back_at`: when its event was first put to wait, if it was. `due_at` is when a gate let it
    in (None: not yet), as long as it has been tried no more than once (`first_due`)."""

    waits_for: str | None
    scope: str | None
    key: str | None
    most: int | None
    before: int
    behind: UUID | None
    has_gates: bool
    first_due: bool
    due_at: datetime | None
    held_back_at: datetime | None


_WAITED = f"""
SELECT x.waits_for, g.scope, g.key, g.most,
    CASE WHEN isfinite(x.due_at) THEN x.due_at END AS due_at,
    x.gates IS NOT NULL AS has_gates, x.attempt <= 1 AND x.state <> 'retrying' AS first_due,
    CASE WHEN x.waits_for IN ('concurrency', 'order') THEN
        (SELECT count(*)::integer FROM (SELECT FROM execution b WHERE b.team_id = $1
            AND b.waits_on = x.waits_on AND b.id < x.id AND b.state IN ('queued', 'retrying')
            LIMIT $5) counted) ELSE 0 END AS before,
    CASE g.scope WHEN 'order' THEN
        (SELECT b.id FROM execution b WHERE b.team_id = $1 AND b.gates[1] = g.id
            AND b.gates IS NOT NULL AND b.state IN ({_OPEN}) ORDER BY b.event_id, b.id LIMIT 1)
    ELSE
        (SELECT b.id FROM execution b WHERE b.team_id = $1 AND b.gates @> ARRAY[g.id]
            AND b.gates IS NOT NULL AND b.state = 'running' ORDER BY b.id LIMIT 1)
    END AS behind,
    CASE WHEN x.replay_of IS NULL THEN
        (SELECT min(c.decided_at) FROM decision c WHERE c.team_id = $1 AND c.event_id = x.event_id
            AND c.id >= $3 AND c.id < $4 AND c.trigger_id = x.trigger_id
            AND (c.verdict = 'deferred' OR c.reason = 'held'))
    END AS held_back_at
FROM execution x
LEFT JOIN gate g ON g.team_id = $1 AND g.id = x.waits_on
WHERE x.team_id = $1 AND x.id = $2
"""


async def waited(team_id: UUID, execution_id: UUID) -> Waited | None:
    """What the team's execution waits for, and has waited for; None: there is no such one."""
    bounds = id_range([execution_id])
    row = await fetch_one(_WAITED, team_id, execution_id, *bounds, MOST_COUNTED)
    if row is None:
        return None
    facts = dict(row)
    if facts["behind"] == execution_id:
        facts["behind"] = None
    return Waited(**facts)
