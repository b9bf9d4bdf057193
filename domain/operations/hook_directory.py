"""Which trigger a hook's token opens, remembered for a second.

A second, so that a change (a new secret, a disabled trigger) is in force everywhere within one,
and so that a busy hook costs one query a second instead of one a request.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.encryption import CannotOpen, Vault, trigger_secret_row
from domain.logs import logger
from domain.operations.webhook_sources import sender_settings
from domain.rules.bodies import read_json, read_stored
from domain.rules.door_settings import DoorSettings, parse_door
from domain.rules.limit_windows import Window, shared_windows, unkeyed_windows
from domain.rules.limits import Rate, parse_limits, parse_rates
from domain.senders import BodyMemory, Sender, sender_for
from domain.store import versions
from domain.store.database import Row, at_the_door

REMEMBERED_S = 1.0
KEPT = 10_000
FOUND_WITHIN_S = 5.0

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook trigger as its door needs it: who owns it, and how to tell its sender."""

    trigger_id: UUID
    team_id: UUID
    sender: Sender[Any]
    config: Any
    secrets: tuple[str, ...]
    secret_ids: tuple[UUID, ...]
    door: DoorSettings
    remembers_body: BodyMemory
    signature_header: str
    """Where the signature stands if the trigger says so, and not its scheme; else empty."""
    windows: tuple[Window, ...] = ()
    """Those that a request is counted in at the door: where limits refuse, and none is lifted."""


class HookDirectory:
    """Finds hooks by token."""

    def __init__(self, vault: Vault, global_limits: Sequence[Rate] = ()) -> None:
        self._vault = vault
        self._global_limits = tuple(global_limits)
        self._known: OrderedDict[str, tuple[float, asyncio.Future[Hook | None]]] = OrderedDict()

    async def find(self, token: str) -> Hook | None:
        """The trigger that `token` opens; None for one that is unknown, deleted, or disabled and
        refuses then. Requests that ask for the same token at once share one query.

        Raises CannotOpen when none of its secrets can be opened, TimeoutError when the database
        does not say in time.
        """
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
            async with asyncio.timeout(FOUND_WITHIN_S):
                return await asyncio.shield(known[1])
        except Exception:
            self._known.pop(token, None)
            raise

    def forget(self, token: str) -> None:
        """Look for this one anew, whatever is remembered of it."""
        self._known.pop(token, None)

    async def _load(self, token: str) -> Hook | None:
        with at_the_door():
            rows = await versions.hook(token)
        if not rows:
            return None
        config = read_json(rows[0]["config"].encode())
        if not isinstance(config, dict):
            return None
        windows = _windows(rows[0], self._global_limits)
        return _hook(rows[0], config, self._open_all(rows), windows)

    def _open_all(self, rows: Sequence[Row]) -> dict[UUID, str]:
        """The secrets by their ids, newest first, without those that no key of ours opens (somebody
        changed SECRET_KEY); raises CannotOpen if that leaves none, since a sender had better come
        again than be told that its signature is bad."""
        sealed = [row for row in rows if row["secret_id"] is not None]
        opened = {}
        for row in sealed:
            bound_to = trigger_secret_row(row["team_id"], row["secret_id"])
            try:
                opened[row["secret_id"]] = self._vault.open(row["ciphertext"], bound_to)
            except CannotOpen:
                log.error("signing_secret_cannot_be_opened", trigger_id=str(row["trigger_id"]))  # noqa: TRY400 - the trace says nothing
        if sealed and not opened:
            raise CannotOpen
        return opened


def _windows(row: Row, global_limits: Sequence[Rate]) -> tuple[Window, ...]:
    limits = parse_limits(read_stored(row["limits"]))
    if limits.over != "refuse" or row["limits_lifted"]:
        return ()
    team = parse_rates(read_stored(row["team_limits"]))
    own = unkeyed_windows(limits, row["trigger_id"])
    return (*own, *shared_windows(team, global_limits, row["team_id"]))


def _hook(
    row: Row,
    config: Mapping[str, Any],
    secrets: Mapping[UUID, str],
    windows: tuple[Window, ...],
) -> Hook:
    sender = sender_for(config["scheme"])
    settings = sender.parse_config(sender_settings(config))
    door = parse_door(config)
    return Hook(
        trigger_id=row["trigger_id"],
        team_id=row["team_id"],
        sender=sender,
        config=settings,
        secrets=tuple(secrets.values()),
        secret_ids=tuple(secrets),
        door=door,
        remembers_body=_body_memory(door, sender.remembers_body(settings)),
        signature_header=getattr(settings, "header", ""),
        windows=windows,
    )


def _body_memory(door: DoorSettings, usual: BodyMemory) -> BodyMemory:
    if door.dedup_body is None:
        return usual
    return "always" if door.dedup_body else "no"
