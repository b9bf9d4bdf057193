"""Start a bulk action: replay or cancel many executions, under a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.clock import utc_now
from domain.errors import Conflict, InvalidInput
from domain.operations.saving import check
from domain.rules.bulk_actions import KINDS, MOST_ITEMS, MOST_RUNNING
from domain.rules.ids import id_at, new_id
from domain.rules.list_addresses import pairs_of
from domain.rules.list_filters import DeadLetterFilters
from domain.rules.names import name_problems
from domain.rules.permissions import RUN_TRIGGERS, Actor
from domain.rules.replays import ReplayOptions
from domain.store import audit, bulk_actions, teams
from domain.store.bulk_actions import NewBulkAction, Selection
from domain.store.database import transaction

MOST_SELECTED = 1_000
# What ids begin with has no sign.
_FIRST = datetime.fromtimestamp(0, UTC)


class NoFilter(Conflict):
    """Without a filter this would be every execution of the team. Narrow the list first, or select
    the executions one by one."""

    code = "no_filter"


class NothingChosen(Conflict):
    """No execution matches for which this could be done."""

    code = "nothing_chosen"


class TooMuchChosen(Conflict):
    """More than 100,000 executions match. Narrow the list, and go on in several steps."""

    code = "too_much_chosen"


class TooManyBulkActions(Conflict):
    """Five bulk actions of your team have not ended yet. Wait for one of them, or cancel it."""


@dataclass(frozen=True, slots=True)
class BulkDraft:
    """What to do, under which name, and to which executions; `options` are those of replays."""

    kind: str
    name: str
    selection: Selection
    options: ReplayOptions = field(default_factory=ReplayOptions)


async def start_bulk_action(actor: Actor, draft: BulkDraft) -> UUID:
    """The id of the bulk action, which the clock takes up within a second.

    The executions are chosen here, once. The same draft of what somebody looked at (`seen_at`) is
    started once: again, it is the id of what was started then. Raises InvalidInput (at `kind`,
    `name`), NoFilter, NothingChosen, TooMuchChosen and TooManyBulkActions.
    """
    actor.require(RUN_TRIGGERS)
    check_selection(draft.kind, draft.selection)
    name = draft.name.strip()
    check(name_problems(name))
    new = NewBulkAction(
        id=_id_of(actor, draft),
        team_id=actor.team_id,
        kind=draft.kind,
        name=name,
        filters=_told(draft.selection),
        options=_options(draft),
        created_by=actor.name,
    )
    async with transaction():
        # Of two who start at the same moment one counts what the other began.
        await teams.lock_team(actor.team_id)
        if await bulk_actions.find_bulk_action(actor.team_id, new.id):
            return new.id
        if await bulk_actions.count_running(actor.team_id) >= MOST_RUNNING:
            raise TooManyBulkActions
        total = await bulk_actions.start(new, draft.selection, utc_now())
        if not total:
            raise NothingChosen
        if total > MOST_ITEMS:
            raise TooMuchChosen
        facts = {"kind": new.kind, "name": name, "total": total, "filters": new.filters}
        facts |= {"options": new.options}
        await audit.record(actor, "start", "bulk_action", new.id, after=facts)
    return new.id


def _id_of(actor: Actor, draft: BulkDraft) -> UUID:
    """The same for the same form, so that sending it twice makes one."""
    chosen = draft.selection
    if chosen.seen_at is None:
        return new_id()
    what = draft.kind, draft.name, draft.options, _told(chosen), *chosen.ids
    return id_at(max(chosen.seen_at, _FIRST), actor.team_id, actor.id, chosen.seen_at, *what)


def check_selection(kind: str, selection: Selection) -> None:
    """Raises InvalidInput at `kind` and `executions`, and NoFilter."""
    if kind not in KINDS:
        raise InvalidInput.at("kind", f"must be one of {', '.join(KINDS)}")
    if selection.filters is None:
        if not 0 < len(selection.ids) <= MOST_SELECTED:
            raise InvalidInput.at("executions", f"must be 1 to {MOST_SELECTED:,} ids")
    elif not pairs_of(selection.filters):
        raise NoFilter


def _told(selection: Selection) -> Mapping[str, Any]:
    """What was chosen, for whoever asks later."""
    if selection.filters is None:
        return {"list": "selected", "selected": len(selection.ids)}
    of_dead_letters = isinstance(selection.filters, DeadLetterFilters)
    return {
        "list": "dead_letters" if of_dead_letters else "executions",
        "filters": [list(pair) for pair in pairs_of(selection.filters)],
    }


def _options(draft: BulkDraft) -> Mapping[str, Any]:
    if draft.kind == "cancel":
        return {}
    return {"version": draft.options.version, "start": draft.options.start}
