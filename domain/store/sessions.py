"""Signed-in browsers. Looked up on every request, so that what is revoked is dead at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.team_scope import every_team

LIVES_FOR = "14 days"
MAY_IDLE_FOR = "3 days"
MOST_LISTED = 100
_MOST_AGENT_CHARACTERS = 400
_LIVE = f"s.expires_at > now() AND s.seen_at > now() - interval '{MAY_IDLE_FOR}'"


@dataclass(frozen=True, slots=True)
class Device:
    """Where a session is opened: the address, and what the browser calls itself."""

    address: str = ""
    user_agent: str = ""


async def add_session(
    token_hash: bytes, team_id: UUID, user_id: UUID, device: Device | None = None
) -> UUID:
    """Open a session under a token that was just made; its id."""
    session_id, device = new_id(), device or Device()
    await execute(
        "INSERT INTO session (id, token_hash, team_id, user_id, address, user_agent, expires_at) "
        f"VALUES ($1, $2, $3, $4, $5, $6, now() + interval '{LIVES_FOR}')",
        session_id,
        token_hash,
        team_id,
        user_id,
        device.address,
        device.user_agent.replace("\0", "")[:_MOST_AGENT_CHARACTERS],
    )
    await note_seen(session_id)
    return session_id


_FIND = f"""
SELECT s.id, s.team_id, s.user_id, s.expires_at, m.role, u.name, u.email, u.zone, u.locale,
    u.theme, t.name AS team_name,
    s.seen_at < now() - interval '1 minute' AS stale
FROM session s
JOIN membership m ON m.team_id = s.team_id AND m.user_id = s.user_id
JOIN app_user u ON u.id = s.user_id
JOIN team t ON t.id = s.team_id
WHERE s.token_hash = $1 AND {_LIVE}
"""


async def find_session(token_hash: bytes) -> Row | None:
    """The live session of this token, with the member's present role."""
    return await fetch_one(_FIND, token_hash)


_LIST = f"""
SELECT s.id, t.name AS team_name, s.address, s.user_agent, s.created_at, s.seen_at
FROM session s JOIN team t ON t.id = s.team_id
WHERE s.user_id = $1 AND {_LIVE} ORDER BY s.seen_at DESC, s.id DESC LIMIT {MOST_LISTED}
"""


async def sessions_of(user_id: UUID) -> Sequence[Row]:
    """Someone's live sessions in all their teams, the one used last first: id, team_name, address,
    user_agent, created_at, seen_at."""
    with every_team():
        return await fetch(_LIST, user_id)


async def note_seen(session_id: UUID) -> None:
    """Remember that the session is in use, and so its owner here."""
    await execute(
        "WITH seen AS (UPDATE session SET seen_at = now() WHERE id = $1 "
        "RETURNING team_id, user_id) "
        "UPDATE membership m SET seen_at = now() FROM seen "
        "WHERE m.team_id = seen.team_id AND m.user_id = seen.user_id",
        session_id,
    )


async def delete_session(token_hash: bytes) -> int:
    """End the session of this token; how many there were (0 or 1)."""
    return await execute("DELETE FROM session WHERE token_hash = $1", token_hash)


async def delete_own_session(user_id: UUID, session_id: UUID) -> int:
    """End one of someone's sessions; 0 when they have no such one."""
    return await execute("DELETE FROM session WHERE user_id = $1 AND id = $2", user_id, session_id)


async def delete_sessions_of(user_id: UUID, *, but: UUID | None = None) -> int:
    """End all of someone's sessions, `but` one if any; how many there were."""
    return await execute(
        "DELETE FROM session WHERE user_id = $1 AND id IS DISTINCT FROM $2", user_id, but
    )


async def delete_sessions_in(team_id: UUID, user_id: UUID) -> int:
    """End a member's sessions in one team; how many there were."""
    return await execute(
        "DELETE FROM session WHERE team_id = $1 AND user_id = $2", team_id, user_id
    )


async def delete_expired_sessions(most: int) -> int:
    """Delete what has expired, at most `most`; how many went."""
    return await execute(
        "DELETE FROM session WHERE id IN "
        "(SELECT id FROM session WHERE expires_at < now() LIMIT $1)",
        most,
    )
