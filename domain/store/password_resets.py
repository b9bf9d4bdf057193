"""Tokens that let someone choose a new password once. Kept as hashes."""

from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import Row, execute, fetch_one

LASTS_FOR = "1 hour"
MOST_OPEN = 5


# Still good: not used, not expired, and whoever made it for somebody else (an admin) is, also now,
# an admin of every team that the user belongs to. So a link dies with its maker's rights, and
# reaches into no team that the user joined later.
_GOOD = """
r.used_at IS NULL AND r.expires_at > now() AND (r.made_by IS NULL OR NOT EXISTS (
    SELECT FROM membership m WHERE m.user_id = r.user_id AND NOT EXISTS (
        SELECT FROM membership a WHERE a.team_id = m.team_id AND a.user_id = r.made_by
            AND a.role = 'admin')))
"""


async def add_reset(user_id: UUID, token_hash: bytes, made_by: UUID | None) -> UUID:
    """Keep a token; its id. `made_by`: the admin who passes it on, None for the user's own and the
    operator's. Someone's oldest ones end when there are too many."""
    await execute(
        "DELETE FROM password_reset WHERE user_id = $1 AND id NOT IN (SELECT id FROM "
        "password_reset WHERE user_id = $1 AND expires_at > now() ORDER BY id DESC "
        f"LIMIT {MOST_OPEN - 1})",
        user_id,
    )
    reset_id = new_id()
    await execute(
        "INSERT INTO password_reset (id, user_id, token_hash, made_by, expires_at) "
        f"VALUES ($1, $2, $3, $4, now() + interval '{LASTS_FOR}')",
        reset_id,
        user_id,
        token_hash,
        made_by,
    )
    return reset_id


async def find_by_token(token_hash: bytes) -> Row | None:
    """Whose password this token changes (user_id, email, name), or None when it does nothing."""
    return await fetch_one(
        "SELECT r.user_id, u.email, u.name FROM password_reset r JOIN app_user u "
        f"ON u.id = r.user_id WHERE r.token_hash = $1 AND {_GOOD}",
        token_hash,
    )


async def take(token_hash: bytes) -> Row | None:
    """Use the token up: of two at once only one gets the row (user_id)."""
    return await fetch_one(
        f"UPDATE password_reset r SET used_at = now() WHERE r.token_hash = $1 AND {_GOOD} "
        "RETURNING r.user_id",
        token_hash,
    )
