"""/api/v1/slots and /api/v1/triggers/{id}/slots: what became of what was due."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Struct

from domain.clock import utc_now
from domain.errors import InvalidInput, NotFound
from domain.rules.list_filters import CAUGHT_UP, SLOT_REASONS, SLOT_STATES, SlotFilters
from domain.rules.permissions import SEE_TRIGGERS
from domain.store.ledger import SlotListed, list_slots
from domain.store.triggers import find_trigger
from web.controllers.api.history import span_of, words_in
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.views import id_in_field, id_in_path
from web.services import CurrentActor, OurServices

SlotStates = Annotated[
    list[str] | None,
    QueryParameter(name="state", description=f"One or several of {', '.join(SLOT_STATES)}."),
]
After = Annotated[str | None, QueryParameter(description="Scheduled for then (RFC 3339) or later.")]
Before = Annotated[str | None, QueryParameter(description="Scheduled for before then (RFC 3339).")]


class SlotView(Struct):
    """An instant at which a schedule was due, and what became of it. `due_at` is that instant with
    its jitter, `started_at` when what it started was taken up."""

    id: UUID
    trigger_id: UUID
    epoch: int
    scheduled_for: datetime
    due_at: datetime
    change: str | None
    state: str
    reason: str | None
    catch_up: str | None
    event_id: UUID | None
    execution_id: UUID | None
    recorded_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def slot_view(row: SlotListed) -> SlotView:
    """A slot."""
    return SlotView(**{name: getattr(row, name) for name in SlotView.__struct_fields__})


def _word(word: str | None, known: tuple[str, ...], field: str) -> str | None:
    if word is not None and word not in known:
        raise InvalidInput.at(field, f"must be one of {', '.join(known)}")
    return word


class SlotController(Controller):
    """The ledger of all of the team's schedules."""

    path = "/slots"
    tags = ("Triggers",)

    @get(opt={"permission": SEE_TRIGGERS}, responses=PROBLEMS, summary="List slots")
    async def list_all_slots(
        self,
        *,
        actor: CurrentActor,
        services: OurServices,
        states: SlotStates = None,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
        trigger_id: FromQuery[str | None] = None,
        reason: FromQuery[str | None] = None,
        catch_up: FromQuery[str | None] = None,
        scheduled_after: After = None,
        scheduled_before: Before = None,
    ) -> Page[SlotView]:
        """Newest first; a page of a narrowed list may hold few or none and yet have a `next`."""
        filters = SlotFilters(
            states=words_in(states, SLOT_STATES, "state"),
            trigger_id=id_in_field(trigger_id, "trigger_id"),
            reason=_word(reason, SLOT_REASONS, "reason"),
            catch_up=_word(catch_up, CAUGHT_UP, "catch_up"),
            span=span_of(scheduled_after, scheduled_before, "scheduled"),
        )
        wanted = paging(services, actor, "slots", limit, cursor)
        found = await list_slots(
            actor.team_id, filters, wanted.position, utc_now(), size=wanted.limit
        )
        return wanted.found(found, slot_view)


class SlotsOfTriggerController(Controller):
    """The ledger of one schedule."""

    path = "/triggers/{trigger_id:str}/slots"
    tags = ("Triggers",)

    @get(opt={"permission": SEE_TRIGGERS}, responses=PROBLEMS, summary="List a trigger's slots")
    async def list_slots_of_trigger(
        self,
        *,
        actor: CurrentActor,
        services: OurServices,
        trigger_id: FromPath[str],
        states: SlotStates = None,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
        scheduled_after: After = None,
        scheduled_before: Before = None,
    ) -> Page[SlotView]:
        """Newest first."""
        row = await find_trigger(actor.team_id, id_in_path(trigger_id))
        if row is None:
            raise NotFound
        span = span_of(scheduled_after, scheduled_before, "scheduled")
        filters = SlotFilters(words_in(states, SLOT_STATES, "state"), row.id, span=span)
        wanted = paging(services, actor, f"slots of {row.id}", limit, cursor)
        found = await list_slots(
            actor.team_id, filters, wanted.position, utc_now(), size=wanted.limit
        )
        return wanted.found(found, slot_view)
