"""Set a team's named secret, which steps reach as `secrets.<name>`."""

from uuid import UUID

from domain.encryption import Vault, secret_row
from domain.errors import InvalidInput, NotFound
from domain.operations.saving import check, won
from domain.rules.ids import new_id
from domain.rules.names import secret_name_problems
from domain.rules.permissions import MANAGE_SECRETS, Actor
from domain.store import audit, secrets
from domain.store.database import transaction

MOST_SECRET_BYTES = 8_192


async def set_secret(
    actor: Actor, vault: Vault, name: str, value: str, *, new: bool | None = None
) -> None:
    """Make the secret, or give it another value.

    With `new` set, only the one or the other: a name that is taken is InvalidInput then, one that
    is not there NotFound. Raises InvalidInput; Conflict when two make it at the same moment.
    """
    actor.require(MANAGE_SECRETS)
    check(secret_name_problems(name))
    if not 1 <= len(value.encode()) <= MOST_SECRET_BYTES:
        raise InvalidInput.at("value", f"must have 1 to {MOST_SECRET_BYTES:,} bytes")
    async with transaction():
        known = await secrets.lock_secret(actor.team_id, name)
        _check_expected(known, new=new)
        secret_id = known or new_id()
        sealed = vault.seal(value, secret_row(actor.team_id, secret_id))
        if known:
            won(await secrets.replace_secret(actor.team_id, secret_id, sealed))
        else:
            won(await secrets.add_secret(secret_id, actor.team_id, name, sealed))
        action = "replace" if known else "create"
        await audit.record(actor, action, "secret", secret_id, after={"name": name})


def _check_expected(known: UUID | None, *, new: bool | None) -> None:
    if new and known:
        raise InvalidInput.at("name", "is taken: open that secret to give it another value")
    if new is False and known is None:
        raise NotFound
