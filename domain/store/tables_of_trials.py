"""What is tried before it goes live: backtests and shadows."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Integer, SmallInt, Text
from piccolo.table import Table

from domain.store.columns import moment, optional_moment, required_id


class Backtest(Table):
    """Conditions tried on past events of a trigger, beside those that were live at its start."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    conditions = JSONB(null=True, default=None, help_text="those that are tried")
    live_conditions = JSONB(null=True, default=None, help_text="those they are compared with")
    live_version = Integer(null=False, default=None)
    asked_last = Integer(null=True, default=None, help_text="so many of the newest events")
    asked_from = optional_moment()
    asked_to = optional_moment()
    from_id = required_id()
    below_id = required_id()
    cursor_id = required_id()
    capped = Boolean(default=False, help_text="there were more events than may be asked for")
    state = Text(default="queued", null=False)
    reason = Text(null=True, default=None)
    total = Integer(null=True, default=None, help_text="events to judge; null: not counted yet")
    chunks = Integer(default=0)
    judged = Integer(default=0)
    newly_fires = Integer(default=0)
    no_longer_fires = Integer(default=0)
    same_fired = Integer(default=0)
    same_filtered = Integer(default=0)
    errors = Integer(default=0)
    fence = BigInt(default=0, help_text="rises with every claim; a chunk names the one it had")
    lost_leases = SmallInt(default=0, help_text="since the last chunk")
    lease_until = optional_moment()
    queued_at = moment()
    created_by = Text(default=None, null=False)
    created_at = moment()
    started_at = optional_moment()
    finished_at = optional_moment()


class BacktestChunk(Table):
    """Some events of a backtest, judged by both sides; written once, whole."""

    backtest_id = UUID(primary_key=True, default=None)
    number = Integer(primary_key=True, null=False, default=None)
    team_id = required_id()
    event_ids = Array(base_column=UUID(), null=False, default=None)
    outcomes = Text(null=False, default=None, help_text="a letter an event, in the same order")
    days = JSONB(null=False, default=None, help_text="by UTC day: how many of each outcome")
    fields = JSONB(null=False, default=None, help_text="by field: found, missing, since, until")


class Shadow(Table):
    """A draft of conditions that is judged beside the live ones, and what came of it so far. A
    draft never changes: another one is another shadow."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    conditions = JSONB(null=True, default=None, help_text="null: every event matches")
    live_version = Integer(null=False, default=None, help_text="the trigger's, when it began")
    state = Text(default="running", null=False)
    created_by = Text(default=None, null=False)
    created_at = moment()
    ended_by = Text(null=True, default=None)
    ended_at = optional_moment()
    agreed_fired = BigInt(default=0)
    agreed_filtered = BigInt(default=0)
    agreed_error = BigInt(default=0)
    only_shadow = BigInt(default=0)
    only_live = BigInt(default=0)
    error = BigInt(default=0, help_text="only the draft could not be judged")
    live_error = BigInt(default=0, help_text="only the live conditions could not be judged")
    skipped = BigInt(default=0, help_text="not judged by the draft: too many waited")
    last_judged_at = optional_moment()


class PendingShadow(Table):
    """An event that was decided and is not judged by the draft yet: the queue of the passes."""

    shadow_id = UUID(primary_key=True, default=None)
    event_id = UUID(primary_key=True, default=None)
    team_id = required_id()
    verdict = Text(default=None, null=False)
    trigger_version = Integer(null=False, default=None)
    queued_at = moment()


class ShadowDisagreement(Table):
    """An event about which the draft and the live conditions did not come to the same."""

    shadow_id = UUID(primary_key=True, default=None)
    event_id = UUID(primary_key=True, default=None)
    team_id = required_id()
    kind = Text(default=None, null=False)
    live = Text(default=None, null=False)
    draft = Text(default=None, null=False)
    trigger_version = Integer(null=False, default=None)
    judged_at = moment()


class LimitTrial(Table):
    """Limits tried on past events of a trigger."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    trigger_id = required_id()
    limits = JSONB(null=False, default=None, help_text="those that are tried")
    conditions = JSONB(null=True, default=None, help_text="those that were live at its start")
    live_version = Integer(null=False, default=None)
    days = Integer(null=False, default=None, help_text="so many up to its start")
    from_id = required_id()
    below_id = required_id()
    capped = Boolean(default=False, help_text="there were more events than may be tried")
    state = Text(default="queued", null=False)
    reason = Text(null=True, default=None)
    total = Integer(null=True, default=None, help_text="events to look at; null: not counted yet")
    seen = Integer(default=0)
    found = JSONB(null=True, default=None, help_text="what came of it, once it is done")
    fence = BigInt(default=0, help_text="rises with every claim")
    lost_leases = SmallInt(default=0)
    lease_until = optional_moment()
    queued_at = moment()
    created_by = Text(default=None, null=False)
    created_at = moment()
    started_at = optional_moment()
    finished_at = optional_moment()
