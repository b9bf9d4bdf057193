"""A team's named secrets, and the signing secrets of its triggers: ciphertexts only."""

from typing import Any
from uuid import UUID

from domain.store.database import execute, fetch_one
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


async def add_trigger_secret(
    secret_id: UUID, team_id: UUID, trigger_id: UUID, ciphertext: bytes
) -> None:
    """Store a signing secret of a trigger."""
    secret = TriggerSecret(
        id=secret_id, team_id=team_id, trigger_id=trigger_id, ciphertext=ciphertext
    )
    await TriggerSecret.insert(secret)


async def retire_trigger_secrets(team_id: UUID, trigger_id: UUID) -> int:
    """Stop accepting what the trigger's present secrets signed; how many there were."""
    return await execute(
        "UPDATE trigger_secret SET retired_at = now() "
        "WHERE team_id = $1 AND trigger_id = $2 AND retired_at IS NULL",
        team_id,
        trigger_id,
    )


async def sealed_trigger_secrets(team_id: UUID, trigger_id: UUID) -> list[dict[str, Any]]:
    """Ids and ciphertexts of the trigger's secrets in use, newest first."""
    return (
        await TriggerSecret.select(TriggerSecret.id, TriggerSecret.ciphertext)
        .where(
            TriggerSecret.team_id == team_id,
            TriggerSecret.trigger_id == trigger_id,
            TriggerSecret.retired_at.is_null(),
        )
        .order_by(TriggerSecret.id, ascending=False)
    )
