"""Keys of the JSON API. Only their hashes are kept."""

from typing import Any
from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import Row, execute, fetch_one
from domain.store.tables_of_access import ApiKey

MOST_LISTED = 200


async def add_api_key(team_id: UUID, name: str, role: str, prefix: str, key_hash: bytes) -> UUID:
    """Store a new key's hash; its id."""
    key_id = new_id()
    key = ApiKey(id=key_id, team_id=team_id, name=name, role=role, prefix=prefix, key_hash=key_hash)
    await ApiKey.insert(key)
    return key_id


async def find_api_key(key_hash: bytes) -> Row | None:
    """The key of this hash that is not revoked: id, team_id, name, role, stale (use not noted
    within the last minute)."""
    return await fetch_one(
        "SELECT id, team_id, name, role, key_hash, "
        "used_at IS NULL OR used_at < now() - interval '1 minute' AS stale "
        "FROM api_key WHERE key_hash = $1 AND revoked_at IS NULL",
        key_hash,
    )


async def note_used(key_id: UUID) -> None:
    """Remember that the key is in use."""
    await execute("UPDATE api_key SET used_at = now() WHERE id = $1", key_id)


async def list_api_keys(team_id: UUID) -> list[dict[str, Any]]:
    """The team's keys, newest first, by their visible prefixes."""
    return (
        await ApiKey.select(
            ApiKey.id,
            ApiKey.name,
            ApiKey.role,
            ApiKey.prefix,
            ApiKey.created_at,
            ApiKey.used_at,
            ApiKey.revoked_at,
        )
        .where(ApiKey.team_id == team_id)
        .order_by(ApiKey.id, ascending=False)
        .limit(MOST_LISTED)
    )


async def revoke(team_id: UUID, key_id: UUID) -> Row | None:
    """Revoke a key in use; its name, role and prefix, or None when there is none."""
    return await fetch_one(
        "UPDATE api_key SET revoked_at = now() "
        "WHERE team_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING name, role, prefix",
        team_id,
        key_id,
    )
