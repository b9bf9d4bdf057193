"""Work off bulk actions, a portion at a time.

Runs in the clock process. Any number of clocks may run it at once: a bulk action is locked by one
of them, and what it does to a portion of executions, that it has come to them, and how far it is
commit together: killed anywhere, nothing is done twice and nothing is left out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from domain.logs import logger
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.make_replays import make_replays
from domain.operations.open_gates import open_gates_left_by
from domain.pause_points import pause_at
from domain.rules.bulk_actions import PORTION_EVERY_S, portion
from domain.rules.replays import replay_options
from domain.store import bulk_actions, executions, replays, schedules
from domain.store.database import Row, Unavailable, transaction

MOST_A_PASS = 20
MOST_BYTES = 16 * 1024 * 1024
AGAIN_WHEN_FULL_S = 1.0
GONE = "It is past its retention."
HAS_ENDED = "It had ended by then."
BROKE = "Signalbox failed at it. The log says more."
CANCELED = "canceled_in_bulk"

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Worked:
    """What was done of one bulk action: the executions that were started, those that were ended,
    and those that waited for their places; to ring for the first and the last."""

    id: UUID
    team_id: UUID
    started: Sequence[UUID] = ()
    canceled: Sequence[UUID] = ()
    let_in: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class _Done:
    started: Sequence[UUID] = ()
    canceled: Sequence[UUID] = ()
    let_in: Sequence[UUID] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


async def run_bulk_actions(versions: CompiledVersions) -> list[Worked]:
    """Come to the next executions of every bulk action of which a portion is due."""
    worked: list[Worked] = []
    while len(worked) < MOST_A_PASS and (one := await _next_portion(versions)) is not None:
        worked.append(one)
    return worked


async def _next_portion(versions: CompiledVersions) -> Worked | None:
    found: Row | None = None
    try:
        async with transaction():
            # 1. A clock that freezes from here on is thrown out, and others go on with this one.
            await schedules.bound_transaction()
            # 2. Locked: another clock passes it over, and whoever cancels it waits.
            found = await bulk_actions.lock_due()
            if found is None:
                return None
            # 3. The portion, and how far it is, or nothing of it.
            worked = await _work_off(found, versions)
            await pause_at("bulk.before_commit")
            return worked
    except Unavailable:
        raise
    except Exception:
        if found is None:
            raise
        # 4. One of them may be at fault: each by itself, so that the others go on.
        log.exception("bulk_portion_failed", bulk_id=str(found["id"]))
    return await _one_by_one(found, versions)


async def _work_off(row: Row, versions: CompiledVersions) -> Worked:
    worked = Worked(row["id"], row["team_id"])
    most = portion(row["kind"], await bulk_actions.under_way(row["id"], 1_000))
    if not most:
        await bulk_actions.put_off(row["id"], AGAIN_WHEN_FULL_S)
        return worked
    ids = await bulk_actions.next_items(row["id"], most, MOST_BYTES)
    done = await _do(row, ids, versions)
    await _note(row, ids, done)
    return Worked(worked.id, worked.team_id, done.started, done.canceled, done.let_in)


async def _one_by_one(row: Row, versions: CompiledVersions) -> Worked:
    """The same portion, each execution in a transaction of its own. What fails by itself is left
    out, with the reason."""
    worked = Worked(row["id"], row["team_id"])
    for _ in range(portion(row["kind"], 0)):
        ids: list[UUID] = []
        try:
            async with transaction():
                again = await bulk_actions.lock(row["id"])
                ids = await bulk_actions.next_items(row["id"], 1, 1) if again else []
                if again is None or not ids:
                    break
                done = await _do(again, ids, versions)
                await _note(again, ids, done)
        except Unavailable:
            raise
        except Exception:
            log.exception("bulk_item_failed", bulk_id=str(row["id"]), ids=list(map(str, ids)))
            await _leave_out(row["id"], ids)
            continue
        worked = Worked(
            worked.id,
            worked.team_id,
            [*worked.started, *done.started],
            [*worked.canceled, *done.canceled],
            [*worked.let_in, *done.let_in],
        )
    return worked


async def _leave_out(bulk_id: UUID, ids: Sequence[UUID]) -> None:
    async with transaction():
        row = await bulk_actions.lock(bulk_id)
        if row is not None:
            await _note(row, ids, _Done(left_out={BROKE: len(ids)}))


async def _do(row: Row, ids: Sequence[UUID], versions: CompiledVersions) -> _Done:
    if row["kind"] == "cancel":
        return await _cancel(row, ids)
    options = replay_options(**msgspec.json.decode(row["options"]))
    newest = options.version == "newest"
    originals = await replays.lock_originals(row["team_id"], ids, newest=newest)
    made = await make_replays(originals, options, versions, bulk_id=row["id"])
    reasons = Counter(made.refused.values())
    if gone := len(ids) - len(originals):
        reasons[GONE] += gone
    return _Done(started=list(made.replays.values()), left_out=reasons)


async def _cancel(row: Row, ids: Sequence[UUID]) -> _Done:
    canceled = await executions.cancel(row["team_id"], ids, CANCELED)
    let_in = await open_gates_left_by(canceled)
    await bulk_actions.mark(row["team_id"], canceled, row["id"])
    ended = len(ids) - len(canceled)
    left_out = {HAS_ENDED: ended} if ended else {}
    return _Done(canceled=canceled, let_in=list(let_in), left_out=left_out)


async def _note(row: Row, ids: Sequence[UUID], done: _Done) -> None:
    amount = len(done.started) + len(done.canceled)
    await bulk_actions.note_portion(row, ids, amount, done.left_out, PORTION_EVERY_S)
