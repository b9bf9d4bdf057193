"""The limits of a team as a whole, and how long an admin has lifted limits."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.store.database import execute, fetch_one


class TeamLimits(NamedTuple):
    """A team's own windows, as JSON text, and until when it is not limited, by whom."""

    rate_limits: str
    lifted_until: datetime | None
    lifted_by: str | None


_TEAM = """
SELECT rate_limits, CASE WHEN limits_lifted_until > now() THEN limits_lifted_until END
    AS lifted_until, limits_lifted_by AS lifted_by
FROM team WHERE id = $1
"""


async def team_limits(team_id: UUID) -> TeamLimits | None:
    """Those of a team."""
    row = await fetch_one(_TEAM, team_id)
    return TeamLimits(**row) if row else None


async def lock_team_limits(team_id: UUID) -> TeamLimits | None:
    """The same; nobody else changes them until the transaction ends."""
    row = await fetch_one(f"{_TEAM} FOR NO KEY UPDATE", team_id)
    return TeamLimits(**row) if row else None


async def save_team_limits(team_id: UUID, rate_limits: str) -> int:
    """Change them, within the transaction that locked them."""
    return await execute(
        "UPDATE team SET rate_limits = $2::jsonb WHERE id = $1", team_id, rate_limits
    )


async def lift_of_team(team_id: UUID, minutes: int, by: str) -> datetime | None:
    """Lift all limits of the team's triggers; until when."""
    row = await fetch_one(
        "UPDATE team SET limits_lifted_until = now() + $2 * interval '1 minute', "
        "limits_lifted_by = $3 WHERE id = $1 RETURNING limits_lifted_until AS until",
        team_id,
        minutes,
        by,
    )
    return row["until"] if row else None


async def lift_of_trigger(
    team_id: UUID, trigger_id: UUID, minutes: int, by: str
) -> datetime | None:
    """Lift the limits of a trigger; until when, or None where there is no such trigger."""
    row = await fetch_one(
        "UPDATE trigger SET limits_lifted_until = now() + $3 * interval '1 minute', "
        "limits_lifted_by = $4 WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL "
        "RETURNING limits_lifted_until AS until",
        team_id,
        trigger_id,
        minutes,
        by,
    )
    return row["until"] if row else None


async def end_lift_of_team(team_id: UUID) -> int:
    """Put the limits in force again; 0 when they are."""
    return await execute(
        "UPDATE team SET limits_lifted_until = NULL WHERE id = $1 AND limits_lifted_until > now()",
        team_id,
    )


async def end_lift_of_trigger(team_id: UUID, trigger_id: UUID) -> int:
    """Put the trigger's limits in force again; 0 when they are."""
    return await execute(
        "UPDATE trigger SET limits_lifted_until = NULL WHERE team_id = $1 AND id = $2 "
        "AND limits_lifted_until > now()",
        team_id,
        trigger_id,
    )
