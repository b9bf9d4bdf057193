"""What takes a team's secrets out of traces, kept for a while: every decide pass needs it."""

import time
from collections import OrderedDict
from collections.abc import Collection
from uuid import UUID

from domain.encryption import CannotOpen, Vault, secret_row, trigger_secret_row
from domain.rules.redaction import Redactor
from domain.store import secrets
from domain.store.database import Row

KEPT_S = 30.0
KEPT = 1_000


class TeamRedactors:
    """The redactors of the teams that this process acted for lately.

    Weakness, known: a secret that was stored less than 30 seconds ago may still stand in a trace.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._kept: OrderedDict[UUID, tuple[float, Redactor]] = OrderedDict()

    async def of(self, team_ids: Collection[UUID]) -> dict[UUID, Redactor]:
        """A redactor for each of the teams, with all secrets of the team: named and signing."""
        now = time.monotonic()
        found = {
            team_id: kept[1]
            for team_id in team_ids
            if (kept := self._kept.get(team_id)) and kept[0] > now
        }
        wanted = set(team_ids) - found.keys()
        if wanted:
            found |= await self._load(wanted, now)
        return found

    async def _load(self, wanted: Collection[UUID], now: float) -> dict[UUID, Redactor]:
        opened: dict[UUID, list[str]] = {team_id: [] for team_id in wanted}
        for row in await secrets.sealed_secrets_of_teams(list(wanted)):
            try:
                opened[row["team_id"]].append(self._vault.open(row["ciphertext"], _bound_to(row)))
            except CannotOpen:
                continue  # sealed with a key that is gone: nobody can know it, nor can we
        loaded = {team_id: Redactor(values) for team_id, values in opened.items()}
        for team_id, redactor in loaded.items():
            self._kept[team_id] = (now + KEPT_S, redactor)
            self._kept.move_to_end(team_id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return loaded


def _bound_to(row: Row) -> str:
    bound = trigger_secret_row if row["signs"] else secret_row
    return bound(row["team_id"], row["id"])
