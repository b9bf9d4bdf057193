"""Start a trial of limits: what would they have done to a trigger's events of the last days?"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.rules.checking import Problems
from domain.rules.ids import first_id_at, instant_of, new_id
from domain.rules.json_values import write_json
from domain.rules.limit_trials import DEFAULT_DAYS, MOST_DAYS
from domain.rules.limits import check_kind, parse_limits
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, limit_trials, teams, triggers
from domain.store.database import transaction
from domain.store.limit_trials import NewLimitTrial
from domain.store.triggers import TriggerRow

MOST_UNFINISHED = 3
"""Of a team, at the same time."""


class TooManyLimitTrials(Conflict):
    """Three trials of limits of your team have not ended yet. Wait for one, or cancel it."""


@dataclass(frozen=True, slots=True)
class LimitTrialDraft:
    """What to try, on the events of so many days up to now."""

    limits: Any
    days: int = DEFAULT_DAYS


async def start_limit_trial(actor: Actor, trigger_id: UUID, draft: LimitTrialDraft) -> UUID:
    """The id of the trial, which a worker takes up when it is rung for. Which events match is said
    by the conditions that are live now.

    Raises InvalidInput (at `limits.…`, `days`), NotFound, and Conflict when too many of the team's
    have not ended.
    """
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        seen = await triggers.lock_trigger(actor.team_id, trigger_id)
        if seen is None:
            raise NotFound
        _check(seen, draft)
        # Of two who start at the same moment one counts what the other began. After the trigger,
        # as wherever both are locked.
        await teams.lock_team(actor.team_id)
        if await limit_trials.count_unfinished(actor.team_id) >= MOST_UNFINISHED:
            raise TooManyLimitTrials
        new = _new(actor, seen, draft)
        await limit_trials.add_limit_trial(new)
        told = {"trigger_id": trigger_id, "limits": draft.limits, "days": draft.days}
        await audit.record(actor, "start", "limit_trial", new.id, after=told)
    return new.id


def _check(seen: TriggerRow, draft: LimitTrialDraft) -> None:
    problems = Problems()
    limits = problems.attempt(lambda: parse_limits(draft.limits))
    if limits is not None:
        problems.attempt(lambda: check_kind(limits, seen.kind))
    if not 1 <= draft.days <= MOST_DAYS:
        problems.add("days", f"must be a whole number from 1 to {MOST_DAYS}")
    problems.raise_any()


def _new(actor: Actor, seen: TriggerRow, draft: LimitTrialDraft) -> NewLimitTrial:
    id_ = new_id()
    return NewLimitTrial(
        id=id_,
        team_id=actor.team_id,
        trigger_id=seen.id,
        limits=write_json(draft.limits or {}).decode(),
        conditions=seen.conditions,
        live_version=seen.version,
        days=draft.days,
        from_id=first_id_at(instant_of(id_) - timedelta(days=draft.days)),
        created_by=actor.name,
    )
