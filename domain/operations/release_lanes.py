"""Let events out of their lanes, in order, as time and windows allow.

A pass takes lanes of one kind that are due, in one transaction: lock them (others' are skipped),
read their first events, judge these by the trigger as it is now, ask the windows about all of them
in one round trip, write the decisions that end their wait with what they start, and say when to
look at the lanes again. Killed anywhere before the commit, nothing happened, and asking once more
counts nothing twice; after it, everything has.

Where the trigger was edited meanwhile its present version decides: an event that does not match it
any more is filtered, and a limit that is gone holds nobody. What waits for a trigger that is off
goes on waiting if it holds its events, and ends as paused if it does not, or is deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from uuid import UUID

from domain import metrics
from domain.logs import logger
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.decide_events import judge_event, without_secrets
from domain.operations.hold_back import HoldBack
from domain.operations.judged_events import Judged, execution_id_of, new_decision, new_execution
from domain.operations.limited_events import is_shared, limits_of
from domain.operations.locked_lanes import MOST_LANES, REST_S, LockedLane, lock_due
from domain.operations.make_batch import Batched, follow_batches, made_batch, store_batches
from domain.operations.pass_gates import gates_for
from domain.operations.set_deadlines import with_deadlines
from domain.operations.team_redactors import TeamRedactors
from domain.pause_points import pause_at
from domain.rules.lanes import MOST_REST_S, Why
from domain.store import decisions, due_lanes
from domain.store.database import Contended, Row, Unavailable, transaction
from domain.store.due_lanes import Next

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Released:
    """What a pass did: the executions to run, each with its team, of what lists and pages show
    something new (by team, trigger and event), and whether more may be due."""

    execution_ids: dict[UUID, UUID] = field(default_factory=dict)
    changed: set[tuple[UUID, UUID, UUID]] = field(default_factory=set)
    more: bool = False


def _together(passes: Sequence[Released]) -> Released:
    return Released(
        {id_: team_id for one in passes for id_, team_id in one.execution_ids.items()},
        {each for one in passes for each in one.changed},
        any(one.more for one in passes),
    )


class LaneReleaser:
    """The passes of one process. Any number of them may run."""

    def __init__(
        self, versions: CompiledVersions, redactors: TeamRedactors, limits: HoldBack
    ) -> None:
        self._versions = versions
        self._redactors = redactors
        self._limits = limits

    async def release(self) -> Released:
        """One pass over the lanes of each kind that are due now; at rest it costs one query."""
        passes = [await self._pass(why) for why in await due_lanes.kinds_due()]
        return _together(passes)

    async def _pass(self, why: Why) -> Released:
        """One pass; where it fails, one event of each lane at a time, so that those that it fails
        on are found. These end as errors; a batch is tried again later, with all of its members."""
        try:
            return await self._release(why)
        except (*Unavailable, *Contended):
            raise
        except Exception:
            log.exception("release_failed", lanes=why)
        passes = []
        for lane_id in await due_lanes.ids_due(why, MOST_LANES):
            try:
                passes.append(await self._release(why, lane_id))
            except (*Unavailable, *Contended):
                raise
            except Exception:
                log.exception("unreleasable_event", lane_id=str(lane_id))
                passes.append(await _give_up(lane_id))
        return _together(passes)

    async def _release(self, why: Why, only: UUID | None = None) -> Released:
        async with transaction():
            found, more = await lock_due(why, self._versions, only)
            if not found:
                return Released(more=more)
            batches = await self._decide(why, found)
            told = [one for lane in found for one in lane.told]
            told = follow_batches(await gates_for(told, self._versions))
            told = await with_deadlines(told, self._versions)
            told = await without_secrets(told, self._redactors)
            await store_batches(batches)
            made = {batch.id for batch in batches}
            started = await _record(told, made)
            await due_lanes.leave([event_id for lane in found for event_id in lane.gone])
            await due_lanes.go_on([lane.next(made) for lane in found])
            await pause_at("release.before_commit")
        await pause_at("release.after_commit")
        for one in told:
            metrics.DECISIONS.labels(one.verdict).inc()
        changed = {(one.row["team_id"], one.row["trigger_id"], one.row["id"]) for one in told}
        teams = {execution_id_of(one): one.row["team_id"] for one in told if one.starts}
        started_of = {id_: teams[id_] for id_ in started}
        return Released(started_of, changed, more or any(lane.may_have_more for lane in found))

    async def _decide(self, why: Why, found: Sequence[LockedLane]) -> list[Batched]:
        """Decide about the events of the lanes; the batches that are made of them."""
        open_ = [lane for lane in found if _is_open(lane)]
        if why == "limit":
            await self._let_through(open_)
        elif why == "batch":
            return await self._gather(open_)
        else:
            await self._pass_on(open_, why)
        return []

    async def _judged(self, rows: Sequence[Row]) -> list[Judged]:
        triggers = await self._versions.triggers({row["trigger_version_id"] for row in rows})
        return [judge_event(row, triggers.get(row["trigger_version_id"])) for row in rows]

    async def _pass_on(self, open_: Sequence[LockedLane], why: Why) -> None:
        """Let the events go on to the stages behind; of those that followed one another, one."""
        of_lane = [(lane, row) for lane in open_ for row in _chosen(lane)]
        judged = await self._judged([row for _, row in of_lane])
        passed = await self._limits.hold_back(judged, after=why)
        _note([lane for lane, _ in of_lane], passed)

    async def _let_through(self, open_: Sequence[LockedLane]) -> None:
        """Let through as many as the windows have room for, each lane's in order, the lanes in
        turn: of what they share none takes all."""
        waiting = [
            (turn, lane, one)
            for lane in open_
            for turn, one in enumerate(await self._unexpired(lane))
        ]
        asking = [(lane, one) for _, lane, one in sorted(waiting, key=itemgetter(0))]
        answers = await self._limits.ask([(one, str(lane.id)) for lane, one in asking])
        for (lane, _), asked in zip(asking, answers, strict=True):
            if asked.admission.admitted:
                lane.told.append(asked.one)
            else:
                lane.deny(asked.admission, shared=is_shared(asked.windows, asked.admission))

    async def _gather(self, open_: Sequence[LockedLane]) -> list[Batched]:
        """Make the batches that are full or whose time is over, if the windows let them."""
        ready: list[tuple[LockedLane, Batched]] = []
        for lane in open_:
            members = await self._unexpired(lane)
            batch = made_batch(members) if members else None
            if batch is not None and (due_in_s := _closes_in(lane, batch)) > 0:
                lane.due_in_s = due_in_s
            elif batch is not None:
                ready.append((lane, batch))
            else:  # an edited trigger, which has no batches any more
                passed = await self._limits.hold_back(members, after="batch")
                _note([lane] * len(passed), passed)
        answers = await self._limits.ask([(batch.one, str(lane.id)) for lane, batch in ready])
        made = []
        for (lane, batch), asked in zip(ready, answers, strict=True):
            lane.anew = True
            if asked.admission.admitted:
                made.append(batch)
                lane.told += batch.decided(asked.one.trace)
            elif limits_of(asked.one).over == "drop":
                lane.told += batch.dropped(asked.one.trace)
            else:
                lane.anew = False
                lane.deny(asked.admission, shared=False)
        return made

    async def _unexpired(self, lane: LockedLane) -> list[Judged]:
        """The lane's events that match and may be let through; the others are told of."""
        for one in await self._judged(lane.present(expired=True)):
            too_long = one.verdict == "fired"
            lane.told.append(
                replace(one, verdict="rate_limited", reason="waited_too_long") if too_long else one
            )
        judged = await self._judged(lane.present(expired=False))
        lane.told += [one for one in judged if one.verdict != "fired"]
        return [one for one in judged if one.verdict == "fired"]


