"""What holds events and executions back, and what is done to many executions at once."""

from piccolo.columns import JSONB, UUID, BigInt, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table

from domain.store.columns import moment, optional_moment, required_id


class Lane(Table):
    """Where events of a trigger wait in order, for one reason and key. Its id derives from these,
    and it is gone when it is empty."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    why = Text(default=None, null=False, help_text="limit, debounce, batch or pause")
    key = Text(null=True, default=None, help_text="as it is shown")
    waiting = Integer(default=0, help_text="how many events")
    since = moment()
    due_at = Timestamptz(default=None, null=False, help_text="when to look at it next")
    shared = Boolean(default=False, help_text="waits for a window of all the trigger's events")
    taken = UUID(null=True, default=None, help_text="the event that stands for the others")
    drops_before = optional_moment(help_text="what waited by then is not run")


class WaitingEvent(Table):
    """An event that matched and waits in a lane."""

    event_id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    lane_id = required_id()
    why = Text(default=None, null=False, help_text="that of its lane")
    size = Integer(null=False, default=None, help_text="bytes of the body")
    since = moment()
    expires_at = optional_moment(help_text="null: it may wait for ever")


class Gate(Table):
    """How many executions may run at once of a trigger, a key of it, or a workflow; `order`: one
    after the other; `singleton`: one that has not ended. Its id derives from scope, subject and
    key."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    scope = Text(default=None, null=False, help_text="trigger, key, workflow, order, singleton")
    subject_id = required_id()
    key = Text(null=True, default=None, help_text="as it is shown")
    most = Integer(null=False, default=None)
    created_at = moment()


class Destination(Table):
    """A host and port that a team's steps call, with the state of its breaker."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    host = Text(default=None, null=False)
    settings = JSONB(null=False, default="{}")
    state = Text(default="closed", null=False, help_text="closed, open or half_open")
    reason = Text(null=True, default=None)
    state_since = moment()
    probe_at = optional_moment(help_text="when an open one is tried next")
    cool_down_s = Integer(null=True, default=None, help_text="of its last opening")
    trips = Integer(default=0, help_text="openings in short succession")
    stamp = BigInt(default=0, help_text="ms of its last change: an older one is none")
    revision = Integer(default=1, help_text="of its settings: an edit names the one it saw")
    created_at = moment()
    updated_at = moment()


class BreakerChange(Table):
    """A breaker that opened, let a probe through, or closed, and why."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    destination_id = required_id()
    state = Text(default=None, null=False)
    reason = Text(default=None, null=False)
    failures = Integer(null=True, default=None)
    calls = Integer(null=True, default=None)
    cool_down_s = Integer(null=True, default=None)
    changed_by = Text(null=True, default=None, help_text="who reset it; null: it did so itself")
    changed_at = moment()


class BulkAction(Table):
    """Something done to many executions, worked off in portions."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    kind = Text(default=None, null=False, help_text="replay or cancel")
    name = Text(default=None, null=False)
    filters = JSONB(null=False, default=None, help_text="that chose the executions")
    options = JSONB(null=False, default=None)
    state = Text(default=None, null=False, help_text="running, finished or canceled")
    total = Integer(null=False, default=None)
    done = Integer(default=0)
    skipped = Integer(default=0, help_text="that could not be, any more")
    left_out = JSONB(null=False, default="{}", help_text="how many were skipped, by reason")
    created_by = Text(default=None, null=False)
    created_at = moment()
    finished_at = optional_moment()
    lease_until = optional_moment()


class BulkItem(Table):
    """An execution that a bulk action has yet to come to."""

    bulk_id = UUID(primary_key=True, default=None)
    execution_id = UUID(primary_key=True, default=None)
    team_id = required_id()
