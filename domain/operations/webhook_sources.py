"""What a webhook trigger's config says: who may deliver, how that is proved, and the secret."""

import secrets as randomness
from collections.abc import Mapping
from hmac import compare_digest
from typing import Any
from uuid import UUID

from domain.encryption import CannotOpen, Vault, trigger_secret_row
from domain.errors import InvalidInput
from domain.rules.checking import Problems
from domain.rules.door_settings import DOOR_SETTINGS, parse_door
from domain.rules.ids import new_id
from domain.rules.paths import InvalidPath, compile_path
from domain.senders import Sender, check_secret, new_secret, sender_for
from domain.senders.secrets import MADE_FROM_BYTES
from domain.store import secrets

# What every webhook trigger's config may hold; the rest is its sender's.
OURS = DOOR_SETTINGS | {"scheme", "id_path", "secret"}


def sender_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a webhook trigger's config is its sender's, for `Sender.parse_config`."""
    return {name: value for name, value in config.items() if name not in OURS}


def read_webhook(config: Mapping[str, Any]) -> Sender[Any]:
    """The sender that a webhook trigger's config describes. Raises InvalidInput."""
    problems = Problems()
    sender = sender_for(config.get("scheme"))
    kept = sender_settings(config)
    for check in (
        lambda: sender.parse_config(kept),
        lambda: parse_door(config),
        lambda: _check_id_path(config.get("id_path")),
        lambda: check_given_secret(sender, config.get("secret")),
    ):
        problems.attempt(check)
    problems.raise_any()
    return sender


def _check_id_path(path: object) -> None:
    if path is None:
        return
    if not isinstance(path, str):
        raise InvalidInput.at("config.id_path", "must be a JSONPath")
    try:
        compile_path(path)
    except InvalidPath as refused:
        raise InvalidInput.at("config.id_path", refused.message) from None


def check_given_secret(sender: Sender[Any], secret: object, field: str = "config.secret") -> None:
    """Raises InvalidInput for a secret that cannot be used with the sender's scheme."""
    if secret is None:
        return
    if not sender.needs_secret:
        raise InvalidInput.at(field, f"the scheme {sender.scheme} has no secret")
    if not isinstance(secret, str):
        raise InvalidInput.at(field, "must be text")
    check_secret(sender.scheme, secret, field)


async def refuse_shared_secret(
    team_id: UUID, vault: Vault, trigger_id: UUID, secret: str, field: str = "config.secret"
) -> None:
    """Raises InvalidInput if another trigger of the team verifies with this very secret: what is
    signed for the one would then be good for the other, since no signature covers the address
    (row A38 of the attack catalogue).

    Within the transaction that stores the secret.
    """
    for row in await secrets.sealed_secrets_of_others(team_id, trigger_id):
        try:
            theirs = vault.open(row["ciphertext"], trigger_secret_row(team_id, row["id"]))
        except CannotOpen:
            continue
        if compare_digest(theirs.encode(), secret.encode()):
            raise InvalidInput.at(field, "is another trigger's: each needs a secret of its own")


def make_secret(sender: Sender[Any]) -> str:
    """A fresh signing secret, in the form that the scheme's senders know."""
    return new_secret(sender.scheme, randomness.token_bytes(MADE_FROM_BYTES))


async def seal_secret(team_id: UUID, vault: Vault, trigger_id: UUID, secret: str) -> UUID:
    """Store a signing secret of the trigger, bound to its row; its id."""
    secret_id = new_id()
    sealed = vault.seal(secret, trigger_secret_row(team_id, secret_id))
    await secrets.add_trigger_secret(secret_id, team_id, trigger_id, sealed)
    return secret_id
