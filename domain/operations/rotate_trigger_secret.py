"""Rotate the signing secret of a trigger: the new one works at once, the old ones for a while."""

from dataclasses import dataclass
from uuid import UUID

from domain.encryption import Vault
from domain.errors import InvalidInput, NotFound
from domain.operations.webhook_sources import (
    check_given_secret,
    make_secret,
    refuse_shared_secret,
    seal_secret,
)
from domain.rules.bodies import read_json
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.senders import Sender, sender_for
from domain.store import audit, secrets, triggers
from domain.store.database import transaction

OVERLAP_S = 86_400
MOST_OVERLAP_S = 30 * 86_400
# Each one costs a signature more on every delivery that none of the newer ones verifies.
MOST_IN_USE = 4


@dataclass(frozen=True, slots=True)
class RotatedSecret:
    """The new secret's id, and itself if it was made just now: it is shown this once."""

    secret_id: UUID
    secret: str | None


async def rotate_trigger_secret(
    actor: Actor,
    vault: Vault,
    trigger_id: UUID,
    *,
    secret: str | None = None,
    overlap_s: int = OVERLAP_S,
) -> RotatedSecret:
    """Give the trigger another secret; those it has verify for `overlap_s` seconds more (0: no
    longer at all), unless they end before that anyway.

    Raises NotFound, and InvalidInput for a secret that cannot be used or is another trigger's.
    """
    actor.require(EDIT_TRIGGERS)
    _check_overlap(overlap_s)
    async with transaction():
        sender = await _lock_sender(actor.team_id, trigger_id)
        if not sender.needs_secret:
            raise InvalidInput.at("secret", f"the scheme {sender.scheme} has no secret")
        if secret is not None:
            check_given_secret(sender, secret, "secret")
            await refuse_shared_secret(actor.team_id, vault, trigger_id, secret, "secret")
        await _retire_others(actor.team_id, trigger_id, overlap_s)
        given = secret or make_secret(sender)
        secret_id = await seal_secret(actor.team_id, vault, trigger_id, given)
        facts = {"secret_id": secret_id, "overlap_s": overlap_s, "given": secret is not None}
        await audit.record(actor, "rotate_secret", "trigger", trigger_id, after=facts)
    return RotatedSecret(secret_id, None if secret else given)


def _check_overlap(overlap_s: int) -> None:
    if not 0 <= overlap_s <= MOST_OVERLAP_S:
        raise InvalidInput.at("overlap_s", f"must be from 0 to {MOST_OVERLAP_S} seconds")


async def _lock_sender(team_id: UUID, trigger_id: UUID) -> Sender[object]:
    seen = await triggers.lock_trigger(team_id, trigger_id)
    if seen is None or seen.kind != "webhook":
        raise NotFound
    config = read_json(seen.config.encode())
    return sender_for(config.get("scheme") if isinstance(config, dict) else None)


async def _retire_others(team_id: UUID, trigger_id: UUID, overlap_s: int) -> None:
    await secrets.retire_trigger_secrets(team_id, trigger_id, after_s=overlap_s)
    in_use = await secrets.trigger_secrets_shown(team_id, trigger_id)
    if len(in_use) >= MOST_IN_USE:
        raise InvalidInput.at("secret", f"{len(in_use)} secrets are in use: end one of them first")
