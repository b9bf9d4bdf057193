"""Every table, once. Types and defaults are here; what Piccolo cannot say (partitions, checks,
composite keys, partial indexes) is in the raw migrations, each with a sentence.

All ids are UUIDv7 (`domain/rules/ids.py`). Tables tagged `partitioned` are partitioned by the
range of their id, one partition a day.
"""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    Bytea,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

PARTITIONED = ["partitioned"]


def _required_id() -> UUID:
    return UUID(default=None, null=False)


def _optional_id() -> UUID:
    return UUID(default=None, null=True)


def _moment() -> Timestamptz:
    return Timestamptz(default=TimestamptzNow(), null=False)


def _optional_moment() -> Timestamptz:
    return Timestamptz(default=None, null=True)


# --- Who may do what ---------------------------------------------------------------------------


class Team(Table):
    """Owns everything below."""

    id = UUID(primary_key=True, default=None)
    name = Text(default=None, null=False)
    slug = Text(default=None, null=False, unique=True)
    created_at = _moment()


class User(Table, tablename="app_user"):
    """A person who can sign in (`user` is a reserved word of SQL)."""

    id = UUID(primary_key=True, default=None)
    email = Text(default=None, null=False, unique=True, help_text="in lower case")
    name = Text(default=None, null=False)
    password_hash = Text(default=None, null=False, secret=True, help_text="Argon2id")
    created_at = _moment()


class Membership(Table):
    """A user's role in a team: viewer, editor or admin."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    user_id = _required_id()
    role = Text(default=None, null=False)
    created_at = _moment()


class Session(Table):
    """A signed-in browser. The cookie's value is stored hashed: a leaked dump signs no one in."""

    id = UUID(primary_key=True, default=None)
    token_hash = Bytea(default=None, null=False, unique=True)
    user_id = _required_id()
    team_id = _required_id()
    created_at = _moment()
    seen_at = _moment()
    expires_at = Timestamptz(default=None, null=False)


class ApiKey(Table):
    """A key of the JSON API, stored hashed, shown once, known by its prefix."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    name = Text(default=None, null=False)
    prefix = Text(default=None, null=False)
    key_hash = Bytea(default=None, null=False, unique=True)
    role = Text(default=None, null=False)
    created_at = _moment()
    used_at = _optional_moment()
    revoked_at = _optional_moment()


class Secret(Table):
    """A team's named secret for step inputs, encrypted and bound to this row."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    name = Text(default=None, null=False)
    ciphertext = Bytea(default=None, null=False)
    created_at = _moment()
    updated_at = _moment()


# --- What people configure ---------------------------------------------------------------------


class Workflow(Table):
    """What gets run. The draft is edited; each publish makes a workflow version."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    name = Text(default=None, null=False)
    draft_steps = JSONB(null=True, default=None, help_text="null: nothing unpublished")
    published_version = Integer(null=True, default=None)
    published_version_id = _optional_id()
    revision = Integer(default=1, help_text="rises with every change: an edit names the one it saw")
    created_at = _moment()
    updated_at = _moment()
    deleted_at = _optional_moment()


class WorkflowVersion(Table):
    """Immutable: what an execution runs."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    workflow_id = _required_id()
    number = Integer(null=False, default=None)
    steps = JSONB(null=False, default=None)
    created_by = Text(default=None, null=False)
    created_at = _moment()


class Trigger(Table):
    """Source + conditions + limits + a workflow to run; the current version holds all of them."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    name = Text(default=None, null=False)
    kind = Text(default=None, null=False)
    hook_token = Text(null=True, default=None, unique=True, secret=True)
    workflow_id = _required_id()
    enabled = Boolean(default=True)
    version = Integer(null=False, default=None)
    version_id = _required_id()
    revision = Integer(default=1, help_text="rises with every change: an edit names the one it saw")
    created_at = _moment()
    updated_at = _moment()
    deleted_at = _optional_moment()


class TriggerVersion(Table):
    """Immutable: what an event is judged by."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    trigger_id = _required_id()
    number = Integer(null=False, default=None)
    workflow_id = _required_id()
    config = JSONB(null=False, default=None, help_text="settings of the source, without secrets")
    condition_config = JSONB(null=True, default=None)
    limits = JSONB(null=False, default=None)
    retry = JSONB(null=False, default=None)
    created_by = Text(default=None, null=False)
    created_at = _moment()


