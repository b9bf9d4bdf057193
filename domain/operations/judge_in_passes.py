"""Runs the shadow passes of a worker process, a little of its time at most."""

import asyncio
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from domain.logs import logger
from domain.operations.judge_shadows import judge_shadow
from domain.operations.rung_passes import RungPasses
from domain.store import shadows
from domain.store.database import Unavailable

MOST_A_ROUND = 20
# After a pass that took so long it rests three times as long: drafts use a quarter of a core and of
# a database's connection at most, however much waits.
REST_TIMES = 3
LEAST_REST_S = 0.025

log = logger(__name__)


class ShadowJudge:
    """The shadow passes of one worker process: the shadows in turn."""

    def __init__(self, announce: Callable[..., None]) -> None:
        """`announce(team_id, *topics)` neither blocks nor fails."""
        self._announce = announce
        self._rounds = RungPasses("shadows", self._round)

    def start(self) -> None:
        """Start to listen for rings, on the running event loop."""
        self._rounds.start()

    async def close(self) -> None:
        """Leave the pass that is under way to another worker, and end."""
        await self._rounds.close()

    def ring(self, _ids: Sequence[UUID] = ()) -> None:
        """Events wait for drafts. Which ones is read from the database."""
        self._rounds.ring()

    async def _round(self) -> bool:
        return await self.judge_round() > 0

    async def judge_round(self) -> int:
        """A pass for each shadow that has events waiting, at most 20; how many events that was."""
        done = 0
        for shadow_id in await shadows.waiting(MOST_A_ROUND):
            begun = time.monotonic()
            done += await self._judge(shadow_id)
            await asyncio.sleep(max(LEAST_REST_S, REST_TIMES * (time.monotonic() - begun)))
        return done

    async def _judge(self, shadow_id: UUID) -> int:
        """A pass. One that fails does not stop those of other shadows."""
        try:
            judged = await judge_shadow(shadow_id)
        except Unavailable:
            raise
        except Exception:
            log.exception("shadow_failed", shadow_id=str(shadow_id))
            return 0
        if judged.events and judged.team_id is not None:
            self._announce(judged.team_id, f"shadow:{judged.trigger_id}")
        return judged.events
