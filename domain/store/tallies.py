"""Counts by trigger, hour and outcome: what the sparklines show.

Workers only insert (nobody waits for anybody's counter); the clock process folds the rows into
one per hour. A reader adds what is not folded yet.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import execute

Counted = Mapping[tuple[UUID, UUID, str], int]
"""Amounts by (team, trigger, outcome)."""


async def add(counted: Counted) -> None:
    """Count outcomes of this hour, in the current transaction if any."""
    if not counted:
        return
    teams, triggers, outcomes = zip(*counted, strict=True)
    await execute(
        "INSERT INTO tally (id, team_id, trigger_id, hour, outcome, amount) "
        "SELECT id, team_id, trigger_id, date_trunc('hour', now()), outcome, amount "
        "FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[]) "
        "AS t (id, team_id, trigger_id, outcome, amount)",
        [new_id() for _ in counted],
        list(teams),
        list(triggers),
        list(outcomes),
        list(counted.values()),
    )


async def fold() -> int:
    """Add the waiting counts to their hours; how many rows were folded. One statement: a count is
    either still waiting or folded, never both or neither. Ordered, so two folds cannot deadlock."""
    return await execute(
        "WITH gone AS (DELETE FROM tally WHERE id IN (SELECT id FROM tally ORDER BY id LIMIT 20000 "
        "FOR UPDATE SKIP LOCKED) RETURNING *), "
        # What became of slots is also counted without saying whose they were.
        "system AS (INSERT INTO system_reliability AS r (hour, outcome, amount) "
        "SELECT hour, outcome, sum(amount) FROM gone "
        "WHERE outcome LIKE 'slot:%' OR outcome LIKE 'skew:%' "
        "GROUP BY hour, outcome ORDER BY hour, outcome "
        "ON CONFLICT (hour, outcome) DO UPDATE SET amount = r.amount + excluded.amount) "
        "INSERT INTO trigger_hour AS h (id, team_id, trigger_id, hour, outcome, amount) "
        "SELECT min(id::text)::uuid, team_id, trigger_id, hour, outcome, sum(amount) FROM gone "
        "GROUP BY team_id, trigger_id, hour, outcome ORDER BY trigger_id, hour, outcome "
        "ON CONFLICT (trigger_id, hour, outcome) DO UPDATE SET amount = h.amount + excluded.amount"
    )


async def forget(before: datetime, most: int) -> int:
    """Delete up to `most` counts of a trigger's hours from before then; how many. Those of the
    installation as a whole go with them."""
    await execute("DELETE FROM system_reliability WHERE hour < $1", before)
    return await execute(
        "DELETE FROM trigger_hour WHERE id IN "
        "(SELECT id FROM trigger_hour WHERE hour < $1 LIMIT $2)",
        before,
        most,
    )