class TriggerSecret(Table):
    """A signing secret of a webhook trigger, encrypted and bound to this row."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    trigger_id = _required_id()
    ciphertext = Bytea(default=None, null=False)
    created_at = _moment()
    retired_at = _optional_moment()


# --- What happens ------------------------------------------------------------------------------


class Event(Table, tags=PARTITIONED):
    """What arrived, immutable, as raw bytes."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    trigger_id = _required_id()
    kind = Text(default=None, null=False)
    received_at = _moment()
    headers = JSONB(null=False, default=None, help_text="list of [name, value], no credentials")
    query = Text(default=None, null=False)
    content_type = Text(default=None, null=False)
    title = Text(default=None, null=False, help_text="what the sender calls it, such as `issues`")
    sender_id = Text(null=True, default=None)
    body = Bytea(default=None, null=False)


class PendingEvent(Table):
    """An event that is not decided yet. Deleting the row is what marks the event decided: the
    event itself stays immutable, and a queue of small rows costs less than rewriting bodies."""

    event_id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    trigger_id = _required_id()
    size = Integer(null=False, default=None, help_text="bytes of the body")
    received_at = _moment()


class SenderId(Table):
    """A sender's id seen in the last days: the deduplication table (kept out of the partitioned
    event table, whose unique indexes could not reach across days)."""

    key_hash = Bytea(primary_key=True, default=None, help_text="SHA-256 of trigger and sender's id")
    team_id = _required_id()
    trigger_id = _required_id()
    event_id = _required_id()
    body_hash = Bytea(default=None, null=False)
    repeats = Integer(default=0)
    body_differed = Boolean(default=False, help_text="a repeat came with another body")
    expires_at = Timestamptz(default=None, null=False)


class Decision(Table, tags=PARTITIONED):
    """One event judged by one trigger version. Its id derives from event and trigger, so an event
    is judged once by each trigger."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    event_id = _required_id()
    trigger_id = _required_id()
    trigger_version_id = _required_id()
    trigger_version = Integer(null=False, default=None)
    verdict = Text(default=None, null=False)
    reason = Text(null=True, default=None)
    trace = JSONB(null=False, default=None)
    execution_id = _optional_id()
    decided_at = _moment()


class Execution(Table, tags=PARTITIONED):
    """One run of a workflow version. Its id derives from event and workflow, so an event starts
    each workflow exactly once, whatever is delivered or tried twice."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    event_id = _required_id()
    trigger_id = _required_id()
    trigger_version_id = _required_id()
    workflow_id = _required_id()
    workflow_version_id = _required_id()
    workflow_version = Integer(null=False, default=None)
    state = Text(default=None, null=False)
    reason = Text(null=True, default=None)
    attempt = SmallInt(default=0, help_text="attempts begun")
    lost_leases = SmallInt(default=0)
    fence = BigInt(default=0, help_text="rises with every claim; a settle names the one it had")
    lease_until = _optional_moment()
    due_at = _moment()
    created_at = _moment()
    started_at = _optional_moment()
    attempt_started_at = _optional_moment()
    finished_at = _optional_moment()


class Attempt(Table, tags=PARTITIONED):
    """One try at an execution, written when it ends; `unknown` when nobody saw its end."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    execution_id = _required_id()
    number = SmallInt(null=False, default=None)
    state = Text(default=None, null=False)
    reason = Text(null=True, default=None)
    message = Text(null=True, default=None)
    started_at = Timestamptz(default=None, null=False)
    finished_at = Timestamptz(default=None, null=False)


class StepRun(Table, tags=PARTITIONED):
    """One step within one attempt, with what was sent and what came back (secrets redacted)."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    execution_id = _required_id()
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
    team_id = _required_id()
    actor_kind = Text(default=None, null=False)
    actor_id = _optional_id()
    actor_name = Text(default=None, null=False)
    action = Text(default=None, null=False)
    object_kind = Text(default=None, null=False)
    object_id = _required_id()
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)
    request_id = Text(null=True, default=None)
    created_at = _moment()


# --- Counting ----------------------------------------------------------------------------------


class Tally(Table):
    """Counts as they happen, one row a batch: writers never wait for each other. The clock
    process folds them into `trigger_hour`."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    trigger_id = _required_id()
    hour = Timestamptz(default=None, null=False)
    outcome = Text(default=None, null=False)
    amount = Integer(null=False, default=None)


class TriggerHour(Table):
    """What happened to a trigger within an hour, by outcome: the sparklines."""

    id = UUID(primary_key=True, default=None)
    team_id = _required_id()
    trigger_id = _required_id()
    hour = Timestamptz(default=None, null=False)
    outcome = Text(default=None, null=False)
    amount = BigInt(null=False, default=None)
