"""Bulk actions as the API takes and shows them."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from domain.errors import InvalidInput
from domain.operations.start_bulk_action import BulkDraft
from domain.rules.ids import parse_id
from domain.rules.list_filters import STATES as EXECUTION_STATES
from domain.rules.list_filters import DeadLetterFilters, ExecutionFilters
from domain.rules.replays import replay_options
from domain.store.bulk_actions import BulkAction, Selection
from web.controllers.api.history import kind_in, span_of, words_in
from web.controllers.api.replays import Start, Version
from web.controllers.api.shapes import Json, Name
from web.controllers.api.views import id_in_field, json_of
from web.presenters.bulk_actions import BulkPreview

Kind = Annotated[str, Meta(examples=["replay", "cancel"])]


class ExecutionChoice(Struct, forbid_unknown_fields=True):
    """All executions that these filters find, as in the list of executions. With `reason`, `error`
    (a part of it) or `fingerprint`, those of the list of dead letters."""

    state: list[str] = []
    kind: str | None = None
    trigger_id: str | None = None
    workflow_id: str | None = None
    bulk_id: str | None = None
    reason: str | None = None
    error: str | None = None
    fingerprint: str | None = None
    received_after: str | None = None
    received_before: str | None = None


class ChooseExecutions(Struct, forbid_unknown_fields=True):
    """What to do, and to which executions: those named (at most 1,000), or all that the filters
    find (at most 100,000)."""

    kind: Kind
    executions: list[str] | None = None
    filters: ExecutionChoice | None = None


class StartBulkAction(Struct, forbid_unknown_fields=True):
    """A bulk action to start: its `name`, what it does, and to which executions: those named (at
    most 1,000), or all that the filters find (at most 100,000). `version` and `start` are for
    replays."""

    name: Name
    kind: Kind
    executions: list[str] | None = None
    filters: ExecutionChoice | None = None
    version: Version = "same"
    start: Start = "beginning"


class BulkPreviewView(Struct):
    """How many executions are meant, by state, and how many of the chosen ones are not, because
    nothing can be done to them in their state."""

    total: int
    by_state: dict[str, int]
    left_out: dict[str, int]

    @classmethod
    def of(cls, preview: BulkPreview) -> "BulkPreviewView":
        """The preview as it is sent."""
        meant, out = Counter[str](), Counter[str]()
        for counts, counted in ((meant, preview.meant), (out, preview.left_out)):
            for each in counted:
                counts[each.state] += each.amount
        return cls(preview.total, dict(meant), dict(out))


class BulkActionView(Struct):
    """A bulk action of a list. Of its `total`, `done` were done and `skipped` left out."""

    id: UUID
    name: str
    kind: str
    state: str
    total: int
    done: int
    skipped: int
    created_by: str
    created_at: datetime
    finished_at: datetime | None


class BulkActionDetail(BulkActionView):
    """A bulk action: what was chosen and how, why executions were left out (how many by reason),
    and how many of its executions are in which state by now."""

    filters: Json
    options: Json
    left_out: Json
    outcomes: dict[str, int]


_FIELDS = BulkActionView.__struct_fields__


def selection_of(data: ChooseExecutions | StartBulkAction) -> Selection:
    """The executions that are meant. Raises InvalidInput."""
    if (data.executions is None) == (data.filters is None):
        raise InvalidInput.at("executions", "give either executions or filters")
    if data.filters is not None:
        return Selection((), _filters(data.filters))
    ids = [parse_id(each) for each in data.executions or ()]
    if None in ids:
        raise InvalidInput.at("executions", "must be ids")
    return Selection(tuple(each for each in ids if each is not None))


def _filters(given: ExecutionChoice) -> ExecutionFilters | DeadLetterFilters:
    states = words_in(given.state, EXECUTION_STATES, "filters.state")
    trigger_id = id_in_field(given.trigger_id, "filters.trigger_id")
    workflow_id = id_in_field(given.workflow_id, "filters.workflow_id")
    span = span_of(given.received_after, given.received_before)
    of_dead_letters = given.reason, given.error, given.fingerprint
    if any(each is not None for each in of_dead_letters):
        if given.kind or given.bulk_id:
            raise InvalidInput.at("filters", "kind and bulk_id are no filters of dead letters")
        return DeadLetterFilters(states, trigger_id, workflow_id, *of_dead_letters, span)
    return ExecutionFilters(
        states=states,
        kind=kind_in(given.kind),
        trigger_id=trigger_id,
        workflow_id=workflow_id,
        span=span,
        bulk_id=id_in_field(given.bulk_id, "filters.bulk_id"),
    )


def bulk_draft(data: StartBulkAction) -> BulkDraft:
    """What is to be started. Raises InvalidInput."""
    options = replay_options(data.version, data.start)
    return BulkDraft(data.kind, data.name, selection_of(data), options)


def bulk_action_view(row: BulkAction) -> BulkActionView:
    """A bulk action of a list."""
    return BulkActionView(**{name: getattr(row, name) for name in _FIELDS})


def bulk_action_detail(row: BulkAction, outcomes: Mapping[str, int]) -> BulkActionDetail:
    """A bulk action with what became of it."""
    return BulkActionDetail(
        **{name: getattr(row, name) for name in _FIELDS},
        filters=json_of(row.filters),
        options=json_of(row.options),
        left_out=json_of(row.left_out),
        outcomes=dict(outcomes),
    )
