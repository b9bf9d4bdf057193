"""Rows of the store as the API shows them."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from domain.clock import utc_now
from domain.engines.steps import idempotency_key
from domain.errors import InvalidInput, NotFound
from domain.operations.explain_decisions import Explained
from domain.rules.bodies import read_stored
from domain.rules.ids import parse_id
from domain.rules.permissions import SEE_HOOK_URLS, Actor
from domain.rules.schedules.jitter import jitter_of
from domain.rules.schedules.schedule import read_schedule
from domain.rules.schedules.words import schedule_words
from domain.settings import Settings
from domain.store.database import Row
from domain.store.event_lists import EventListed
from domain.store.execution_lists import ExecutionListed
from domain.store.jsonb import json_text
from domain.store.refused_requests import RefusedListed
from domain.store.secrets import TriggerSecretShown
from domain.store.triggers import TriggerRow
from domain.store.workflows import WorkflowRow
from web.controllers.api.shapes import (
    AttemptView,
    DecisionView,
    ErrorView,
    EventDetail,
    EventView,
    ExecutionDetail,
    ExecutionView,
    Json,
    RefusedRequestView,
    ResponseView,
    StartedView,
    StepRunView,
)
from web.controllers.api.trigger_shapes import ScheduleView, TriggerSecretView, TriggerView
from web.controllers.api.workflow_shapes import WorkflowView
from web.presenters.limit_traces import without_others, without_values


def id_in_path(text: str) -> UUID:
    """The id in an address. Raises NotFound for what cannot be one: it is as unknown as others."""
    found = parse_id(text)
    if found is None:
        raise NotFound
    return found


def id_in_field(text: str | None, field: str) -> UUID | None:
    """The id in a filter or a field. Raises InvalidInput for what cannot be one."""
    if text is None:
        return None
    found = parse_id(text)
    if found is None:
        raise InvalidInput.at(field, "is not an id")
    return found


def json_of(text: str) -> Json:
    """Stored JSON, as it is."""
    return Json(text.encode())


def _optional(text: str | None) -> Json | None:
    return None if text is None else json_of(text)


def workflow_view(row: WorkflowRow) -> WorkflowView:
    """A workflow."""
    shown = row.published or row.draft
    return WorkflowView(
        id=row.id,
        name=row.name,
        version=row.version,
        steps=_optional(row.steps),
        input_schema=_optional(row.input_schema),
        draft_steps=_optional(row.draft_steps),
        draft_input_schema=_optional(row.draft_input_schema),
        policy=_optional(row.policy),
        draft_policy=_optional(row.draft_policy),
        template=row.template,
        template_version=shown.template_version if shown else None,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def hook_url(settings: Settings, actor: Actor, token: str | None) -> str | None:
    """Where the trigger's sender sends to; None for who may not see it, as it is a credential."""
    shown = token is not None and actor.may(SEE_HOOK_URLS)
    return f"{settings.base_url}/hooks/{token}" if shown else None


def trigger_view(
    row: TriggerRow, settings: Settings, actor: Actor, secret: str | None = None
) -> TriggerView:
    """A trigger; with `secret` the one that was made just now."""
    return TriggerView(
        id=row.id,
        name=row.name,
        kind=row.kind,
        enabled=row.enabled,
        workflow_id=row.workflow_id,
        version=row.version,
        config=json_of(row.config),
        conditions=_optional(row.conditions),
        limits=json_of(row.limits),
        retry=json_of(row.retry),
        pinned_version=row.pinned_version,
        expected_by=_optional(row.expected_by),
        late_since=row.late_since,
        disable_after=row.disable_after,
        holds=row.holds,
        switched_off_because=row.switched_off_because,
        limits_lifted_until=row.limits_lifted_until,
        schedule=_schedule(row) if row.kind == "schedule" else None,
        hook_url=hook_url(settings, actor, row.hook_token),
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
        secret=UNSET if secret is None else secret,
    )


