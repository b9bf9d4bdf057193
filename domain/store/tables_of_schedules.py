"""Schedules, their slots, and what else is waited for."""

from piccolo.columns import JSONB, UUID, BigInt, Integer, Text, Timestamptz
from piccolo.table import Table

from domain.store.columns import moment, optional_id, optional_moment, required_id
from domain.store.tables import PARTITIONED


class Schedule(Table):
    """One epoch of a schedule: what was in force from when to when, and its place in the queue."""

    trigger_id = UUID(primary_key=True, default=None)
    epoch = Integer(primary_key=True, null=False, default=None)
    team_id = required_id()
    trigger_version_id = required_id()
    from_at = moment()
    until_at = optional_moment(help_text="when the next epoch began, or the trigger was deleted")
    last_slot = optional_moment(help_text="up to here every slot is on record")
    next_slot = optional_moment(help_text="null: it never comes due again")
    next_due_at = optional_moment(help_text="the next slot with its jitter")
    tzdata = Text(default=None, null=False, help_text="the zone data that next_slot comes from")
    fault = Text(null=True, default=None, help_text="why the clock could not go on; null: it could")
    audited_until = moment()
    audit_at = Timestamptz(null=True, help_text="null: audited to its end")


class Slot(Table, tags=PARTITIONED):
    """One instant at which a schedule was due, and what became of it."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    epoch = Integer(null=False, default=None)
    scheduled_for = Timestamptz(default=None, null=False)
    due_at = Timestamptz(default=None, null=False, help_text="scheduled_for and its jitter")
    change = Text(null=True, default=None, help_text="gap, fold_first, fold_second")
    state = Text(default=None, null=False)
    reason = Text(null=True, default=None)
    catch_up = Text(null=True, default=None, help_text="why it fired although its time was over")
    backfill_id = optional_id()
    event_id = optional_id()
    execution_id = optional_id()
    recorded_at = moment()
    started_at = optional_moment(help_text="when it was decided, or its execution started")
    finished_at = optional_moment(help_text="when nothing of it was running any more")
    check_at = optional_moment(help_text="when to look whether it started and finished")


class Calendar(Table):
    """A team's named days, which schedules run only on, or not on."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    name = Text(default=None, null=False)
    source = Text(default=None, null=False)
    content = Text(default=None, null=False, help_text="as it was typed or uploaded")
    days = JSONB(null=False, default=None, help_text="list of [first, last, name]")
    revision = Integer(default=1, help_text="rises with every change: an edit names the one it saw")
    created_at = moment()
    updated_at = moment()


class Backfill(Table):
    """Slots of the past that somebody asked to have run after all."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    range_from = Timestamptz(default=None, null=False)
    range_to = Timestamptz(default=None, null=False)
    per_minute = Integer(null=False, default=None)
    note = Text(default=None, null=False)
    state = Text(default="running", null=False)
    total = Integer(null=False, default=None)
    released = Integer(default=0)
    release_at = Timestamptz(null=True, help_text="when the next slots may go")
    created_by = Text(default=None, null=False)
    created_at = moment()
    ended_at = optional_moment()


class Expectation(Table):
    """By when the next event of a trigger is expected."""

    trigger_id = UUID(primary_key=True, default=None)
    team_id = required_id()
    config = JSONB(null=False, default=None)
    expected_at = optional_moment(help_text="after it the trigger is late")
    late_since = optional_moment()
    check_at = optional_moment()
    updated_at = moment()


class CanaryProbe(Table):
    """What a canary was to do in one minute, and whether it did."""

    kind = Text(primary_key=True, default=None, null=False)
    minute = Timestamptz(primary_key=True, default=None, null=False)
    team_id = required_id()
    event_id = optional_id()
    state = Text(default="expected", null=False)
    reason = Text(null=True, default=None)
    started_at = optional_moment()


class SystemReliability(Table):
    """What became of the slots of the whole installation within an hour, by outcome."""

    hour = Timestamptz(primary_key=True, default=None, null=False)
    outcome = Text(primary_key=True, default=None, null=False)
    amount = BigInt(null=False, default=None)
