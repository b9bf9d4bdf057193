"""/api/v1/dead-letters: what ended without success, and what of it failed alike."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from domain.clock import utc_now
from domain.rules.list_filters import DEAD_LETTER_STATES, DeadLetterFilters
from domain.rules.permissions import SEE_EXECUTIONS
from domain.store.dead_letters import Alike, DeadLetterListed, groups_of, list_dead_letters
from web.controllers.api.history import After, Before, span_of, words_in
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.views import id_in_field
from web.services import CurrentActor, OurServices

# `state` itself is a word of the framework's.
States = Annotated[
    list[str] | None,
    QueryParameter(name="state", description="`dead` (the default), `failed`, or both."),
]
Error = Annotated[str | None, QueryParameter(description="A part of the first or last error.")]


class DeadLetterView(Struct):
    """An execution that ended without success. Those of one `fingerprint` failed alike."""

    id: UUID
    state: str
    reason: str | None
    first_error: str | None
    last_error: str | None
    fingerprint: str | None
    event_id: UUID
    trigger_id: UUID
    workflow_id: UUID
    workflow_version: int
    attempt: int
    replays: int
    replay_of: UUID | None
    created_at: datetime
    finished_at: datetime | None


class AlikeView(Struct):
    """Dead letters that failed alike; `execution_id` is the newest of them, `error` its last."""

    fingerprint: str | None
    reason: str | None
    amount: int
    first_at: datetime | None
    last_at: datetime | None
    error: str | None
    execution_id: UUID
    workflow_id: UUID


class GroupsView(Struct):
    """The 20 largest groups among the newest dead letters; `more`: older ones were not looked
    at."""

    groups: list[AlikeView]
    looked_at: int
    more: bool


def dead_letter_view(row: DeadLetterListed) -> DeadLetterView:
    """A dead letter."""
    return DeadLetterView(**{name: getattr(row, name) for name in DeadLetterView.__struct_fields__})


def _alike_view(group: Alike) -> AlikeView:
    return AlikeView(**{name: getattr(group, name) for name in AlikeView.__struct_fields__})


class DeadLetterController(Controller):
    """Dead letters: executions that ran out of attempts."""

    path = "/dead-letters"
    tags = ("Executions",)

    @get(opt={"permission": SEE_EXECUTIONS}, responses=PROBLEMS, summary="List dead letters")
    async def list_dead_letters(
        self,
        *,
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
        in_state: States = None,
        trigger_id: FromQuery[str | None] = None,
        workflow_id: FromQuery[str | None] = None,
        reason: FromQuery[str | None] = None,
        error: Error = None,
        fingerprint: FromQuery[str | None] = None,
        received_after: After = None,
        received_before: Before = None,
    ) -> Page[DeadLetterView]:
        """Those of the newest events first."""
        wanted = paging(services, actor, "dead-letters", limit, cursor)
        filters = DeadLetterFilters(
            states=words_in(in_state, DEAD_LETTER_STATES, "state"),
            trigger_id=id_in_field(trigger_id, "trigger_id"),
            workflow_id=id_in_field(workflow_id, "workflow_id"),
            reason=reason,
            error=error,
            fingerprint=fingerprint,
            span=span_of(received_after, received_before),
        )
        found = await list_dead_letters(
            actor.team_id, filters, wanted.position, utc_now(), size=wanted.limit
        )
        return wanted.found(found, dead_letter_view)

    @get(
        "/groups",
        opt={"permission": SEE_EXECUTIONS},
        responses=PROBLEMS,
        summary="Group dead letters",
    )
    async def list_groups(
        self,
        *,
        actor: CurrentActor,
        in_state: States = None,
        trigger_id: FromQuery[str | None] = None,
        workflow_id: FromQuery[str | None] = None,
        received_after: After = None,
        received_before: Before = None,
    ) -> GroupsView:
        """Which ways of failing there are, the most frequent first."""
        filters = DeadLetterFilters(
            states=words_in(in_state, DEAD_LETTER_STATES, "state"),
            trigger_id=id_in_field(trigger_id, "trigger_id"),
            workflow_id=id_in_field(workflow_id, "workflow_id"),
            span=span_of(received_after, received_before),
        )
        found = await groups_of(actor.team_id, filters, utc_now())
        return GroupsView(list(map(_alike_view, found.groups)), found.looked_at, found.more)
