"""Decides events that several rings name at once, in shared passes."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from domain.batches import Batcher
from domain.errors import Overloaded
from domain.logs import logger
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.decide_events import decide_events, record_undecidable
from domain.operations.team_redactors import TeamRedactors
from domain.store.database import Unavailable

MOST_A_PASS = 200
PASSES_AT_ONCE = 2
MOST_WAITING = 10_000
REST_S = 0.006

log = logger(__name__)


class Decider:
    """The decide passes of one worker process."""

    def __init__(
        self,
        versions: CompiledVersions,
        redactors: TeamRedactors,
        run: Callable[[Sequence[UUID]], None],
        announce: Callable[..., None],
    ) -> None:
        """`run(execution_ids)` and `announce(team_id, *topics)` neither block nor fail."""
        self._versions = versions
        self._redactors = redactors
        self._run = run
        self._announce = announce
        self._passes: Batcher[UUID, None] = Batcher(
            self._decide,
            most=MOST_A_PASS,
            passes=PASSES_AT_ONCE,
            waiting=MOST_WAITING,
            rest_s=REST_S,
            outages=Unavailable,
        )

    def start(self) -> None:
        """Start the passes, on the running event loop."""
        self._passes.start()

    async def close(self) -> None:
        """Decide what is waiting, then end."""
        await self._passes.close()

    async def decide(self, ids: Sequence[UUID]) -> None:
        """Decide these events; back when all are decided, or left to the next sweep."""
        try:
            waiting = [self._passes.submit(event_id) for event_id in ids]
        except Overloaded:
            return
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.warning("decide_pass_failed", error=repr(outcome))

    async def _decide(self, ids: Sequence[UUID]) -> list[None]:
        try:
            decided = await decide_events(ids, self._versions, self._redactors)
        except Unavailable:
            raise
        except Exception:
            if len(ids) > 1:
                raise  # the batcher tries each one alone
            log.exception("undecidable_event", event_id=str(ids[0]))
            await record_undecidable(ids[0])
            return [None]
        self._run(decided.execution_ids)
        for team_id, trigger_id, event_id in decided.changed:
            self._announce(
                team_id,
                "events",
                "executions",
                "triggers",
                f"trigger:{trigger_id}",
                f"event:{event_id}",
            )
        return [None] * len(ids)
