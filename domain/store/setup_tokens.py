"""Tokens that let whoever reads the server's console make the first admin. Kept as hashes."""

from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import execute, fetch_one

LASTS_FOR = "1 day"
# One number for all processes: pg_advisory_xact_lock(key).
_LOCK = 6_144_772_011


async def add_setup_token(token_hash: bytes) -> UUID:
    """Keep a token; its id. Those that have expired go."""
    await execute(f"DELETE FROM setup_token WHERE created_at < now() - interval '{LASTS_FOR}'")
    token_id = new_id()
    await execute("INSERT INTO setup_token (id, token_hash) VALUES ($1, $2)", token_id, token_hash)
    return token_id


async def is_setup_token(token_hash: bytes) -> bool:
    """Whether this token would be taken."""
    row = await fetch_one(
        "SELECT id FROM setup_token WHERE token_hash = $1 AND used_at IS NULL "
        f"AND created_at > now() - interval '{LASTS_FOR}'",
        token_hash,
    )
    return row is not None


async def take(token_hash: bytes) -> int:
    """Use the token up; 0 when it is none, or was used."""
    return await execute(
        "UPDATE setup_token SET used_at = now() WHERE token_hash = $1 AND used_at IS NULL "
        f"AND created_at > now() - interval '{LASTS_FOR}'",
        token_hash,
    )


async def wait_for_other_setups() -> None:
    """Until the transaction ends, nobody else sets up: whoever waited sees what we did."""
    await execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
