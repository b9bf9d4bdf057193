"""/api/v1/events and /api/v1/executions: thin handlers; the guard has seen to the permission."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar import Controller, get
from litestar.params import FromPath, FromQuery, QueryParameter

from domain.clock import utc_now
from domain.errors import InvalidInput, NotFound
from domain.operations.explain_decisions import explain_decisions
from domain.operations.search_payloads import search_payloads
from domain.rules.list_addresses import instant_in, read_event_filters
from domain.rules.list_filters import (
    KINDS,
    PENDING,
    STATES,
    VERDICTS,
    EventFilters,
    ExecutionFilters,
    PayloadClause,
    Span,
)
from domain.rules.permissions import SEE_EVENTS, SEE_EXECUTIONS, SEE_PAYLOADS
from domain.store import history
from domain.store.execution_lists import list_executions
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
EventState = Annotated[str | None, QueryParameter(name="state")]
States = Annotated[
    list[str] | None, QueryParameter(name="state", description="One or several of the states.")
]
Verdicts = Annotated[
    list[str] | None,
    QueryParameter(name="verdict", description="One or several; `pending` has none yet."),
]
After = Annotated[str | None, QueryParameter(description="Received then (RFC 3339) or later.")]
Before = Annotated[str | None, QueryParameter(description="Received before then (RFC 3339).")]
Equals = Annotated[
    str | None,
    QueryParameter(
        description="With `path`, a JSONPath: events whose body has this value there. Looks at a "
        "bounded number of events, so a page may hold few or none and yet have a `next`."
    ),
]


def words_in(given: Sequence[str] | None, known: Sequence[str], field: str) -> tuple[str, ...]:
    """The words that a filter takes. Raises InvalidInput for one that there is not."""
    for word in given or ():
        if word not in known:
            raise InvalidInput.at(field, f"must be one of {', '.join(known)}")
    return tuple(word for word in known if word in (given or ()))


def span_of(after: str | None, before: str | None, word: str = "received") -> Span:
    """The time that a list is narrowed to. Raises InvalidInput."""
    since = _instant(after, f"{word}_after")
    until = _instant(before, f"{word}_before")
    if since and until and since >= until:
        raise InvalidInput.at(f"{word}_before", f"must be later than {word}_after")
    return Span(None, since, until)


def _instant(text: str | None, field: str) -> datetime | None:
    try:
        return None if text is None else instant_in(text, ZoneInfo("UTC"))
    except ValueError:
        raise InvalidInput.at(field, "is not a time, such as 2026-11-23T14:30:00Z") from None


def verdicts_of(state: str | None, verdicts: Sequence[str] | None) -> tuple[str, ...]:
    """The verdicts that `state` and `verdict` stand for. Raises InvalidInput."""
    words_in([state] if state else None, EVENT_STATES, "state")
    if state and verdicts:
        raise InvalidInput.at("state", "cannot be combined with verdict")
    if state == "decided":
        return tuple(verdict for verdict in VERDICTS if verdict != PENDING)
    return (PENDING,) if state else words_in(verdicts, VERDICTS, "verdict")


def kind_in(given: str | None) -> str | None:
    """The kind of trigger that a list is narrowed to. Raises InvalidInput."""
    return next(iter(words_in([given] if given is not None else None, KINDS, "kind")), None)


def payload_in(path: str | None, equals: str | None) -> PayloadClause | None:
    """What is asked of the bodies. Raises InvalidInput."""
    asked = {"path": path, "equals": equals}
    given = {name: [value] for name, value in asked.items() if value is not None}
    return read_event_filters(given).payload


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
        kind: FromQuery[str | None] = None,
        in_state: EventState = None,
        with_verdict: Verdicts = None,
        received_after: After = None,
        received_before: Before = None,
        sender_id: FromQuery[str | None] = None,
        title: FromQuery[str | None] = None,
        path: FromQuery[str | None] = None,
        equals: Equals = None,
    ) -> Page[EventView]:
        """Newest first. `state` is `pending` or `decided`; `title` a part of the title."""
        wanted = paging(services, actor, "events", limit, cursor)
        filters = EventFilters(
            trigger_id=id_in_field(trigger_id, "trigger_id"),
            kind=kind_in(kind),
            verdicts=verdicts_of(in_state, with_verdict),
            span=span_of(received_after, received_before),
            sender_id=sender_id,
            title=title,
            payload=payload_in(path, equals),
        )
        found = await search_payloads(actor, filters, wanted.position, utc_now(), size=wanted.limit)
        return wanted.found(found, event_view)

    @get(
        "/{event_id:str}",
        opt={"permission": SEE_EVENTS},
        responses=PROBLEMS,
        summary="Show an event",
    )
    async def show(
        self, event_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> EventDetail:
        """With its decisions, clause by clause, and the executions that it started."""
        id_ = id_in_path(event_id)
        row = await history.find_event(actor.team_id, id_)
        if row is None:
            raise NotFound
        decisions = await history.decisions_of(actor.team_id, id_)
        explained = await explain_decisions(actor.team_id, id_, services.redactors)
        started = await history.executions_of(actor.team_id, id_)
        may_see = actor.may(SEE_PAYLOADS)
        return event_detail(row, decisions, explained, started, values=may_see)


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
        kind: FromQuery[str | None] = None,
        bulk_id: FromQuery[str | None] = None,
        in_state: States = None,
        received_after: After = None,
        received_before: Before = None,
    ) -> Page[ExecutionView]:
        """Newest first."""
        wanted = paging(services, actor, "executions", limit, cursor)
        filters = ExecutionFilters(
            states=words_in(in_state, STATES, "state"),
            kind=kind_in(kind),
            trigger_id=id_in_field(trigger_id, "trigger_id"),
            workflow_id=id_in_field(workflow_id, "workflow_id"),
            event_id=id_in_field(event_id, "event_id"),
            span=span_of(received_after, received_before),
            bulk_id=id_in_field(bulk_id, "bulk_id"),
        )
        found = await list_executions(
            actor.team_id, filters, wanted.position, utc_now(), size=wanted.limit
        )
        return wanted.found(found, execution_view)

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
