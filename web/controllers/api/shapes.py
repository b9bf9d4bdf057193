"""The API's requests and answers, as types: what the OpenAPI document describes.

`Json` is JSON that goes out as it is stored, digit by digit.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Json = msgspec.Raw
Item = TypeVar("Item")

Name = Annotated[str, Meta(description="1 to 100 characters.", examples=["Orders over 100"])]
Revision = Annotated[
    int, Meta(description="The revision that was looked at; another one now is a conflict (409).")
]
Conditions = Annotated[
    dict[str, Any] | None,
    Meta(
        description="Groups `all`, `any`, `none` of clauses. None: every event matches.",
        examples=[{"all": [{"path": "$.action", "op": "eq", "value": "opened"}]}],
    ),
]


class Page(Struct, Generic[Item]):
    """One page of a list; `next` is the cursor of the next one."""

    items: list[Item]
    next: str | None


class RefusedRequestView(Struct):
    """A request that a hook refused; it stands for `amount` of its kind, the latest of them at
    `refused_at`. `headers` are without credentials, and signatures are cut."""

    id: UUID
    trigger_id: UUID
    status: int
    code: str
    reason: str
    method: str
    address: str
    headers: Json
    size: int | None
    amount: int
    refused_at: datetime


class EventView(Struct):
    """An event of a list."""

    id: UUID
    trigger_id: UUID
    kind: str
    received_at: datetime
    state: str
    size: int
    title: str
    sender_id: str | None
    content_type: str


class DecisionView(Struct):
    """One event judged by one trigger version, with the trace of every clause."""

    id: UUID
    trigger_id: UUID
    trigger_version: int
    verdict: str
    reason: str | None
    decided_at: datetime
    execution_id: UUID | None
    trace: Json


class StartedView(Struct):
    """An execution that an event started."""

    id: UUID
    state: str


class EventDetail(EventView):
    """An event, what was decided, and what it started."""

    decisions: list[DecisionView]
    executions: list[StartedView]


class ExecutionView(Struct):
    """An execution of a list. A replay names the execution that it repeats, and the bulk action
    that it came from; so does what a bulk action canceled."""

    id: UUID
    state: str
    reason: str | None
    event_id: UUID
    trigger_id: UUID
    workflow_id: UUID
    workflow_version: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    replay_of: UUID | None
    bulk_id: UUID | None


class ErrorView(Struct):
    """Why something failed: a word for machines, a sentence for people."""

    reason: str
    message: str | None


class ResponseView(Struct):
    """What a step's call was answered."""

    status: int


class StepRunView(Struct):
    """One step within one attempt. `idempotency_key` is the header of its call, the same in every
    attempt."""

    key: str
    kind: str
    idempotency_key: str
    state: str
    started_at: datetime
    finished_at: datetime
    response: ResponseView | None
    error: ErrorView | None


class AttemptView(Struct):
    """One try at an execution; the one that runs now has no end yet."""

    number: int
    state: str
    started_at: datetime
    finished_at: datetime | None
    error: ErrorView | None
    steps: list[StepRunView]


class ExecutionDetail(ExecutionView):
    """An execution with its attempts. `maybe_twice`: a call whose outcome nobody knows was made
    again, so it may have been carried out twice, both times with the same `idempotency_key`.
    `waits_for` says why one that is queued or retrying is not due yet: `concurrency`, `order`,
    `breaker` or `destination`. `fingerprint` is the same for executions that failed alike.
    `replays` counts how often it was replayed; `taken_over` are the keys of the steps that a replay
    did not carry out, because the execution that it repeats had."""

    deadline_at: datetime | None
    waits_for: str | None
    first_error: str | None
    last_error: str | None
    fingerprint: str | None
    maybe_twice: bool
    replays: int
    taken_over: list[str]
    attempts: list[AttemptView]


class ResolveUnknown(Struct, forbid_unknown_fields=True):
    """What follows for an execution in the state `unknown`. `try_again`: make the call again, with
    the same key. `carried_out`: the step counts as done, without an answer, and the next one
    follows. `give_up`: it has failed. `attempt` is the one that was looked at: a later one is not
    meant (409)."""

    resolution: Annotated[str, Meta(examples=["try_again", "carried_out", "give_up"])]
    attempt: Annotated[int, Meta(ge=1, le=32_767)] | UnsetType = UNSET


class PutSecret(Struct, forbid_unknown_fields=True):
    """A secret's value. It cannot be read again."""

    value: str


class SecretView(Struct):
    """A secret, without its value."""

    name: str
    created_at: datetime
    updated_at: datetime


class CreateKey(Struct, forbid_unknown_fields=True):
    """A key to make. `role` allows at most what its maker may."""

    name: Name
    role: Annotated[str, Meta(examples=["viewer", "editor", "admin"])]
    expires_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="Within ten years. None: until revoked."),
    ] = None


class RotateKey(Struct, forbid_unknown_fields=True):
    """A key to replace."""

    overlap_s: Annotated[
        int,
        Meta(description="How long the old key works on: 0, 3600, 86400 or 604800 seconds."),
    ] = 86_400


class CreatedKeyView(Struct):
    """A new key: `key` is shown this once."""

    id: UUID
    name: str
    role: str
    prefix: str
    key: str
    expires_at: datetime | None


class KeyView(Struct):
    """A key, by its visible prefix. `created_by` is None for one that the operator made."""

    id: UUID
    name: str
    role: str
    prefix: str
    created_by: str | None
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