async def _give_up(lane_id: UUID) -> Released:
    """Give the first event of a lane the verdict `error`, so that it does not stand in the way of
    those behind it. Of a batch nobody knows which one it is."""
    async with transaction():
        for lane in await due_lanes.take_one(lane_id):
            if lane["why"] == "batch":
                await due_lanes.go_on([Next(lane_id, 0, MOST_REST_S)])
                break
            waiting = await due_lanes.first_of([lane_id], 1)
            rows = await due_lanes.events_to_judge([row["event_id"] for row in waiting], [])
            told = [
                Judged(row, "error", "internal", {"result": "error", "clauses": []})
                for row in rows.values()
            ]
            await _record(told, set())
            await due_lanes.go_on([Next(lane_id, len(told), REST_S)])
    return Released()


async def _record(told: Sequence[Judged], batches: set[UUID]) -> list[UUID]:
    if not told:
        return []
    return await decisions.record(
        [new_decision(one, later=one.row["id"] not in batches) for one in told],
        [new_execution(one) for one in told if one.starts],
        later=True,
    )


def _is_open(lane: LockedLane) -> bool:
    """Whether events may leave the lane to be run; where not, it is told what becomes of them."""
    dropped = lane.present() if lane.row["deleted"] else lane.dropped
    if dropped or lane.row["deleted"]:
        lane.told = [_paused(row, "dropped") for row in dropped]
    elif lane.row["enabled"]:
        return True
    elif lane.row["holds"]:
        lane.due_in_s = None
    else:
        lane.told = [_paused(row, "trigger_disabled") for row in lane.present()]
    return False


def _paused(row: Row, reason: str) -> Judged:
    return Judged(row, "paused", reason, {"result": "paused"})


def _chosen(lane: LockedLane) -> list[Row]:
    """The events that go on; of those in whose place another one is taken, it is told."""
    if lane.row["why"] != "debounce" or lane.limits.debounce is None or not lane.waiting:
        return lane.present()
    newest = lane.waiting[0]["newest"]
    trace = {"result": "matched", "taken_event_id": newest}
    older = [row for row in lane.present() if row["id"] != newest]
    lane.told = [Judged(row, "rate_limited", "debounced", trace) for row in older]
    return [row for row in lane.present() if row["id"] == newest]


def _note(of: Sequence[LockedLane], passed: Sequence[Judged]) -> None:
    """Note of which lanes events are decided, or went on to wait in others."""
    for lane, one in zip(of, passed, strict=True):
        if one.verdict == "deferred":
            lane.moved += 1
        else:
            lane.told.append(one)


def _closes_in(lane: LockedLane, batch: Batched) -> float:
    """In how many seconds the batch is closed; 0 when it is full, or its time is over."""
    limit = lane.limits.batch
    if limit is None or batch.is_cut or len(batch.members) >= limit.most:
        return 0.0
    return max(limit.within_s - float(lane.waiting[0]["waited_s"]), 0.0)
