"""A team's named secrets, and the signing secrets of its triggers: ciphertexts only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.tables import Secret, TriggerSecret


async def lock_secret(team_id: UUID, name: str) -> UUID | None:
    """The id of the team's secret of this name, locked until the transaction ends."""
    found = (
        await Secret.select(Secret.id)
        .where(Secret.team_id == team_id, Secret.name == name)
        .first()
        .lock_rows("UPDATE")
    )
    return found["id"] if found else None


async def add_secret(secret_id: UUID, team_id: UUID, name: str, ciphertext: bytes) -> int:
    """Store a new secret; 0 when someone else made one of this name in the meantime."""
    return await execute(
        "INSERT INTO secret (id, team_id, name, ciphertext) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (team_id, name) DO NOTHING",
        secret_id,
        team_id,
        name,
        ciphertext,
    )


async def replace_secret(team_id: UUID, secret_id: UUID, ciphertext: bytes) -> int:
    """Store another value for a secret; the number of rows changed."""
    return await execute(
        "UPDATE secret SET ciphertext = $3, updated_at = now() WHERE team_id = $1 AND id = $2",
        team_id,
        secret_id,
        ciphertext,
    )


async def remove_secret(team_id: UUID, name: str) -> UUID | None:
    """Delete a secret; its id, or None when there was none."""
    row = await fetch_one(
        "DELETE FROM secret WHERE team_id = $1 AND name = $2 RETURNING id", team_id, name
    )
    return row["id"] if row else None


async def list_secrets(team_id: UUID) -> list[dict[str, Any]]:
    """Names and times of the team's secrets, by name: never a value."""
    columns = (Secret.name, Secret.created_at, Secret.updated_at)
    return await Secret.select(*columns).where(Secret.team_id == team_id).order_by(Secret.name)


async def sealed_secrets_of_teams(team_ids: Sequence[UUID]) -> Sequence[Row]:
    """All secrets of these teams, named and signing (`signs`), still encrypted."""
    return await fetch(
        "SELECT team_id, id, ciphertext, false AS signs FROM secret WHERE team_id = ANY ($1) "
        "UNION ALL SELECT team_id, id, ciphertext, true FROM trigger_secret "
        "WHERE team_id = ANY ($1)",
        list(team_ids),
    )


async def add_trigger_secret(
    secret_id: UUID, team_id: UUID, trigger_id: UUID, ciphertext: bytes
) -> None:
    """Store a signing secret of a trigger."""
    secret = TriggerSecret(
        id=secret_id, team_id=team_id, trigger_id=trigger_id, ciphertext=ciphertext
    )
    await TriggerSecret.insert(secret)


_LIVE = "(retired_at IS NULL OR retired_at > now())"


async def retire_trigger_secrets(team_id: UUID, trigger_id: UUID, *, after_s: int = 0) -> int:
    """Stop accepting what the trigger's live secrets signed, `after_s` seconds from now unless
    one ends before that anyway; how many there were."""
    return await execute(
        "UPDATE trigger_secret "
        "SET retired_at = least(retired_at, now() + $3 * interval '1 second') "
        f"WHERE team_id = $1 AND trigger_id = $2 AND {_LIVE}",
        team_id,
        trigger_id,
        after_s,
    )


async def retire_trigger_secret(team_id: UUID, trigger_id: UUID, secret_id: UUID) -> int:
    """Stop accepting what this secret signed, now; 0 when it was not live any more."""
    return await execute(
        "UPDATE trigger_secret SET retired_at = now() "
        f"WHERE team_id = $1 AND trigger_id = $2 AND id = $3 AND {_LIVE}",
        team_id,
        trigger_id,
        secret_id,
    )


@dataclass(frozen=True, slots=True)
class TriggerSecretShown:
    """A signing secret without its value: when it was made, when it last verified a delivery (to
    the minute; None: never), and when it ends (None: not yet set)."""

    id: UUID
    created_at: datetime
    used_at: datetime | None
    retired_at: datetime | None


async def trigger_secrets_shown(team_id: UUID, trigger_id: UUID) -> list[TriggerSecretShown]:
    """The trigger's live secrets, newest first."""
    rows = await fetch(
        "SELECT id, created_at, used_at, retired_at FROM trigger_secret "
        f"WHERE team_id = $1 AND trigger_id = $2 AND {_LIVE} ORDER BY id DESC",
        team_id,
        trigger_id,
    )
    return [TriggerSecretShown(**row) for row in rows]


async def sealed_trigger_secrets(team_id: UUID, trigger_id: UUID) -> Sequence[Row]:
    """Ids and ciphertexts of the trigger's live secrets, newest first."""
    return await fetch(
        "SELECT id, ciphertext FROM trigger_secret "
        f"WHERE team_id = $1 AND trigger_id = $2 AND {_LIVE} ORDER BY id DESC",
        team_id,
        trigger_id,
    )


async def sealed_secrets_of_others(team_id: UUID, trigger_id: UUID) -> Sequence[Row]:
    """Ids and ciphertexts of the live secrets of the team's other triggers.

    Within a transaction; it makes whoever else saves a secret in this team wait for its end, so
    that two triggers cannot be given the same secret at the same moment.
    """
    await execute("SELECT id FROM team WHERE id = $1 FOR NO KEY UPDATE", team_id)
    return await fetch(
        "SELECT s.id, s.ciphertext FROM trigger_secret s "
        "JOIN trigger t ON t.team_id = s.team_id AND t.id = s.trigger_id "
        "WHERE s.team_id = $1 AND s.trigger_id <> $2 AND t.deleted_at IS NULL "
        "AND (s.retired_at IS NULL OR s.retired_at > now())",
        team_id,
        trigger_id,
    )


async def note_secrets_used(used: Mapping[UUID, datetime]) -> None:
    """Note when secrets last verified a delivery. An older instant changes nothing."""
    await execute(
        "UPDATE trigger_secret s SET used_at = u.used_at "
        "FROM unnest($1::uuid[], $2::timestamptz[]) AS u (id, used_at) "
        "WHERE s.id = u.id AND (s.used_at IS NULL OR s.used_at < u.used_at)",
        list(used),
        list(used.values()),
    )


SEALED_NOUNS = ("secret", "trigger_secret")


async def sealed_everywhere(noun: str, after: UUID | None, most: int) -> Sequence[Row]:
    """Ids, teams and ciphertexts of all teams' `secret` or `trigger_secret` rows, by id, from
    after one of them: for the operator, who seals them all under another key."""
    if noun not in SEALED_NOUNS:
        raise ValueError(noun)
    return await fetch(
        f"SELECT id, team_id, ciphertext FROM {noun} "
        "WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2",
        after,
        most,
    )


async def replace_ciphertext(noun: str, secret_id: UUID, seen: bytes, ciphertext: bytes) -> int:
    """Store what `seen` was resealed as; 0 when someone stored another value in the meantime."""
    if noun not in SEALED_NOUNS:
        raise ValueError(noun)
    return await execute(
        f"UPDATE {noun} SET ciphertext = $3 WHERE id = $1 AND ciphertext = $2",
        secret_id,
        seen,
        ciphertext,
    )
