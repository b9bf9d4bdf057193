-- Schedules: when they are due, what became of each instant, and what else is waited for.

-- How many schedules a team may have, and how close together the instants of one may lie. The
-- operator changes them (`signalbox teams quota`). A system team holds the canaries and no people.
ALTER TABLE team
    ADD COLUMN system boolean NOT NULL DEFAULT false,
    ADD COLUMN most_schedules integer NOT NULL DEFAULT 1000 CHECK (most_schedules >= 0),
    ADD COLUMN shortest_interval_s integer NOT NULL DEFAULT 60 CHECK (shortest_interval_s > 0);
-- There is one system team, whatever many clocks make it, and its slug is none that people can give
-- to one of theirs.
ALTER TABLE team
    DROP CONSTRAINT team_slug_check,
    ADD CONSTRAINT team_slug_check CHECK (system OR slug ~ '^[a-z0-9][a-z0-9-]{0,39}$');
CREATE UNIQUE INDEX team_of_the_system ON team ((true)) WHERE system;

-- One row an epoch: both the history of a schedule, from which its expected slots can be worked out
-- again, and the clock's queue. An edit ends the present epoch and begins the next one. The old row
-- stays in the queue until its last slot (at most `until_at`) is on record, so an edit neither hides
-- a slot that was due already nor repeats one.
CREATE TABLE schedule (
    trigger_id uuid NOT NULL,
    epoch integer NOT NULL CHECK (epoch > 0),
    team_id uuid NOT NULL,
    trigger_version_id uuid NOT NULL,
    from_at timestamptz NOT NULL DEFAULT now(),
    until_at timestamptz CHECK (until_at >= from_at),
    last_slot timestamptz,
    next_slot timestamptz,
    next_due_at timestamptz,
    tzdata text NOT NULL,
    fault text,
    audited_until timestamptz NOT NULL DEFAULT now(),
    audit_at timestamptz DEFAULT now(),
    PRIMARY KEY (trigger_id, epoch),
    FOREIGN KEY (team_id, trigger_id) REFERENCES trigger (team_id, id),
    FOREIGN KEY (team_id, trigger_version_id) REFERENCES trigger_version (team_id, id),
    CHECK ((next_slot IS NULL) = (next_due_at IS NULL))
);
-- One schedule at a time is in force.
CREATE UNIQUE INDEX schedule_present ON schedule (team_id, trigger_id) WHERE until_at IS NULL;
-- What the clocks claim, soonest first. A schedule that never comes due again is not in it.
CREATE INDEX schedule_due ON schedule (next_due_at) WHERE next_due_at IS NOT NULL;
-- What the auditor looks at next; null: this epoch is over, and audited to its end.
CREATE INDEX schedule_audit ON schedule (audit_at) WHERE audit_at IS NOT NULL;

