"""Keys of the JSON API. Only their hashes are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import Row, execute, fetch, fetch_one

MOST_LIVE = 200
MOST_LISTED = 500
_LIVE = "k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())"


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key about to be stored. `user_id` is the member whose rights bound it, None for one that
    the operator made; `replaces` the key whose place it takes."""

    name: str
    role: str
    prefix: str
    key_hash: bytes
    expires_at: datetime | None = None
    user_id: UUID | None = None
    replaces: UUID | None = None


async def add_api_key(team_id: UUID, new: NewApiKey) -> UUID:
    """Store a new key's hash; its id."""
    key_id = new_id()
    await execute(
        "INSERT INTO api_key (id, team_id, name, role, prefix, key_hash, expires_at, user_id, "
        "replaces) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        key_id,
        team_id,
        new.name,
        new.role,
        new.prefix,
        new.key_hash,
        new.expires_at,
        new.user_id,
        new.replaces,
    )
    return key_id


async def find_api_key(key_hash: bytes) -> Row | None:
    """The live key of this hash: id, team_id, name, role, user_id, owner_role (the role that its
    owner has now; None when it has no owner), stale (use not noted within the last minute)."""
    return await fetch_one(
        "SELECT k.id, k.team_id, k.name, k.role, k.key_hash, k.user_id, m.role AS owner_role, "
        "k.used_at IS NULL OR k.used_at < now() - interval '1 minute' AS stale "
        "FROM api_key k LEFT JOIN membership m ON m.team_id = k.team_id AND m.user_id = k.user_id "
        f"WHERE k.key_hash = $1 AND {_LIVE}",
        key_hash,
    )


async def note_used(key_id: UUID) -> None:
    """Remember that the key is in use."""
    await execute("UPDATE api_key SET used_at = now() WHERE id = $1", key_id)


async def owner_of(team_id: UUID, key_id: UUID) -> UUID | None:
    """The member that a key belongs to, None for one of the operator's."""
    row = await fetch_one(
        "SELECT user_id FROM api_key WHERE team_id = $1 AND id = $2", team_id, key_id
    )
    return row["user_id"] if row else None


async def live_keys(team_id: UUID) -> int:
    """How many keys of the team open something."""
    row = await fetch_one(
        f"SELECT count(*) AS n FROM api_key k WHERE k.team_id = $1 AND {_LIVE}", team_id
    )
    return int(row["n"]) if row else 0


@dataclass(frozen=True, slots=True)
class ApiKeyListed:
    """A key as the list shows it. `replaced` is whether a live key has taken its place."""

    id: UUID
    name: str
    role: str
    owner_role: str | None
    prefix: str
    created_by: str | None
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    live: bool
    replaced: bool


_LISTED = f"""
SELECT k.id, k.name, k.role, m.role AS owner_role, k.prefix, u.name AS created_by, k.created_at,
    k.used_at, k.expires_at, k.revoked_at, {_LIVE} AS live,
    EXISTS (SELECT FROM api_key r WHERE r.team_id = k.team_id AND r.replaces = k.id
        AND r.revoked_at IS NULL) AS replaced
FROM api_key k
LEFT JOIN membership m ON m.team_id = k.team_id AND m.user_id = k.user_id
LEFT JOIN app_user u ON u.id = k.user_id
WHERE k.team_id = $1
"""


async def list_api_keys(team_id: UUID) -> list[ApiKeyListed]:
    """The team's keys by their visible prefixes: those that open something before the others,
    each newest first."""
    rows = await fetch(f"{_LISTED} ORDER BY live DESC, k.id DESC LIMIT $2", team_id, MOST_LISTED)
    return [ApiKeyListed(**row) for row in rows]


async def lock_live_key(team_id: UUID, key_id: UUID) -> ApiKeyListed | None:
    """The live key of this id; nobody else changes it until the transaction ends."""
    locked = await fetch_one(
        f"SELECT k.id FROM api_key k WHERE k.team_id = $1 AND k.id = $2 AND {_LIVE} FOR UPDATE",
        team_id,
        key_id,
    )
    # Read after the lock: what another rotation did meanwhile is seen.
    row = await fetch_one(f"{_LISTED} AND k.id = $2", team_id, key_id) if locked else None
    return ApiKeyListed(**row) if row else None


async def end_key(team_id: UUID, key_id: UUID, ends_at: datetime) -> int:
    """Have a key end at an instant, unless it ends sooner; 0 when it is not live."""
    return await execute(
        "UPDATE api_key k SET expires_at = least(k.expires_at, $3) "
        f"WHERE k.team_id = $1 AND k.id = $2 AND {_LIVE}",
        team_id,
        key_id,
        ends_at,
    )


async def revoke(team_id: UUID, key_id: UUID) -> Row | None:
    """Revoke a key in use; its name, role and prefix, or None when there is none."""
    return await fetch_one(
        "UPDATE api_key k SET revoked_at = now() "
        f"WHERE k.team_id = $1 AND k.id = $2 AND {_LIVE} RETURNING k.name, k.role, k.prefix",
        team_id,
        key_id,
    )


async def key_of_prefix(team_id: UUID, prefix: str) -> Sequence[Row]:
    """The ids of the team's live keys that begin so (two at most are looked for)."""
    return await fetch(
        f"SELECT k.id FROM api_key k WHERE k.team_id = $1 AND k.prefix = $2 AND {_LIVE} LIMIT 2",
        team_id,
        prefix,
    )
