"""Decides events that several rings name at once, in shared passes, the teams in turn."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from domain.batches import Batcher
from domain.errors import Overloaded
from domain.logs import logger
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.decide_events import decide_events, record_undecidable
from domain.operations.hold_back import HoldBack
from domain.operations.team_redactors import TeamRedactors
from domain.store import backlog
from domain.store.database import Contended, Unavailable

MOST_A_PASS = 200
PASSES_AT_ONCE = 2
MOST_WAITING = 10_000
# With fewer before it, nobody waits long enough to ask whose events they are.
CROWD = 2 * MOST_A_PASS
REST_S = 0.006

log = logger(__name__)


class Decider:
    """The decide passes of one worker process."""

    def __init__(
        self,
        versions: CompiledVersions,
        redactors: TeamRedactors,
        limits: HoldBack,
        run: Callable[[Mapping[UUID, UUID]], None],
        announce: Callable[..., None],
    ) -> None:
        """`run(team by execution)` and `announce(team_id, *topics)` neither block nor fail."""
        self._versions = versions
        self._redactors = redactors
        self._limits = limits
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
        self._deciding: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start the passes, on the running event loop."""
        self._passes.start()

    async def close(self) -> None:
        """End the passes under way, and leave what waits for one to other workers."""
        self._passes.leave()
        await self._passes.close()
        await asyncio.gather(*self._deciding, return_exceptions=True)

    def take(self, ids: Iterable[UUID]) -> None:
        """Decide these events when their turn comes. Given as a mapping, each with its team. What
        does not fit in is dropped: the next sweep rings for it again."""
        task = asyncio.create_task(self.decide(ids if isinstance(ids, Mapping) else list(ids)))
        self._deciding.add(task)
        task.add_done_callback(self._deciding.discard)

    async def decide(self, ids: Sequence[UUID] | Mapping[UUID, UUID]) -> None:
        """The same; back when all are decided, or left to the next sweep."""
        teams = await self._teams_of(ids)
        waiting = []
        for event_id in ids:
            try:
                waiting.append(self._passes.submit(event_id, teams.get(event_id)))
            except Overloaded:
                break
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.warning("decide_pass_failed", error=repr(outcome))

    async def _teams_of(self, ids: Sequence[UUID] | Mapping[UUID, UUID]) -> Mapping[UUID, UUID]:
        """The team of each event, where it is known or matters: who waits in a crowd shall not wait
        behind one team's flood."""
        if isinstance(ids, Mapping):
            return ids
        if self._passes.queued < CROWD:
            return {}
        try:
            return await backlog.teams_of_events(ids)
        except Exception as failure:  # noqa: BLE001 - then they wait with the others
            log.warning("teams_not_found", error=repr(failure))
            return {}

    async def _decide(self, ids: Sequence[UUID]) -> list[None]:
        try:
            decided = await decide_events(ids, self._versions, self._redactors, self._limits)
        except (*Unavailable, *Contended):
            raise  # nothing is wrong with these: the sweep rings for them again
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
