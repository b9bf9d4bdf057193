"""Which trigger a hook's token opens, remembered for a second.

A second, so that a change (a new secret, a disabled trigger) is in force everywhere within one,
and so that a busy hook costs one query a second instead of one a request.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.encryption import Vault, trigger_secret_row
from domain.rules.bodies import read_json
from domain.senders import Sender, sender_for
from domain.store import versions
from domain.store.database import Row

REMEMBERED_S = 1.0
KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook trigger as its door needs it: who owns it, and how to tell its sender."""

    trigger_id: UUID
    team_id: UUID
    sender: Sender[Any]
    config: Any
    secrets: tuple[str, ...]


class HookDirectory:
    """Finds hooks by token."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: OrderedDict[str, tuple[float, asyncio.Future[Hook | None]]] = OrderedDict()

    async def find(self, token: str) -> Hook | None:
        """The enabled trigger that `token` opens; None for one that is unknown, disabled or
        deleted. Requests that ask for the same token at once share one query."""
        loop = asyncio.get_running_loop()
        known = self._known.get(token)
        if known is None or known[0] <= loop.time() or known[1].cancelled():
            known = (loop.time() + REMEMBERED_S, asyncio.ensure_future(self._load(token)))
            self._known[token] = known
            self._known.move_to_end(token)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        if known[1].done() and known[1].exception() is None:
            return known[1].result()  # nearly always: nothing to wait for
        try:
            # One caller that goes away must not take the shared query with it.
            return await asyncio.shield(known[1])
        except Exception:
            self._known.pop(token, None)
            raise

    async def _load(self, token: str) -> Hook | None:
        rows = await versions.hook(token)
        if not rows:
            return None
        config = read_json(rows[0]["config"].encode())
        if not isinstance(config, dict):
            return None
        sender = sender_for(str(config["scheme"]))
        return Hook(
            trigger_id=rows[0]["trigger_id"],
            team_id=rows[0]["team_id"],
            sender=sender,
            config=sender.parse_config(_source_settings(config)),
            secrets=tuple(self._open(row) for row in rows if row["ciphertext"] is not None),
        )

    def _open(self, row: Row) -> str:
        return self._vault.open(
            row["ciphertext"], trigger_secret_row(row["team_id"], row["secret_id"])
        )


def _source_settings(config: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in config.items() if key not in {"scheme", "id_path"}}
