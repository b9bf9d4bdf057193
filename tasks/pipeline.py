"""The working parts of one worker process, put together."""

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import UUID

from domain.coordination.live_feed import LiveFeed
from domain.encryption import Vault
from domain.engines import ENGINES
from domain.errors import SignalboxError
from domain.logs import logger
from domain.operations.chain_in_passes import ChainStarter
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.decide_in_passes import Decider
from domain.operations.judge_in_passes import ShadowJudge
from domain.operations.prepare_runs import RunPreparer
from domain.operations.run_backtests import BacktestRunner
from domain.operations.run_executions import ExecutionRunner
from domain.operations.settle_executions import Settler
from domain.operations.sweep import sweep
from domain.operations.sweep_backtests import sweep_backtests
from domain.operations.team_redactors import TeamRedactors
from domain.outbound import Outbound
from domain.settings import Settings
from domain.store.database import Unavailable, close_pool, open_pool
from tasks.bell import Bell
from tasks.priority import stand_behind_the_door

POOL_SIZE = 8
# Dramatiq takes up to three seconds besides, and ten are what a host gives.
STOP_WITHIN_S = 5.0
PUT_BACK_WITHIN_S = 1.0
LISTEN_EVERY_S = 1.0

log = logger(__name__)


class Pipeline:
    """Decides events and runs executions, on the event loop that it was started on."""

    def __init__(self, settings: Settings) -> None:
        self._bell = Bell(settings.redis_url)
        self._feed = LiveFeed(settings.redis_url)
        self._outbound = Outbound(
            settings.egress_allow,
            own_ports=settings.own_ports,
            own_destinations={settings.own_destination},
        )
        versions = CompiledVersions()
        vault = Vault(settings.secret_key, settings.previous_secret_keys)
        self.chains = ChainStarter(self._decide_here, self._feed.nudge)
        self._settler = Settler(self._feed.nudge, self.chains.ring)
        self.runner = ExecutionRunner(
            ENGINES["steps"](self._outbound),
            RunPreparer(versions, vault),
            self._settler,
            self._feed.nudge,
        )
        self.decider = Decider(
            versions, TeamRedactors(vault), self._run_here_or_ring, self._feed.nudge
        )
        self.shadows = ShadowJudge(self._feed.nudge)
        self.backtests = BacktestRunner(self._feed.nudge)
        self._listener: asyncio.Task[None] | None = None
        self._deciding: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open connections and start. Raises what `open_pool` raises: the process then ends."""
        stand_behind_the_door()
        await open_pool(POOL_SIZE)
        await self._outbound.start()
        await self._feed.start()
        self._bell.start()
        self._settler.start()
        self.runner.start()
        self.decider.start()
        self.shadows.start()
        self.backtests.start()
        self.chains.start()
        self._listener = asyncio.create_task(self._work_without_bell())

    async def stop(self) -> None:
        """Finish or put back what is under way, within a few seconds, and close."""
        if self._listener is not None:
            self._listener.cancel()
        await self.backtests.stop(PUT_BACK_WITHIN_S)
        await self.shadows.close()
        await self.chains.close()
        await self.decider.close()
        await self.runner.stop(STOP_WITHIN_S)
        await self._settler.close()
        await self._bell.close()
        await self._feed.close()
        await self._outbound.close()
        await close_pool()

    def _run_here_or_ring(self, execution_ids: Sequence[UUID]) -> None:
        """Run what was just decided here if there is room (no trip through Redis), else let the
        bell find another worker."""
        if self.runner.has_room:
            self.runner.take(execution_ids)
        else:
            self._bell.ring_executions(execution_ids)

    async def _work_without_bell(self) -> None:
        """While Redis is away no ring arrives: then this worker sweeps by itself."""
        while True:
            await asyncio.sleep(LISTEN_EVERY_S)
            if await self._bell.reachable():
                continue
            with contextlib.suppress(*Unavailable, SignalboxError):
                await sweep(self._decide_here, self.runner.take, patience_s=0.0)
                await sweep_backtests(self.backtests.take, patience_s=0.0)
            self.shadows.ring()
            self.chains.ring()

    def _decide_here(self, event_ids: Sequence[UUID]) -> None:
        task = asyncio.create_task(self.decider.decide(event_ids))
        self._deciding.add(task)
        task.add_done_callback(self._deciding.discard)