def _schedule(row: TriggerRow) -> ScheduleView:
    """What a stored schedule comes to from now on."""
    config = read_stored(row.config)
    try:
        schedule = read_schedule(config if isinstance(config, dict) else {})
    except InvalidInput:
        return ScheduleView("This schedule cannot be read any more: edit it.", None, None)
    coming = schedule.after(utc_now())
    if coming is None:
        return ScheduleView(schedule_words(schedule), None, None)
    due_at = coming.at + jitter_of(row.id, coming.at, schedule.jitter_s)
    return ScheduleView(schedule_words(schedule), coming.at, due_at)


def trigger_secret_view(row: TriggerSecretShown) -> TriggerSecretView:
    """A signing secret, without its value."""
    return TriggerSecretView(row.id, row.created_at, row.used_at, row.retired_at)


_REFUSED_FIELDS = tuple(name for name in RefusedRequestView.__struct_fields__ if name != "headers")


def refused_request_view(row: RefusedListed) -> RefusedRequestView:
    """A refused request."""
    shown = {name: getattr(row, name) for name in _REFUSED_FIELDS}
    return RefusedRequestView(**shown, headers=json_of(row.headers))


def event_view(row: EventListed) -> EventView:
    """An event of a list."""
    return EventView(**{name: getattr(row, name) for name in EventView.__struct_fields__})


def event_detail(
    row: Row,
    decisions: Sequence[Row],
    explained: Mapping[UUID, Explained],
    executions: Sequence[Row],
    *,
    values: bool,
) -> EventDetail:
    """An event with what was decided and started; `values`: also with what the keys of limits found
    in it."""
    return EventDetail(
        **row,
        decisions=[
            DecisionView(**{**decision, "trace": _trace(decision, explained, values=values)})
            for decision in decisions
        ],
        executions=[StartedView(each["id"], each["state"]) for each in executions],
    )


def _trace(decision: Row, explained: Mapping[UUID, Explained], *, values: bool) -> Json:
    """The trace of every clause; only what was stored of it, where that is all there is to know."""
    stored: dict[str, Any] = {"clauses": [], **msgspec.json.decode(decision["trace"])}
    found = explained.get(decision["id"])
    if found is not None and found.agrees:
        stored["clauses"] = found.judgement.clauses
    shown = without_others(stored)
    return json_of(json_text(shown if values else without_values(shown)))


_EXECUTION_FIELDS = ExecutionView.__struct_fields__
_DETAIL_FIELDS = ("deadline_at", "waits_for", "first_error", "last_error", "fingerprint",
                  "maybe_twice", "replays")  # fmt: skip


def execution_view(row: ExecutionListed) -> ExecutionView:
    """An execution of a list."""
    return ExecutionView(**{name: getattr(row, name) for name in _EXECUTION_FIELDS})


def execution_detail(row: Row, attempts: Sequence[Row], steps: Sequence[Row]) -> ExecutionDetail:
    """An execution with its attempts and their steps."""
    by_attempt = {
        number: [_step_view(row["id"], step) for step in group]
        for number, group in groupby(steps, lambda step: step["attempt"])
    }
    shown = [_attempt_view(attempt, by_attempt) for attempt in attempts]
    if row["state"] == "running" and row["attempt_started_at"] is not None:
        number = row["attempt"]
        begun = row["attempt_started_at"]
        running = by_attempt.get(number, [])
        shown.append(AttemptView(number, "running", begun, None, None, running))
    view = {name: row[name] for name in (*_EXECUTION_FIELDS, *_DETAIL_FIELDS)}
    taken_over = [step["key"] for step in steps if not step["attempt"]]
    return ExecutionDetail(**view, attempts=shown, taken_over=taken_over)


def _attempt_view(row: Row, by_attempt: dict[int, list[StepRunView]]) -> AttemptView:
    return AttemptView(
        number=row["number"],
        state=row["state"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        error=_error(row),
        steps=by_attempt.get(row["number"], []),
    )


def _step_view(execution_id: UUID, row: Row) -> StepRunView:
    return StepRunView(
        key=row["key"],
        kind=row["kind"],
        idempotency_key=idempotency_key(execution_id, row["key"]),
        state=row["state"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        response=None if row["status"] is None else ResponseView(row["status"]),
        error=_error(row),
    )


def _error(row: Row) -> ErrorView | None:
    return None if row["reason"] is None else ErrorView(row["reason"], row["message"])