-- What became of each instant at which something was due. The id derives from trigger, epoch and
-- instant and begins with that instant, so a slot has one row whatever many clocks do, and finds its
-- day's partition. (A backfilled slot's begins with the instant at which it was asked for.)
CREATE TABLE slot (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    epoch integer NOT NULL,
    scheduled_for timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    change text CHECK (change IN ('gap', 'fold_first', 'fold_second')),
    state text NOT NULL CHECK (state IN
        ('fired', 'late', 'skipped', 'paused', 'missed', 'waiting')),
    reason text,
    catch_up text CHECK (catch_up IN ('latest', 'all', 'resume', 'backfill')),
    backfill_id uuid,
    event_id uuid,
    execution_id uuid,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    check_at timestamptz,
    -- What fired has an event, and nothing else does.
    CHECK ((state IN ('fired', 'late')) = (event_id IS NOT NULL)),
    CHECK (state <> 'skipped' OR reason IS NOT NULL)
) PARTITION BY RANGE (id);
CREATE TABLE slot_default PARTITION OF slot DEFAULT;
CREATE INDEX slot_of_trigger ON slot (trigger_id, scheduled_for);
-- The lists, newest first: of a team, of a trigger, and of what did not simply fire.
CREATE INDEX slot_of_team ON slot (team_id, id);
CREATE INDEX slot_of_trigger_newest ON slot (trigger_id, id);
CREATE INDEX slot_of_state ON slot (team_id, state, id) WHERE state <> 'fired';
-- Those whose turn is still to come: behind a running execution, or in a backfill.
CREATE INDEX slot_waiting ON slot (trigger_id, scheduled_for) WHERE state = 'waiting';
-- Those of which it is not known yet when they started and ended.
CREATE INDEX slot_open ON slot (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX slot_running ON slot (trigger_id) WHERE event_id IS NOT NULL AND finished_at IS NULL;
CREATE INDEX slot_of_backfill ON slot (backfill_id) WHERE backfill_id IS NOT NULL;

-- A team's named days, which schedules run only on, or not on. `content` is what was typed or
-- uploaded, `days` what it comes to: a list of [first, last, name].
CREATE TABLE calendar (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    source text NOT NULL CHECK (source IN ('dates', 'ics')),
    content text NOT NULL,
    days jsonb NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (team_id, name)
);

-- Slots of the past that somebody asked to have run after all; their rows wait in `slot`, and the
-- clock releases them at the rate that was asked for.
CREATE TABLE backfill (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    range_from timestamptz NOT NULL,
    range_to timestamptz NOT NULL,
    per_minute integer NOT NULL CHECK (per_minute BETWEEN 1 AND 600),
    note text NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'finished', 'canceled')),
    total integer NOT NULL CHECK (total > 0),
    released integer NOT NULL DEFAULT 0,
    release_at timestamptz DEFAULT now(),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    FOREIGN KEY (team_id, trigger_id) REFERENCES trigger (team_id, id),
    CHECK ((state = 'running') = (ended_at IS NULL)),
    CHECK ((state = 'running') = (release_at IS NOT NULL))
);
CREATE INDEX backfill_to_release ON backfill (release_at) WHERE state = 'running';
CREATE INDEX backfill_of_trigger ON backfill (trigger_id, id);
-- One backfill of a trigger at a time: two would run the same slots at twice the rate asked for.
CREATE UNIQUE INDEX backfill_running ON backfill (team_id, trigger_id) WHERE state = 'running';

-- By when the next event of a trigger is expected, where that was stated.
CREATE TABLE expectation (
    trigger_id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    config jsonb NOT NULL,
    expected_at timestamptz,
    late_since timestamptz,
    check_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (team_id, trigger_id) REFERENCES trigger (team_id, id)
);
CREATE INDEX expectation_due ON expectation (check_at) WHERE check_at IS NOT NULL;

-- What Signalbox did to see whether it works while nobody else asks it to: one row a minute and
-- canary, whatever many clocks do.
CREATE TABLE canary_probe (
    kind text NOT NULL CHECK (kind IN ('webhook', 'schedule', 'chain')),
    minute timestamptz NOT NULL,
    team_id uuid NOT NULL REFERENCES team (id),
    event_id uuid,
    state text NOT NULL DEFAULT 'expected' CHECK (state IN
        ('expected', 'on_time', 'late', 'missed')),
    reason text,
    started_at timestamptz,
    PRIMARY KEY (kind, minute)
);
CREATE INDEX canary_probe_open ON canary_probe (minute) WHERE state = 'expected';

-- What became of the slots of the whole installation within an hour: `trigger_hour` without saying
-- whose they were. It has no team, so nobody who acts for one can see it by accident.
CREATE TABLE system_reliability (
    hour timestamptz NOT NULL,
    outcome text NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (hour, outcome)
);

-- Counts by the hour are deleted by their age. They are written in its order, so this stays tiny.
CREATE INDEX trigger_hour_by_age ON trigger_hour USING brin (hour);

-- Filters of the ledger can be saved, too.
ALTER TABLE saved_view
    DROP CONSTRAINT saved_view_page_check,
    ADD CONSTRAINT saved_view_page_check
        CHECK (page IN ('triggers', 'events', 'executions', 'workflows', 'slots'));
