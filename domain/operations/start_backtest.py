"""Start a backtest: conditions tried on a trigger's past events, beside those that are live."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import Conflict, InvalidInput, NotFound
from domain.rules.backtests import DEFAULT_LAST, MOST_EVENTS, MOST_UNFINISHED
from domain.rules.bodies import read_stored
from domain.rules.checking import Problems
from domain.rules.conditions import parse_conditions
from domain.rules.ids import first_id_at, new_id
from domain.rules.json_values import write_json
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, backtests, teams, triggers
from domain.store.backtests import NewBacktest
from domain.store.database import transaction
from domain.store.triggers import TriggerRow

_LOWEST_ID = UUID(int=0)


class TooManyBacktests(Conflict):
    """Three backtests of your team have not ended yet. Wait for one of them, or cancel it."""


@dataclass(frozen=True, slots=True)
class BacktestDraft:
    """What to try, and on what: the `last` newest events, or those received `since` an instant and
    before `until`; without either, the 1,000 newest."""

    conditions: Any
    last: int | None = None
    since: datetime | None = None
    until: datetime | None = None


async def start_backtest(actor: Actor, trigger_id: UUID, draft: BacktestDraft) -> UUID:
    """The id of the backtest, which a worker takes up when it is rung for.

    What is live now is what it is compared with, whatever is saved meanwhile. Raises InvalidInput
    (at `conditions.…`, `last`, `received_after`, `received_before`), NotFound, and Conflict when
    too many of the team's have not ended.
    """
    actor.require(EDIT_TRIGGERS)
    _check(draft)
    async with transaction():
        seen = await triggers.lock_trigger(actor.team_id, trigger_id)
        if seen is None:
            raise NotFound
        # Of two who start at the same moment one counts what the other began. After the trigger,
        # as wherever both are locked.
        await teams.lock_team(actor.team_id)
        if await backtests.count_unfinished(actor.team_id) >= MOST_UNFINISHED:
            raise TooManyBacktests
        new = _new(actor, seen, draft)
        await backtests.add_backtest(new)
        await audit.record(actor, "start", "backtest", new.id, after=_facts(new, draft))
    return new.id


def _check(draft: BacktestDraft) -> None:
    problems = Problems()
    try:
        parse_conditions(draft.conditions)
    except InvalidInput as refused:
        problems.absorb(refused)
    ranged = draft.since is not None or draft.until is not None
    if draft.last is not None:
        if ranged:
            problems.add("last", "cannot be combined with a time")
        if not 1 <= draft.last <= MOST_EVENTS:
            problems.add("last", f"must be from 1 to {MOST_EVENTS:,}")
    if draft.since and draft.until and draft.since >= draft.until:
        problems.add("received_before", "must be later than received_after")
    problems.raise_any()


def _new(actor: Actor, seen: TriggerRow, draft: BacktestDraft) -> NewBacktest:
    ranged = draft.since is not None or draft.until is not None
    id_ = new_id()
    # What arrives from now on has a higher id, and is left out.
    below = id_ if draft.until is None else min(id_, first_id_at(draft.until))
    return NewBacktest(
        id=id_,
        team_id=actor.team_id,
        trigger_id=seen.id,
        conditions=_text(draft.conditions),
        live_conditions=seen.conditions,
        live_version=seen.version,
        asked_last=None if ranged else draft.last or DEFAULT_LAST,
        asked_from=draft.since,
        asked_to=draft.until,
        from_id=_LOWEST_ID if draft.since is None else first_id_at(draft.since),
        below_id=below,
        created_by=actor.name,
    )


def _text(conditions: Any) -> str | None:
    return None if conditions is None else write_json(conditions).decode()


def _facts(new: NewBacktest, draft: BacktestDraft) -> dict[str, Any]:
    return {
        "trigger_id": new.trigger_id,
        "conditions": read_stored(new.conditions),
        "live_version": new.live_version,
        "last": new.asked_last,
        "received_after": draft.since,
        "received_before": draft.until,
    }
