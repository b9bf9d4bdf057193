"""Make the events that tell workflow triggers of the executions that have ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import metrics
from domain.logs import logger
from domain.pause_points import pause_at
from domain.rules.chains import end_body, end_title
from domain.rules.ids import derived_id, first_id_at
from domain.store import chains
from domain.store.chains import ChainEvent, Results, Told
from domain.store.database import Row, transaction

# Each may hold the answers of many steps.
MOST_A_PASS = 25

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Chained:
    """What a pass did: how many ends it took out, the events that wait for a decision now, and the
    teams that they belong to."""

    taken: int
    event_ids: list[UUID]
    team_ids: set[UUID]


async def start_chained(older_than_s: float = 0.0, most: int = MOST_A_PASS) -> Chained:
    """Tell of up to `most` ends that wait longer than `older_than_s` seconds.

    One transaction: the ends leave the outbox as their events come into being. Killed anywhere
    before the commit, nothing happened; and an event's id derives from execution and trigger, so
    to tell of an end twice is to tell of it once.
    """
    async with transaction():
        told = await chains.take(older_than_s, most)
        if not told:
            return Chained(0, [], set())
        results = await chains.results_of(one.execution_id for one in told)
        stored = await chains.tell(told, _events(told, results))
        await pause_at("chains.before_commit")
    await pause_at("chains.after_commit")
    metrics.CHAIN_EVENTS.inc(len(stored))
    return Chained(len(told), [row["id"] for row in stored], {row["team_id"] for row in stored})


def _events(told: Sequence[Told], results: Results) -> list[ChainEvent]:
    """The events; an execution whose day was dropped meanwhile has none."""
    bodies: dict[UUID, bytes] = {}
    events = []
    for one in told:
        ended = results.ended.get(one.execution_id)
        if ended is None:
            continue
        if one.execution_id not in bodies:
            bodies[one.execution_id] = _body(ended, results)
        events.append(_event(one, ended, bodies[one.execution_id]))
    return events


def _body(ended: Row, results: Results) -> bytes:
    """The event's body. Nothing on record of one execution may hold up the others: where it cannot
    be told, the end itself still is."""
    attempt = results.attempts.get(ended["id"])
    try:
        return end_body(ended, attempt, results.steps[ended["id"]])
    except Exception:
        log.exception("result_cannot_be_told", execution_id=str(ended["id"]))
        return end_body({**ended, "body": None}, None, ())


def _event(one: Told, ended: Row, body: bytes) -> ChainEvent:
    # The instant is the end's, which never changes: an id that derives from the execution's alone
    # would have the instant of the first event of the whole chain.
    origin = first_id_at(ended["finished_at"])
    return ChainEvent(
        id=derived_id(origin, "end", one.execution_id, one.trigger_id),
        team_id=ended["team_id"],
        trigger_id=one.trigger_id,
        title=end_title(ended["workflow_name"], ended["state"]),
        body=body,
        caused_by=one.execution_id,
        chain_depth=ended["chain_depth"] + 1,
    )
