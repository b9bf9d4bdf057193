"""The API's requests and answers about triggers, as types."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from web.controllers.api.shapes import Conditions, Json, Name, Revision

Config = Annotated[
    dict[str, Any],
    Meta(
        description="Settings of the source. For a webhook: `scheme` (`none`, `hmac`, `standard`, "
        "`github`, `stripe`, `slack`, `shopify`), `secret`, and `id_path`, a JSONPath to the "
        "sender's id. `hmac` takes `algorithm`, `header`, `encoding`, `prefix`, `signed` (such as "
        "`{timestamp}.{body}`), `timestamp_header`, `id_header`; schemes that sign an instant take "
        "`tolerance_s`. The door takes `methods`, `addresses`, `max_body_bytes`, `cors_origins`, "
        "`answer`, `dedup_days`, `dedup_body`, `when_disabled`. For a schedule: `form` (`cron`, "
        "`every`, `once`, `instants`) with `cron`, or `every`, `unit`, `anchor`, or `at`, or "
        "`instants`; `zone`, `gap`, `fold`, `calendars`, `starts_at`, `ends_at`, `jitter_s`, "
        "`catch_up`, `catch_up_most`, `catch_up_window_s`, `overlap`. For a workflow: "
        "`source_workflow_id`, `on` (`succeeded`, `failed`, `dead`, `any`), `most_depth`. Manual "
        "ones have none.",
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
            },
            {
                "form": "cron",
                "cron": "0 9 * * 1-5",
                "zone": "Europe/Berlin",
                "catch_up": "all",
                "overlap": "queue_one",
            },
            {"source_workflow_id": "0198c7a2-6d3e-7c64-a5f1-0d5b7a3c9e10", "on": "failed"},
        ],
    ),
]
PinnedVersion = Annotated[
    Annotated[int, Meta(ge=1, le=2_147_483_647)] | None,
    Meta(description="The workflow's version to run. None: the newest when the event comes."),
]
ExpectedBy = Annotated[
    dict[str, Any] | None,
    Meta(
        description="When silence is overdue: `every_s`, or `cron` with `zone` and `grace_s`. "
        "None: never.",
        examples=[{"every_s": 3600}, {"cron": "0 9 * * 1-5", "zone": "UTC", "grace_s": 600}],
    ),
]
Retry = Annotated[
    dict[str, Any],
    Meta(
        description="How often a failed step is tried: `attempts` (1 to 50), with waits that grow "
        "from `base_s` by `factor` up to `cap_s` seconds, and `on` which failures (`timeout`, "
        "`unreachable`, `status_429`, `status_5xx`, `status_4xx`, `other`). A step's own policy "
        "goes before this one; `{}`: as the workflow says.",
        examples=[{"attempts": 5, "base_s": 2, "on": ["timeout", "status_5xx", "status_429"]}],
    ),
]
Limits = Annotated[
    dict[str, Any],
    Meta(
        description="`rate`: up to five windows of `most` events in any `per_s` seconds, each of "
        "all events or of each value of `key`, a JSONPath; `when_unavailable` (`open`, `closed`) "
        "says what holds while nobody can count. `over`: what becomes of an event above them: "
        "`defer` (at most `max_wait_s`), `drop`, or, for webhooks, `refuse` (429). `debounce`: "
        "`quiet_s`, `keep` (`last`, `first`), `key`, `most_s`. `batch`: `most`, `within_s`, `key`. "
        "`concurrency`: up to three caps, `most` and `key`. `in_order`: `key`, or `{}` for all. "
        "`singleton`: `mode` (`skip`, `cancel`), `key`.",
        examples=[
            {
                "rate": [{"most": 100, "per_s": 60}, {"most": 5, "per_s": 1, "key": "$.shop.id"}],
                "over": "defer",
                "max_wait_s": 3600,
                "concurrency": [{"most": 5}],
                "in_order": {"key": "$.shop.id"},
            },
            {"debounce": {"quiet_s": 5, "keep": "last", "key": "$.document.id"}},
            {"batch": {"most": 100, "within_s": 60}, "singleton": {"mode": "skip"}},
        ],
    ),
]
DisableAfter = Annotated[
    Annotated[int, Meta(ge=1, le=1000)] | None,
    Meta(
        description="So many executions that fail in a row switch the trigger off. None: they "
        "never do."
    ),
]


class CreateTrigger(Struct, forbid_unknown_fields=True):
    """A trigger to make."""

    name: Name
    kind: Annotated[
        str,
        Meta(
            description="`webhook`, `schedule`, `workflow` or `manual`.",
            examples=["webhook", "schedule", "workflow", "manual"],
        ),
    ]
    workflow_id: str
    config: Config
    conditions: Conditions = None
    limits: Limits = {}
    retry: Retry = {}
    enabled: bool = True
    pinned_version: PinnedVersion = None
    expected_by: ExpectedBy = None
    disable_after: DisableAfter = None


CatchUp = Annotated[
    str,
    Meta(
        description="With `enabled: true`: which of the slots that came due while a schedule was "
        "off run now. `policy`: what its own catch-up policy says; `latest`; `all` (the newest "
        "100); or `none`. Without it, `policy`.",
        examples=["none"],
    ),
]


Hold = Annotated[
    bool,
    Meta(
        description="With `enabled: false`, for webhooks and workflow triggers: events that match "
        "wait until the trigger is switched on, instead of being decided as paused. A webhook's "
        "address goes on accepting.",
        examples=[True],
    ),
]
Held = Annotated[
    str,
    Meta(
        description="With `enabled: true`: what becomes of the events that were held. `run`: all "
        "of them, in their order; `drop`. Without it, `run`.",
        examples=["run", "drop"],
    ),
]


class EditTrigger(Struct, forbid_unknown_fields=True):
    """What to change. `config` is replaced as a whole, but for its secret: one that is not given
    stays. Another workflow is followed unless a version of it is pinned along with it."""

    name: Name | UnsetType = UNSET
    workflow_id: str | UnsetType = UNSET
    config: Config | UnsetType = UNSET
    conditions: Conditions | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    retry: Retry | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    pinned_version: PinnedVersion | UnsetType = UNSET
    expected_by: ExpectedBy | UnsetType = UNSET
    disable_after: DisableAfter | UnsetType = UNSET
    revision: Revision | UnsetType = UNSET
    catch_up: CatchUp | UnsetType = UNSET
    hold: Hold | UnsetType = UNSET
    held: Held | UnsetType = UNSET


class ScheduleView(Struct):
    """A schedule in words, and its `next` instant, whether or not its calendars let it run: None
    when there is none to come. Jitter puts that off to `next_due_at`."""

    words: str
    next: datetime | None
    next_due_at: datetime | None


class TriggerView(Struct):
    """A trigger with its present version. `schedule` is a schedule trigger's, `late_since` is set
    while an expected event is overdue, `limits_lifted_until` while its limits are lifted. While it
    is off it `holds` what comes, or not, and `switched_off_because` says so where it did that
    itself. `secret` is there once: when one was made just now."""

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
    pinned_version: int | None
    expected_by: Json | None
    late_since: datetime | None
    disable_after: int | None
    holds: bool
    switched_off_because: str | None
    limits_lifted_until: datetime | None
    schedule: ScheduleView | None
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
