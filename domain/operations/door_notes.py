"""What a door notes in passing, written down in the background: whom it refused, and which signing
secrets are still used. No request waits for any of it, and a database that is away loses only it.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from domain.clock import utc_now
from domain.logs import logger
from domain.operations.note_refusals import Refusal, RefusalSamples
from domain.store import refused_requests, secrets
from domain.store.database import Unavailable, transaction

# So long what comes gathers: a flood of refusals is one small write each half second.
GATHER_S = 0.5
CLOSE_WITHIN_S = 2.0
SECRET_NOTED_EVERY_S = 60.0
MOST_SECRETS = 10_000

log = logger(__name__)

SecretsUsed = dict[UUID, datetime]


class DoorNotes:
    """The notes of one web process."""

    def __init__(self, announce: Callable[..., None]) -> None:
        """`announce(team_id, *topics)` neither blocks nor fails."""
        self._announce = announce
        self._samples = RefusalSamples()
        self._secrets: SecretsUsed = {}
        self._noted: dict[UUID, float] = {}
        self._arrived = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start writing, on the running event loop."""
        self._writer = asyncio.create_task(self._write_for_ever(), name="door notes")

    async def close(self) -> None:
        """Write what is left, and end."""
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._write()

    def refused(self, team_id: UUID, trigger_id: UUID, refusal: Refusal) -> None:
        """Note that a request of this trigger's was refused. Never blocks, never raises."""
        clock_s = asyncio.get_running_loop().time()
        self._samples.note(team_id, trigger_id, refusal, utc_now(), clock_s)
        self._arrived.set()

    def secret_used(self, secret_id: UUID) -> None:
        """Note that a secret verified a delivery: at most once a minute."""
        clock_s = asyncio.get_running_loop().time()
        if clock_s - self._noted.get(secret_id, -SECRET_NOTED_EVERY_S) < SECRET_NOTED_EVERY_S:
            return
        if len(self._noted) >= MOST_SECRETS:
            self._noted.clear()
        self._noted[secret_id] = clock_s
        self._secrets[secret_id] = utc_now()
        self._arrived.set()

    async def _write_for_ever(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await asyncio.sleep(GATHER_S)
            await self._write()

    async def _write(self) -> None:
        try:
            await self._write_refusals()
            await self._write_secrets()
        except Unavailable:
            log.warning("door_notes_lost")
        except Exception:
            log.exception("door_notes_failed")

    async def _write_refusals(self) -> None:
        new, more = self._samples.take()
        async with transaction():
            if new:
                await refused_requests.store_refused(new)
            if more:
                await refused_requests.count_more(more)
        for team_id, trigger_id in {(row.team_id, row.trigger_id) for row in new}:
            self._announce(team_id, "refused", f"trigger:{trigger_id}")

    async def _write_secrets(self) -> None:
        used, self._secrets = self._secrets, {}
        if used:
            await secrets.note_secrets_used(used)
