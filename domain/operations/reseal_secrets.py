"""Seal all stored secrets with the present key: what an operator does after changing SECRET_KEY."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.encryption import CannotOpen, Vault, secret_row, trigger_secret_row
from domain.store import secrets
from domain.store.database import Row

MOST_AT_ONCE = 500

_ROW_OF: dict[str, Callable[[object, object], str]] = {
    "secret": secret_row,
    "trigger_secret": trigger_secret_row,
}


@dataclass(slots=True)
class Resealed:
    """What was done: secrets sealed anew, those that were already, and those that no key opens."""

    resealed: int = 0
    current: int = 0
    lost: int = 0


async def reseal_secrets(vault: Vault) -> Resealed:
    """Seal the secrets of all teams with the vault's present key. May be stopped and run again."""
    done = Resealed()
    for noun in secrets.SEALED_NOUNS:
        after = None
        while rows := await secrets.sealed_everywhere(noun, after, MOST_AT_ONCE):
            for row in rows:
                await _reseal(vault, noun, row, done)
            after = rows[-1]["id"]
    return done


async def _reseal(vault: Vault, noun: str, row: Row, done: Resealed) -> None:
    bound_to = _ROW_OF[noun](row["team_id"], row["id"])
    try:
        if vault.is_current(row["ciphertext"], bound_to):
            done.current += 1
            return
        sealed = vault.seal(vault.open(row["ciphertext"], bound_to), bound_to)
    except CannotOpen:
        done.lost += 1
        return
    # None: someone stored another value in the meantime, sealed with the present key.
    done.resealed += await secrets.replace_ciphertext(noun, row["id"], row["ciphertext"], sealed)
