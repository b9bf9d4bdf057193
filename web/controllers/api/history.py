"""/api/v1/events and /api/v1/executions: thin handlers; the guard has seen to the permission."""

from collections.abc import Sequence
from typing import Annotated

from litestar import Controller, get
from litestar.params import FromPath, FromQuery, QueryParameter

from domain.errors import InvalidInput, NotFound
from domain.rules.execution_states import ExecutionState
from domain.rules.permissions import SEE_EVENTS, SEE_EXECUTIONS
from domain.store import history
from domain.store.history import EventFilters, ExecutionFilters
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import (
    EventDetail,
    EventView,
    ExecutionDetail,
    ExecutionView,
    Page,
)
from web.controllers.api.views import (
    event_detail,
    event_view,
    execution_detail,
    execution_view,
    id_in_field,
    id_in_path,
)
from web.services import CurrentActor, OurServices

EVENT_STATES = ("pending", "decided")
# `state` itself is a word of the framework's.
State = Annotated[str | None, QueryParameter(name="state")]


def check_state(given: str | None, known: Sequence[str]) -> None:
    """Raises InvalidInput for a state that there is not."""
    if given is not None and given not in known:
        raise InvalidInput.at("state", f"must be one of {', '.join(known)}")


class EventController(Controller):
    """Events: what arrived."""

    path = "/events"
    tags = ("Events",)

    @get(opt={"permission": SEE_EVENTS}, responses=PROBLEMS, summary="List events")
    async def list_events(
        self,
        *,
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
        trigger_id: FromQuery[str | None] = None,
        in_state: State = None,
    ) -> Page[EventView]:
        """Newest first. `state` is `pending` or `decided`."""
        wanted = paging(services, actor, "events", limit, cursor)
        check_state(in_state, EVENT_STATES)
        filters = EventFilters(id_in_field(trigger_id, "trigger_id"), in_state)
        rows = await history.list_events(
            actor.team_id, filters, before=wanted.before, limit=wanted.fetched
        )
        return wanted.page(rows, event_view, lambda row: row["id"])

    @get(
        "/{event_id:str}",
        opt={"permission": SEE_EVENTS},
        responses=PROBLEMS,
        summary="Show an event",
    )
    async def show(self, event_id: FromPath[str], actor: CurrentActor) -> EventDetail:
        """With its decisions, clause by clause, and the executions that it started."""
        id_ = id_in_path(event_id)
        row = await history.find_event(actor.team_id, id_)
        if row is None:
            raise NotFound
        decisions = await history.decisions_of(actor.team_id, id_)
        return event_detail(row, decisions, await history.executions_of(actor.team_id, id_))


class ExecutionController(Controller):
    """Executions: runs of workflow versions."""

    path = "/executions"
    tags = ("Executions",)

    @get(opt={"permission": SEE_EXECUTIONS}, responses=PROBLEMS, summary="List executions")
    async def list_executions(
        self,
        *,
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
        event_id: FromQuery[str | None] = None,
        trigger_id: FromQuery[str | None] = None,
        workflow_id: FromQuery[str | None] = None,
        in_state: State = None,
    ) -> Page[ExecutionView]:
        """Newest first."""
        wanted = paging(services, actor, "executions", limit, cursor)
        check_state(in_state, tuple(ExecutionState))
        filters = ExecutionFilters(
            event_id=id_in_field(event_id, "event_id"),
            trigger_id=id_in_field(trigger_id, "trigger_id"),
            workflow_id=id_in_field(workflow_id, "workflow_id"),
            state=in_state,
        )
        rows = await history.list_executions(
            actor.team_id, filters, before=wanted.before, limit=wanted.fetched
        )
        return wanted.page(rows, execution_view, lambda row: row["id"])

    @get(
        "/{execution_id:str}",
        opt={"permission": SEE_EXECUTIONS},
        responses=PROBLEMS,
        summary="Show an execution",
    )
    async def show(self, execution_id: FromPath[str], actor: CurrentActor) -> ExecutionDetail:
        """With its attempts and their steps."""
        id_ = id_in_path(execution_id)
        row = await history.find_execution(actor.team_id, id_)
        if row is None:
            raise NotFound
        attempts = await history.attempts_of(actor.team_id, id_)
        return execution_detail(row, attempts, await history.step_runs_of(actor.team_id, id_))
