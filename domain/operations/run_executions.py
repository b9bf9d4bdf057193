"""Runs executions: claim, call with no transaction open, settle.

A claimed execution has a lease of 30 seconds, which is renewed as long as its task lives. Only
what can start at once is claimed: what waits for a free place stays unclaimed, where any other
worker can take it. Free places go to the team that has the fewest, and no team has all of them: so
others need not wait for one team's flood, nor until its calls end.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domain.engines.plan import Engine, Failed, Lost, Outcome, Waits
from domain.fair_queue import FairQueue
from domain.logs import log_context, logger
from domain.operations.claim_executions import claim_executions
from domain.operations.prepare_runs import Prepared, RunPreparer
from domain.operations.settle_executions import Settler, ended, on_record, released, waited
from domain.pause_points import pause_at
from domain.rules.step_results import StepResult
from domain.store import backlog, executions
from domain.store.database import Row, Unavailable

PLACES = 128
PLACES_OF_A_TEAM = 96
MOST_A_CLAIM = 64
# Of a team. What is waiting is a few dozen octets.
MOST_WAITING = 10_000
# With fewer waiting and running, nobody waits long enough to ask whose they are.
CROWD = 64
RENEW_EVERY_S = 10.0
LOOK_EVERY_S = 1.0
REST_S = 0.004
AFTER_FAILURE_S = 0.5

log = logger(__name__)


class _Running(NamedTuple):
    row: Row
    task: "asyncio.Task[None]"


class ExecutionRunner:
    """The executions that one worker process is running."""

    def __init__(
        self,
        engine: Engine,
        preparer: RunPreparer,
        settler: Settler,
        announce: Callable[..., None],
    ) -> None:
        """`announce(team_id, *topics)` neither blocks nor fails."""
        self._engine = engine
        self._announce = announce
        self._preparer = preparer
        self._settler = settler
        self._waiting: FairQueue[UUID, None] = FairQueue(MOST_WAITING)
        self._running: dict[UUID, _Running] = {}
        self._wake = asyncio.Event()
        self._stopping = False

    def start(self) -> None:
        """Start claiming, on the running event loop."""
        self._claiming = asyncio.create_task(self._claim_until_stopped())
        self._renewing = asyncio.create_task(self._renew_for_ever())

    def take(self, ids: Iterable[UUID]) -> None:
        """Run these executions when there is a place for them. Given as a mapping, each with its
        team. What does not fit in is dropped: the next sweep rings for it again."""
        if self._stopping:
            return
        teams = ids if isinstance(ids, Mapping) else {}
        for execution_id in ids:
            if execution_id not in self._running:
                self._waiting.put(execution_id, None, teams.get(execution_id))
        self._wake.set()

    @property
    def has_room(self) -> bool:
        """Whether what is handed in now can start at once."""
        return not self._stopping and len(self._waiting) + len(self._running) < PLACES

    async def stop(self, within_s: float) -> None:
        """Claim nothing more, let running attempts end for at most `within_s` seconds, and put
        the others back: they are due again at once, with the same idempotency keys."""
        self._stopping = True
        self._waiting.clear()
        self._wake.set()
        # The claim under way first: what the database says is ours must not be lost from sight.
        await asyncio.wait([self._claiming], timeout=within_s)
        running = {one.task for one in self._running.values()}
        if running:
            await asyncio.wait(running, timeout=within_s)
        late = [one.task for one in self._running.values()]
        for task in [*late, self._claiming, self._renewing]:
            task.cancel()
        await asyncio.gather(*late, self._claiming, self._renewing, return_exceptions=True)

    async def _claim_until_stopped(self) -> None:
        while not self._stopping:
            await self._wake.wait()
            self._wake.clear()
            while await self._claim_some():  # noqa: ASYNC110 - not until it is so, but as long as
                # A first ring is answered at once; under load a claim then finds more.
                await asyncio.sleep(REST_S)

    async def _claim_some(self) -> bool:
        """Claim what there are places for; False: there are none, or none for those who wait."""
        if not self._waiting or len(self._running) >= PLACES:
            return False
        await self._find_teams()
        places = Counter(one.row["team_id"] for one in self._running.values())
        most = min(MOST_A_CLAIM, PLACES - len(self._running))
        ids = [each for each, _ in self._waiting.take(most, places, PLACES_OF_A_TEAM)]
        if ids:
            await self._claim(ids)
        return bool(ids)

    async def _find_teams(self) -> None:
        """See whose executions wait of which that is not known, if it matters by now."""
        unknown = self._waiting.waiting_in(None)
        if not unknown or unknown + len(self._running) < CROWD:
            return
        ids = [each for each, _ in self._waiting.take_lane(None)]
        try:
            teams = await backlog.teams_of_executions(ids)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the next sweep rings again
            log.warning("teams_not_found", error=repr(failure))
            await asyncio.sleep(AFTER_FAILURE_S)
            return
        for execution_id, team_id in teams.items():
            self._waiting.put(execution_id, None, team_id)

    async def _claim(self, ids: Sequence[UUID]) -> None:
        await pause_at("claim.before")
        try:
            rows = await claim_executions(ids)
            received = time.monotonic()
            prepared = await self._preparer.prepare(rows) if rows else []
        except Exception as failure:  # noqa: BLE001 - whatever it was, claiming goes on
            # Unclaimed work stays in the database; claimed work comes back with its lease.
            log.warning("claim_failed", error=repr(failure))
            await asyncio.sleep(AFTER_FAILURE_S)
            return
        await pause_at("claim.after")
        for one in prepared:
            self._announce(one.row["team_id"], "executions", f"execution:{one.row['id']}")
            task = asyncio.create_task(self._run_one(one, _database_clock(one.row, received)))
            self._running[one.row["id"]] = _Running(one.row, task)

    async def _run_one(self, prepared: Prepared, now: Callable[[], datetime]) -> None:
        row = prepared.row
        try:
            with log_context(execution_id=str(row["id"]), event_id=str(row["event_id"])):
                await self._attempt(prepared, now)
        except asyncio.CancelledError:
            if self._stopping:
                await self._put_back(row, now())
        except Exception:
            # Left to its lease: the attempt will be on record as unknown and tried again.
            log.exception("attempt_broke_off", execution_id=str(row["id"]))
        finally:
            # By now another claim of the same execution may have its place here.
            if self._running[row["id"]].row["fence"] == row["fence"]:
                del self._running[row["id"]]
            self._wake.set()

    async def _attempt(self, prepared: Prepared, now: Callable[[], datetime]) -> None:
        row = prepared.row

        async def record(step: StepResult) -> bool:
            ours = await self._settler.settle(on_record(row, step))
            await pause_at("step.after_record")
            return ours

        if isinstance(prepared.run, Failed):
            outcome: Outcome = prepared.run
        else:
            await pause_at("step.before_call")
            outcome = await self._engine.run(prepared.run, record, now)
            await pause_at("step.after_call")
        if not isinstance(outcome, Lost):
            if isinstance(outcome, Waits):
                settlement = waited(row, outcome, now())
            else:
                position = outcome.position if isinstance(outcome, Failed) else 0
                policy = prepared.policy_at(position)
                settlement = ended(row, outcome, policy, now(), random.random)
            await self._settler.settle(settlement)
            if settlement.state != "succeeded":
                log.info("attempt_ended", state=settlement.state, reason=settlement.reason)

    async def _put_back(self, row: Row, now: datetime) -> None:
        with contextlib.suppress(*Unavailable):
            await asyncio.shield(self._settler.settle(released(row, now)))

    async def _renew_for_ever(self) -> None:
        while True:
            renewed_at = time.monotonic()
            claimed: list[tuple[UUID, int]] = []
            while time.monotonic() - renewed_at < RENEW_EVERY_S:
                # What is canceled shall not run on until the next renewal. Most executions end
                # before they are looked at once.
                await self._let_go_of(claimed, executions.taken_away)
                claimed = self._claimed()
                await asyncio.sleep(LOOK_EVERY_S)
            await self._let_go_of(self._claimed(), _not_renewed)

    def _claimed(self) -> list[tuple[UUID, int]]:
        return [(one.row["id"], one.row["fence"]) for one in self._running.values()]

    async def _let_go_of(
        self,
        claimed: Sequence[tuple[UUID, int]],
        find_lost: Callable[[Sequence[tuple[UUID, int]]], Awaitable[set[UUID]]],
    ) -> None:
        """Stop those of our executions that belong to somebody else, or to nobody, by now."""
        running = [pair for pair in claimed if self._runs(*pair)]
        try:
            lost = await find_lost(running) if running else set()
        except Exception as failure:  # noqa: BLE001 - whatever it was, the leases need the next try
            log.warning("renewal_failed", error=repr(failure))
            return
        for execution_id, fence in running:
            if execution_id in lost and self._runs(execution_id, fence):
                log.warning("lease_lost_while_running", execution_id=str(execution_id))
                self._running[execution_id].task.cancel()

    def _runs(self, execution_id: UUID, fence: int) -> bool:
        one = self._running.get(execution_id)
        return one is not None and one.row["fence"] == fence


async def _not_renewed(claimed: Sequence[tuple[UUID, int]]) -> set[UUID]:
    """Prolong the leases; the executions whose lease is gone."""
    return {execution_id for execution_id, _ in claimed} - await executions.renew_leases(claimed)


def _database_clock(row: Row, received: float) -> Callable[[], datetime]:
    """Instants as the database sees them: the claim's, plus what has passed here since. A wrong
    wall clock of this machine shows nowhere."""

    def now() -> datetime:
        instant: datetime = row["attempt_started_at"] + timedelta(
            seconds=time.monotonic() - received
        )
        return instant

    return now
