"""What people configure, what happens, and the counting of it, each table once. Who may do what is
in `tables_of_access.py`.

Types and defaults are here; what Piccolo cannot say (partitions, checks, composite keys, partial
indexes) is in the raw migrations, each with a sentence. All ids are UUIDv7 (`domain/rules/ids.py`).
Tables tagged `partitioned` are partitioned by the range of their id, one partition a day.
"""

from piccolo.columns import (
    JSON,
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.table import Table

from domain.store.columns import moment, optional_id, optional_moment, required_id

PARTITIONED = ["partitioned"]


# --- What people configure ---------------------------------------------------------------------


class Secret(Table):
    """A team's named secret for step inputs, encrypted and bound to this row."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    name = Text(default=None, null=False)
    ciphertext = Bytea(default=None, null=False)
    created_at = moment()
    updated_at = moment()


class Workflow(Table):
    """What gets run. The draft is edited; each publish makes a workflow version."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    name = Text(default=None, null=False)
    draft_steps = JSONB(null=True, default=None, help_text="null: nothing unpublished")
    draft_input_schema = JSON(null=True, default=None, help_text="beside draft_steps")
    published_version = Integer(null=True, default=None)
    published_version_id = optional_id()
    template = Text(null=True, default=None, help_text="an id, or `library:` and a key")
    draft_template_version = Integer(null=True, default=None, help_text="beside draft_steps")
    draft_policy = JSONB(null=True, default=None, help_text="beside draft_steps")
    revision = Integer(default=1, help_text="rises with every change: an edit names the one it saw")
    created_at = moment()
    updated_at = moment()
    deleted_at = optional_moment()


class WorkflowVersion(Table):
    """Immutable: what an execution runs."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    workflow_id = required_id()
    number = Integer(null=False, default=None)
    steps = JSONB(null=False, default=None)
    input_schema = JSON(null=True, default=None, help_text="JSON Schema; null: anything")
    template_version = Integer(null=True, default=None, help_text="of the workflow's template")
    policy = JSONB(null=False, default="{}", help_text="retries, deadline, concurrency")
    created_by = Text(default=None, null=False)
    created_at = moment()


class Trigger(Table):
    """Source + conditions + limits + a workflow to run; the current version holds all of them."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    name = Text(default=None, null=False)
    kind = Text(default=None, null=False)
    hook_token = Text(null=True, default=None, unique=True, secret=True)
    workflow_id = required_id()
    enabled = Boolean(default=True)
    version = Integer(null=False, default=None)
    version_id = required_id()
    watched_workflow_id = optional_id()
    watched_end = Text(null=True, default=None, help_text="succeeded, failed, dead or any")
    pinned_version = Integer(null=True, default=None, help_text="null: follows the newest")
    pinned_version_id = optional_id()
    limits_lifted_until = optional_moment()
    limits_lifted_by = Text(null=True, default=None)
    holds = Boolean(default=False, help_text="while it is off, its events wait for it")
    disable_after = Integer(null=True, default=None, help_text="failures in a row; null: never")
    switched_off_because = Text(null=True, default=None, help_text="until it is switched on again")
    failures_from = moment()
    revision = Integer(default=1, help_text="rises with every change: an edit names the one it saw")
    created_at = moment()
    updated_at = moment()
    deleted_at = optional_moment()


class TriggerVersion(Table):
    """Immutable: what an event is judged by."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    number = Integer(null=False, default=None)
    workflow_id = required_id()
    pinned_version = Integer(null=True, default=None, help_text="of the workflow; null: the newest")
    config = JSONB(null=False, default=None, help_text="settings of the source, without secrets")
    condition_config = JSONB(null=True, default=None)
    limits = JSONB(null=False, default=None)
    retry = JSONB(null=False, default=None)
    created_by = Text(default=None, null=False)
    created_at = moment()


class TriggerSecret(Table):
    """A signing secret of a webhook trigger, encrypted and bound to this row."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    ciphertext = Bytea(default=None, null=False)
    created_at = moment()
    retired_at = optional_moment(help_text="from then on it verifies nothing; may lie ahead")
    used_at = optional_moment(help_text="when it last verified a delivery, to the minute")


class RefusedRequest(Table):
    """A request that a hook refused: sampled and bounded, one row for many of a kind."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    status = SmallInt(null=False, default=None)
    code = Text(default=None, null=False, help_text="what the sender was told")
    reason = Text(default=None, null=False, help_text="what only the trigger's owner is told")
    method = Text(default=None, null=False)
    address = Text(default=None, null=False)
    headers = JSONB(null=False, default=None, help_text="list of [name, value], no credentials")
    size = Integer(null=True, default=None, help_text="bytes of the body, if it was read")
    amount = Integer(default=1, help_text="how many refusals of this kind the row stands for")
    refused_at = moment()


# --- What happens ------------------------------------------------------------------------------


class Event(Table, tags=PARTITIONED):
    """What arrived, immutable, as raw bytes."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    kind = Text(default=None, null=False)
    received_at = moment()
    headers = JSONB(null=False, default=None, help_text="list of [name, value], no credentials")
    query = Text(default=None, null=False)
    content_type = Text(default=None, null=False)
    title = Text(default=None, null=False, help_text="what the sender calls it, such as `issues`")
    sender_id = Text(null=True, default=None)
    body = Bytea(default=None, null=False)
    caused_by = optional_id()
    chain_depth = SmallInt(default=0, help_text="how many executions led to it")
    replay_of = optional_id()


class PendingEvent(Table):
    """An event that is not decided yet. Deleting the row is what marks the event decided: the
    event itself stays immutable, and a queue of small rows costs less than rewriting bodies."""

    event_id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    size = Integer(null=False, default=None, help_text="bytes of the body")
    received_at = moment()


class SenderId(Table):
    """A sender's id seen in the last days: the deduplication table (kept out of the partitioned
    event table, whose unique indexes could not reach across days)."""

    key_hash = Bytea(primary_key=True, default=None, help_text="SHA-256 of trigger and sender's id")
    team_id = required_id()
    trigger_id = required_id()
    event_id = required_id()
    body_hash = Bytea(default=None, null=False)
    repeats = Integer(default=0)
    body_differed = Boolean(default=False, help_text="a repeat came with another body")
    expires_at = Timestamptz(default=None, null=False)


class PendingChain(Table):
    """An execution that ended and that a workflow trigger waits for, until the event is made."""

    execution_id = UUID(primary_key=True, default=None)
    trigger_id = UUID(primary_key=True, default=None)
    team_id = required_id()
    state = Text(default=None, null=False)
    queued_at = moment()


class Decision(Table, tags=PARTITIONED):
    """One event judged by one trigger version. Its id derives from event and trigger, so an event
    is judged once by each trigger."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    event_id = required_id()
    trigger_id = required_id()
    trigger_version_id = required_id()
    trigger_version = Integer(null=False, default=None)
    verdict = Text(default=None, null=False)
    reason = Text(null=True, default=None)
    trace = JSONB(null=False, default=None)
    execution_id = optional_id()
    decided_at = moment()


class Execution(Table, tags=PARTITIONED):
    """One run of a workflow version. Its id derives from event and workflow, so an event starts
    each workflow exactly once, whatever is delivered or tried twice."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    event_id = required_id()
    trigger_id = required_id()
    trigger_version_id = required_id()
    workflow_id = required_id()
    workflow_version_id = required_id()
    workflow_version = Integer(null=False, default=None)
    state = Text(default=None, null=False)
    reason = Text(null=True, default=None)
    attempt = SmallInt(default=0, help_text="attempts begun")
    lost_leases = SmallInt(default=0)
    fence = BigInt(default=0, help_text="rises with every claim; a settle names the one it had")
    lease_until = optional_moment()
    due_at = moment()
    created_at = moment()
    started_at = optional_moment()
    attempt_started_at = optional_moment()
    finished_at = optional_moment()
    gates = Array(base_column=UUID(), null=True, default=None, help_text="to pass when claimed")
    waits_for = Text(null=True, default=None, help_text="concurrency, order, breaker, destination")
    waits_on = optional_id()
    waits = Integer(default=0, help_text="attempts that ended by having to wait")
    tries = SmallInt(default=0, help_text="failures of the step at tries_at")
    tries_at = SmallInt(default=0)
    deadline_at = optional_moment()
    fingerprint = Text(null=True, default=None, help_text="the same for those that failed alike")
    first_error = Text(null=True, default=None)
    last_error = Text(null=True, default=None)
    maybe_twice = Boolean(default=False, help_text="an action may have been carried out twice")
    replay_of = optional_id()
    replays = SmallInt(default=0, help_text="how often it was replayed")
    bulk_id = optional_id()


class Attempt(Table, tags=PARTITIONED):
    """One try at an execution, written when it ends; `unknown` when nobody saw its end."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    execution_id = required_id()
    number = SmallInt(null=False, default=None)
    state = Text(default=None, null=False)
    reason = Text(null=True, default=None)
    message = Text(null=True, default=None)
    started_at = Timestamptz(default=None, null=False)
    finished_at = Timestamptz(default=None, null=False)


class StepRun(Table, tags=PARTITIONED):
    """One step within one attempt, with what was sent and what came back (secrets redacted)."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    execution_id = required_id()
    attempt = SmallInt(null=False, default=None)
    position = SmallInt(null=False, default=None)
    key = Text(default=None, null=False)
    kind = Text(default=None, null=False)
    state = Text(default=None, null=False)
    reason = Text(null=True, default=None)
    message = Text(null=True, default=None)
    request = JSONB(null=True, default=None)
    response = JSONB(null=True, default=None)
    started_at = Timestamptz(default=None, null=False)
    finished_at = Timestamptz(default=None, null=False)


class AuditEntry(Table, tags=PARTITIONED):
    """Who did what to which object, before and after; written in the transaction of the change."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    actor_kind = Text(default=None, null=False)
    actor_id = optional_id()
    actor_name = Text(default=None, null=False)
    action = Text(default=None, null=False)
    object_kind = Text(default=None, null=False)
    object_id = required_id()
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)
    request_id = Text(null=True, default=None)
    created_at = moment()


# --- Counting ----------------------------------------------------------------------------------


class Tally(Table):
    """Counts as they happen, one row a batch: writers never wait for each other. The clock
    process folds them into `trigger_hour`."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    hour = Timestamptz(default=None, null=False)
    outcome = Text(default=None, null=False)
    amount = Integer(null=False, default=None)


class TriggerHour(Table):
    """What happened to a trigger within an hour, by outcome: the sparklines."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    hour = Timestamptz(default=None, null=False)
    outcome = Text(default=None, null=False)
    amount = BigInt(null=False, default=None)
