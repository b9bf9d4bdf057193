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
Steps = Annotated[
    list[Any],
    Meta(
        description="What to do, in order. A placeholder is a JSONPath into the event's body, or "
        "`event.…`, `trigger.…`, `steps.<key>.…`, `secrets.<name>`.",
        examples=[
            [
                {
                    "key": "notify",
                    "kind": "http",
                    "method": "POST",
                    "url": "https://example.org/notify",
                    "headers": {},
                    "body": {"order": "{{ $.order.id }}"},
                    "timeout_s": 10,
                }
            ]
        ],
    ),
]
Config = Annotated[
    dict[str, Any],
    Meta(
        description="Settings of the source. For a webhook: `scheme` (`none`, `hmac`, `standard`, "
        "`github`, `stripe`, `slack`, `shopify`), `secret`, and `id_path`, a JSONPath to the "
        "sender's id. `hmac` takes `algorithm`, `header`, `encoding`, `prefix`, `signed` (such as "
        "`{timestamp}.{body}`), `timestamp_header`, `id_header`; schemes that sign an instant take "
        "`tolerance_s`. The door takes `methods`, `addresses`, `max_body_bytes`, `cors_origins`, "
        "`answer`, `dedup_days`, `dedup_body`, `when_disabled`.",
        examples=[
            {
                "scheme": "hmac",
                "secret": "at least 24 bytes that only the two of you know",
                "header": "X-Shop-Signature",
                "signed": "{timestamp}.{body}",
                "timestamp_header": "X-Shop-Timestamp",
                "tolerance_s": 300,
                "methods": ["POST", "PUT"],
                "addresses": ["192.0.2.0/24", "2001:db8::/32"],
                "max_body_bytes": 262144,
                "cors_origins": ["https://shop.example.org"],
                "answer": {"status": 200, "body": "ok", "content_type": "text/plain"},
                "dedup_days": 14,
                "when_disabled": "keep",
            }
        ],
    ),
]
Conditions = Annotated[
    dict[str, Any] | None,
    Meta(
        description="Groups `all`, `any`, `none` of clauses. None: every event matches.",
        examples=[{"all": [{"path": "$.action", "op": "eq", "value": "opened"}]}],
    ),
]
Retry = Annotated[dict[str, Any], Meta(description="How failed attempts are repeated.")]
Limits = Annotated[dict[str, Any], Meta(description="None are available in this version.")]


class Page(Struct, Generic[Item]):
    """One page of a list; `next` is the cursor of the next one."""

    items: list[Item]
    next: str | None


class CreateWorkflow(Struct, forbid_unknown_fields=True):
    """A workflow to make, published unless it is a draft."""

    name: Name
    steps: Steps
    draft: bool = False


class EditWorkflow(Struct, forbid_unknown_fields=True):
    """What to change. Steps are published unless `draft`; `"draft": false` alone publishes the
    draft that is there."""

    name: Name | UnsetType = UNSET
    steps: Steps | UnsetType = UNSET
    draft: bool | UnsetType = UNSET
    revision: Revision | UnsetType = UNSET


class RollBackWorkflow(Struct, forbid_unknown_fields=True):
    """The version whose steps are to run again, as a new version."""

    version: Annotated[int, Meta(ge=1, le=2_147_483_647)]
    revision: Revision | UnsetType = UNSET


class WorkflowView(Struct):
    """A workflow. `version` and `steps` are the published ones, `draft_steps` the unpublished."""

    id: UUID
    name: str
    version: int | None
    steps: Json | None
    draft_steps: Json | None
    revision: int
    created_at: datetime
    updated_at: datetime


class CreateTrigger(Struct, forbid_unknown_fields=True):
    """A trigger to make."""

    name: Name
    kind: Annotated[str, Meta(examples=["webhook"])]
    workflow_id: str
    config: Config
    conditions: Conditions = None
    limits: Limits = {}
    retry: Retry = {}
    enabled: bool = True


class EditTrigger(Struct, forbid_unknown_fields=True):
    """What to change. `config` is replaced as a whole, but for its secret: one that is not given
    stays."""

    name: Name | UnsetType = UNSET
    workflow_id: str | UnsetType = UNSET
    config: Config | UnsetType = UNSET
    conditions: Conditions | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    retry: Retry | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    revision: Revision | UnsetType = UNSET


class TriggerView(Struct):
    """A trigger with its present version. `secret` is there once: when one was made just now."""

    id: UUID
    name: str
    kind: str
    enabled: bool
    workflow_id: UUID
    version: int
    config: Json
    conditions: Json | None
    limits: Json
    retry: Json
    hook_url: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    secret: str | UnsetType = UNSET


class RotateSecret(Struct, forbid_unknown_fields=True):
    """Another signing secret. The present ones verify for `overlap_s` seconds more."""

    secret: Annotated[
        str | None, Meta(description="The sender's own; None: one is made, and shown this once.")
    ] = None
    overlap_s: Annotated[int, Meta(description="0 to 2,592,000 (30 days).")] = 86_400


class RotatedSecretView(Struct):
    """The new signing secret; `secret` is there only if it was made just now."""

    id: UUID
    secret: str | UnsetType = UNSET


class TriggerSecretView(Struct):
    """A live signing secret, never its value. `used_at` is when it last verified a delivery, to the
    minute; `retired_at`, if set, is when it ends."""

    id: UUID
    created_at: datetime
    used_at: datetime | None
    retired_at: datetime | None


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
    """An execution of a list."""

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


class ErrorView(Struct):
    """Why something failed: a word for machines, a sentence for people."""

    reason: str
    message: str | None


class ResponseView(Struct):
    """What a step's call was answered."""

    status: int


class StepRunView(Struct):
    """One step within one attempt."""

    key: str
    kind: str
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
    """An execution with its attempts."""

    attempts: list[AttemptView]


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
