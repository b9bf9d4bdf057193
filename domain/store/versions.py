"""Immutable versions, and the hook that a token opens: what the pipeline reads of configuration."""

from collections.abc import Sequence
from uuid import UUID

from domain.store.database import Row, fetch


async def trigger_versions(ids: Sequence[UUID]) -> Sequence[Row]:
    """Trigger versions by id."""
    return await fetch(
        "SELECT id, team_id, trigger_id, number, workflow_id, config, condition_config, limits, "
        "retry FROM trigger_version WHERE id = ANY ($1)",
        list(ids),
    )


async def workflow_versions(ids: Sequence[UUID]) -> Sequence[Row]:
    """Workflow versions by id."""
    return await fetch(
        "SELECT id, team_id, workflow_id, number, steps, policy FROM workflow_version "
        "WHERE id = ANY ($1)",
        list(ids),
    )


async def hook(token: str) -> Sequence[Row]:
    """The webhook trigger that `token` opens, one row for each live secret, newest first (or a
    single row without one). No rows: unknown, deleted, and disabled are the same, unless a disabled
    one is to hold or keep what comes."""
    return await fetch(
        "SELECT t.id AS trigger_id, t.team_id, t.kind, v.config, s.id AS secret_id, s.ciphertext, "
        "v.limits, m.rate_limits AS team_limits, "
        "coalesce(greatest(t.limits_lifted_until, m.limits_lifted_until) > now(), false) "
        "AS limits_lifted FROM trigger t JOIN team m ON m.id = t.team_id "
        "JOIN trigger_version v ON v.team_id = t.team_id AND v.id = t.version_id "
        "LEFT JOIN trigger_secret s ON s.team_id = t.team_id AND s.trigger_id = t.id "
        "AND (s.retired_at IS NULL OR s.retired_at > now()) "
        "WHERE t.hook_token = $1 AND t.deleted_at IS NULL "
        "AND (t.enabled OR t.holds OR v.config ->> 'when_disabled' = 'keep') "
        "ORDER BY s.id DESC",
        token,
    )


async def secrets(team_id: UUID, names: Sequence[str]) -> Sequence[Row]:
    """The team's secrets of these names, still encrypted."""
    return await fetch(
        "SELECT id, name, ciphertext FROM secret WHERE team_id = $1 AND name = ANY ($2)",
        team_id,
        list(names),
    )
