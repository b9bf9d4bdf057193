"""Keys of the JSON API. Only their hashes are kept."""

from collections.abc import Sequence
from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import Row, execute, fetch, fetch_one


async def add_api_key(team_id: UUID, name: str, role: str, prefix: str, key_hash: bytes) -> UUID:
    """Store a new key's hash; its id."""
    key_id = new_id()
    await execute(
        "INSERT INTO api_key (id, team_id, name, role, prefix, key_hash) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        key_id,
        team_id,
        name,
        role,
        prefix,
        key_hash,
    )
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


async def list_api_keys(team_id: UUID) -> Sequence[Row]:
    """The team's keys, newest first: id, name, role, prefix, created_at, used_at, revoked_at."""
    return await fetch(
        "SELECT id, name, role, prefix, created_at, used_at, revoked_at FROM api_key "
        "WHERE team_id = $1 ORDER BY id DESC LIMIT 200",
        team_id,
    )


async def revoke(team_id: UUID, key_id: UUID) -> Row | None:
    """Revoke a key in use; its name, role and prefix, or None when there is none."""
    return await fetch_one(
        "UPDATE api_key SET revoked_at = now() "
        "WHERE team_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING name, role, prefix",
        team_id,
        key_id,
    )
