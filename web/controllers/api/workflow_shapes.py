"""Workflows, as the API takes and answers them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from web.controllers.api.shapes import Json, Name, Revision

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
InputSchema = Annotated[
    dict[str, Any] | None,
    Meta(
        description="What the workflow must be given: a JSON Schema of an object. None: anything. "
        "Runs by hand are checked by it; publishing tells which triggers never had what is "
        "required. Keywords: `type`, `enum`, `const`, `default`, `title`, `description`, "
        "`examples`, `properties`, `required`, `additionalProperties` (true or false), `items`, "
        "`minItems`, `maxItems`, `uniqueItems`, `minLength`, `maxLength`, `pattern` (RE2), "
        "`format` (date, date-time, email, uri, uuid), `minimum`, `maximum`, `exclusiveMinimum`, "
        "`exclusiveMaximum`, `multipleOf`; others are refused. At most 32 KiB, 8 levels.",
        examples=[
            {
                "type": "object",
                "required": ["order"],
                "properties": {
                    "order": {
                        "type": "object",
                        "required": ["id"],
                        "properties": {"id": {"type": "integer", "minimum": 1}},
                    }
                },
            }
        ],
    ),
]
Policy = Annotated[
    dict[str, Any] | None,
    Meta(
        description="What holds for all executions of a version. `retry`: how often a failed step "
        "is tried (`attempts`, 1 to 50), with waits that grow from `base_s` by `factor` up to "
        "`cap_s`, and `on` which failures (`timeout`, `unreachable`, `status_429`, `status_5xx`, "
        "`status_4xx`, `other`); a step's own `retry` goes before that of its trigger, and that "
        "before this one. `deadline_s`: from its start an execution has so many seconds in all, "
        "60 to 2,592,000. `concurrency`: so many run at once, 1 to 1,000. None: nothing.",
        examples=[
            {
                "retry": {"attempts": 5, "base_s": 2, "on": ["timeout", "status_5xx"]},
                "deadline_s": 3600,
                "concurrency": 10,
            }
        ],
    ),
]
Confirm = Annotated[
    bool,
    Meta(
        description="Publish although triggers would break. Without it they are named in a refusal "
        "(409 `would_break`)."
    ),
]


class CreateWorkflow(Struct, forbid_unknown_fields=True):
    """A workflow to make, published unless it is a draft. Its steps are given, or those of a
    `template` (an id, or `library:` and a key; its newest version unless one is named)."""

    name: Name
    steps: Steps | UnsetType = UNSET
    input_schema: InputSchema | UnsetType = UNSET
    policy: Policy | UnsetType = UNSET
    draft: bool = False
    template: str | UnsetType = UNSET
    template_version: Annotated[int, Meta(ge=1, le=2_147_483_647)] | UnsetType = UNSET


class EditWorkflow(Struct, forbid_unknown_fields=True):
    """What to change. Steps, input schema and policy are published unless `draft`; `"draft": false`
    alone publishes the draft that is there."""

    name: Name | UnsetType = UNSET
    steps: Steps | UnsetType = UNSET
    input_schema: InputSchema | UnsetType = UNSET
    policy: Policy | UnsetType = UNSET
    draft: bool | UnsetType = UNSET
    revision: Revision | UnsetType = UNSET
    confirm: Confirm = False


class RollBackWorkflow(Struct, forbid_unknown_fields=True):
    """The version that is to run again, as a new version."""

    version: Annotated[int, Meta(ge=1, le=2_147_483_647)]
    revision: Revision | UnsetType = UNSET
    confirm: Confirm = False


class WorkflowView(Struct):
    """A workflow. `version`, `steps`, `input_schema` and `policy` are the published ones, those of
    the draft the unpublished. `template` and `template_version` are what it was made from."""

    id: UUID
    name: str
    version: int | None
    steps: Json | None
    input_schema: Json | None
    draft_steps: Json | None
    draft_input_schema: Json | None
    policy: Json | None
    draft_policy: Json | None
    template: str | None
    template_version: int | None
    revision: int
    created_at: datetime
    updated_at: datetime
