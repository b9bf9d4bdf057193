"""The working parts of one worker process, put together."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from domain.closing import close_in_time, ends_in_time
from domain.coordination.breakers import SharedBreakers
from domain.coordination.limiter import RateLimiter
from domain.coordination.live_feed import LiveFeed
from domain.encryption import Vault
from domain.engines import ENGINES
from domain.logs import logger
from domain.operations.chain_in_passes import ChainStarter
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.decide_in_passes import Decider
from domain.operations.guard_destinations import DestinationGuard
from domain.operations.hold_back import HoldBack
from domain.operations.judge_in_passes import ShadowJudge
from domain.operations.open_gates import GateOpener
from domain.operations.prepare_runs import RunPreparer
from domain.operations.run_backtests import BacktestRunner
from domain.operations.run_executions import ExecutionRunner
from domain.operations.run_limit_trials import LimitTrialRunner
from domain.operations.settle_executions import Settler
from domain.operations.sweep import Turns, sweep
from domain.operations.sweep_backtests import sweep_backtests
from domain.operations.team_redactors import TeamRedactors
from domain.outbound import Outbound
from domain.settings import Settings
from domain.store.database import close_pool, open_pool
from tasks.bell import Bell
from tasks.priority import stand_behind_the_door

POOL_SIZE = 8
# Dramatiq takes up to three seconds besides, and ten are what a host gives.
STOP_WITHIN_S = 5.0
PUT_BACK_WITHIN_S = 1.0
FINISH_WITHIN_S = 6.5
CLOSE_WITHIN_S = 1.0
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
        self.gates = GateOpener(self._run_here_or_ring)
        self._settler = Settler(self._feed.nudge, self.chains.ring, self.gates.open)
        self._guard = DestinationGuard(
            SharedBreakers(settings.redis_url), self._feed.nudge, self._run_here_or_ring
        )
        self.runner = ExecutionRunner(
            ENGINES["steps"](self._outbound, self._guard),
            RunPreparer(versions, vault),
            self._settler,
            self._feed.nudge,
        )
        self._limiter = RateLimiter(settings.redis_url)
        self.decider = Decider(
            versions,
            TeamRedactors(vault),
            HoldBack(self._limiter, settings.rate_limits),
            self._run_here_or_ring,
            self._feed.nudge,
        )
        self.shadows = ShadowJudge(self._feed.nudge)
        self.backtests = BacktestRunner(self._feed.nudge)
        self.limit_trials = LimitTrialRunner(self._feed.nudge)
        self._listener: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open connections and start. Raises what `open_pool` raises: the process then ends."""
        stand_behind_the_door()
        await open_pool(POOL_SIZE)
        await self._outbound.start()
        await self._feed.start()
        await self._limiter.start()
        await self._guard.start()
        self._bell.start()
        self._settler.start()
        self.runner.start()
        self.decider.start()
        self.shadows.start()
        self.backtests.start()
        self.limit_trials.start()
        self.chains.start()
        self.gates.start()
        self._listener = asyncio.create_task(self._work_without_bell())

    async def stop(self) -> None:
        """Finish or put back what is under way, within a few seconds, and close. What the database
        does not take by then is left to others, as when a worker is lost."""
        if self._listener is not None:
            self._listener.cancel()
        if not await ends_in_time(self._finish(), FINISH_WITHIN_S):
            log.warning("stopped_with_work_left")
        parts = (self._guard, self._bell, self._feed, self._limiter, self._outbound)
        await close_in_time(*parts, within_s=CLOSE_WITHIN_S)
        await close_pool()

    async def _finish(self) -> None:
        await asyncio.gather(
            self.backtests.stop(PUT_BACK_WITHIN_S), self.limit_trials.stop(PUT_BACK_WITHIN_S)
        )
        await self.shadows.close()
        await self.chains.close()
        await self.decider.close()
        await self.runner.stop(STOP_WITHIN_S)
        await self._settler.close()
        await self.gates.close()

    def _run_here_or_ring(self, execution_ids: Iterable[UUID]) -> None:
        """Run what was just decided here if there is room (no trip through Redis), else let the
        bell find another worker."""
        if self.runner.has_room:
            self.runner.take(execution_ids)
        else:
            self._bell.ring_executions(execution_ids)

    async def _work_without_bell(self) -> None:
        """While Redis is away no ring arrives: then this worker sweeps by itself."""
        turns = Turns()
        while True:
            await asyncio.sleep(LISTEN_EVERY_S)
            if await self._bell.reachable():
                continue
            try:
                await sweep(self._decide_here, self.runner.take, 0.0, turns)
                await sweep_backtests(self._try_here, patience_s=0.0)
            except Exception as failure:  # noqa: BLE001 - whatever it was, the next may succeed
                log.warning("own_sweep_failed", error=repr(failure))
            self.shadows.ring()
            self.chains.ring()

    def _try_here(self, ids: Iterable[UUID]) -> None:
        rung = list(ids)
        self.backtests.take(rung)
        self.limit_trials.take(rung)

    def _decide_here(self, event_ids: Iterable[UUID]) -> None:
        self.decider.take(event_ids)
