-- What holds events and executions back: limits, lanes, gates, destinations; and what brings back
-- those that failed: policies, dead letters, replays.

-- --- Limits and lanes ---------------------------------------------------------------------------

-- A team's own windows, beside those of its triggers; and until when an admin has lifted limits.
ALTER TABLE team
    ADD COLUMN rate_limits jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN limits_lifted_until timestamptz,
    ADD COLUMN limits_lifted_by text;

-- `holds`: while the trigger is off its events wait for it instead of being decided as paused.
-- `disable_after`: its owner chose that so many executions that fail in a row switch it off;
-- `switched_off_because` says so on its pages until somebody switches it on again. They are counted
-- from `failures_from` on: since it was switched on, or told to be.
ALTER TABLE trigger
    ADD COLUMN limits_lifted_until timestamptz,
    ADD COLUMN limits_lifted_by text,
    ADD COLUMN holds boolean NOT NULL DEFAULT false,
    ADD COLUMN disable_after integer CHECK (disable_after BETWEEN 1 AND 1000),
    ADD COLUMN switched_off_because text,
    ADD COLUMN failures_from timestamptz NOT NULL DEFAULT now();
CREATE INDEX trigger_disable_after ON trigger (id) WHERE disable_after IS NOT NULL AND enabled;

-- Where events that matched wait, in order: for a window to move on, for a key to become quiet, for
-- a batch to fill, for their trigger to be switched on. One row a trigger, reason and key; it is
-- locked by whoever releases from it, so nobody overtakes, and gone when it is empty. Its id derives
-- from the three. No foreign keys: checking one would lock the trigger, which whoever edits it has
-- locked already, waiting for the lane.
CREATE TABLE lane (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    why text NOT NULL CHECK (why IN ('limit', 'debounce', 'batch', 'pause')),
    key text,
    waiting integer NOT NULL DEFAULT 0,
    since timestamptz NOT NULL DEFAULT now(),
    -- When to look at it next; 'infinity' while only a person can move it on.
    due_at timestamptz NOT NULL,
    -- It waits for a window that all events of the trigger share: none may overtake it there.
    shared boolean NOT NULL DEFAULT false,
    -- The event that was taken of those that followed one another.
    taken uuid,
    -- Somebody chose that what waited here by then is not run.
    drops_before timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX lane_due ON lane (why, due_at);
-- The same team by team, so that none stands in another's way.
CREATE INDEX lane_due_of_team ON lane (why, team_id, due_at);
CREATE INDEX lane_shared ON lane (trigger_id) WHERE shared;
CREATE INDEX lane_of_trigger ON lane (trigger_id);

-- The events in the lanes, each in one. No foreign key to the lane: the row of a lane comes and goes
-- under its own lock.
CREATE TABLE waiting_event (
    event_id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    lane_id uuid NOT NULL,
    why text NOT NULL,
    size integer NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    -- From then on it is not let through any more; null: it may wait for ever.
    expires_at timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_threshold = -1);
CREATE INDEX waiting_event_of_lane ON waiting_event (lane_id, event_id);
CREATE INDEX waiting_event_of_trigger ON waiting_event (trigger_id, event_id);
-- The lists of what is deferred, and of what is held.
CREATE INDEX waiting_event_of_team ON waiting_event (team_id, why, event_id);
-- The members of batches: what fired is else found by its execution.
CREATE INDEX decision_batched ON decision (team_id, id) WHERE reason = 'batched';

-- --- Gates --------------------------------------------------------------------------------------

-- How many executions may run at once of a trigger, of a key of it, or of a workflow; `order`: one
-- after the other, in the order of their events; `singleton`: one that has not ended. Locked by
-- whoever claims executions that must pass it (or decides whether a singleton may start), so that no
-- two count at once. Its id derives from scope, subject, path and value of the key. A gate that is
-- not there holds nobody back.
CREATE TABLE gate (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    scope text NOT NULL CHECK (scope IN ('trigger', 'key', 'workflow', 'order', 'singleton')),
    subject_id uuid NOT NULL,
    key text,
    most integer NOT NULL CHECK (most > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (scope NOT IN ('order', 'singleton') OR most = 1)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX gate_of_subject ON gate (subject_id);

-- --- Executions ---------------------------------------------------------------------------------

-- `gates`: what it has to pass to be claimed. `waits_for`: why it is not due although it is queued
-- or retrying (concurrency, order, breaker, destination), and of `waits_on` (a gate or destination).
-- `waits` counts attempts that ended by having to wait, which are none of the tries. `tries` counts
-- the failures of the step at `tries_at`, which its policy bounds. `fingerprint` is the same for
-- executions that failed in the same way. A replay names the execution it repeats; `replays` counts
-- how often that was asked for, and is part of the replay's derived id.
ALTER TABLE execution
    ADD COLUMN gates uuid[],
    ADD COLUMN waits_for text CHECK (waits_for IN ('concurrency', 'order', 'breaker',
        'destination')),
    ADD COLUMN waits_on uuid,
    ADD COLUMN waits integer NOT NULL DEFAULT 0,
    ADD COLUMN tries smallint NOT NULL DEFAULT 0,
    ADD COLUMN tries_at smallint NOT NULL DEFAULT 0,
    ADD COLUMN deadline_at timestamptz,
    ADD COLUMN fingerprint text,
    ADD COLUMN first_error text,
    ADD COLUMN last_error text,
    ADD COLUMN maybe_twice boolean NOT NULL DEFAULT false,
    ADD COLUMN replay_of uuid,
    ADD COLUMN replays smallint NOT NULL DEFAULT 0,
    ADD COLUMN bulk_id uuid;
-- `gates`: the gate of its order stands first, if it has one.
-- Who has not ended of a gate; who runs of it. GIN: an execution may have several.
CREATE INDEX execution_gates ON execution USING gin (gates) WITH (fastupdate = off)
    WHERE gates IS NOT NULL AND state IN ('queued', 'running', 'retrying', 'unknown');
CREATE INDEX execution_gates_held ON execution USING gin (gates) WITH (fastupdate = off)
    WHERE gates IS NOT NULL AND state = 'running';
-- Whose turn it is, in the order of the events.
CREATE INDEX execution_turn ON execution ((gates[1]), event_id, id)
    WHERE gates IS NOT NULL AND state IN ('queued', 'running', 'retrying', 'unknown');
CREATE INDEX execution_waits_on ON execution (waits_on, id)
    WHERE waits_on IS NOT NULL AND state IN ('queued', 'retrying');
CREATE INDEX execution_deadline ON execution (deadline_at)
    WHERE deadline_at IS NOT NULL AND state IN ('queued', 'retrying', 'unknown');
-- Of failures alone, so that nothing is paid for what succeeds.
CREATE INDEX execution_failed_of_trigger ON execution (trigger_id, finished_at)
    WHERE state IN ('failed', 'dead');
CREATE INDEX execution_replays ON execution (replay_of) WHERE replay_of IS NOT NULL;
CREATE INDEX execution_of_bulk ON execution (bulk_id, id) WHERE bulk_id IS NOT NULL;
-- What a bulk action has under way: it starts no more while that is much.
CREATE INDEX execution_open_of_bulk ON execution (bulk_id)
    WHERE bulk_id IS NOT NULL AND (state IN ('queued', 'running')
        OR state = 'retrying' AND waits_for IS NOT NULL);
-- Dead letters that are alike, newest first. All of them are found by `execution_by_state`.
CREATE INDEX execution_fingerprint ON execution (team_id, fingerprint, id)
    WHERE fingerprint IS NOT NULL;
-- The same queue as `execution_due`, team by team, so that none stands in another's way.
CREATE INDEX execution_due_of_team ON execution (team_id, due_at)
    WHERE state IN ('queued', 'retrying');
-- And the events to be decided: whose they are, and whether one of a trigger came before another.
CREATE INDEX pending_event_of_trigger ON pending_event (team_id, trigger_id, event_id);

-- `waited`: it came to a destination that was not available, and stopped.
ALTER TABLE attempt
    DROP CONSTRAINT attempt_state_check,
    ADD CONSTRAINT attempt_state_check
        CHECK (state IN ('succeeded', 'failed', 'unknown', 'canceled', 'waited'));
-- Attempt 0: steps taken over from the execution that this one replays.
ALTER TABLE step_run
    DROP CONSTRAINT step_run_attempt_check,
    ADD CONSTRAINT step_run_attempt_check CHECK (attempt >= 0);

-- An event made for a replay with an edited body names the one that was edited.
ALTER TABLE event ADD COLUMN replay_of uuid;
CREATE INDEX event_replay_of ON event (replay_of) WHERE replay_of IS NOT NULL;

-- Retries, deadline and concurrency of a workflow, versioned with its steps.
ALTER TABLE workflow ADD COLUMN draft_policy jsonb;
ALTER TABLE workflow_version ADD COLUMN policy jsonb NOT NULL DEFAULT '{}';
ALTER TABLE workflow_template_version ADD COLUMN policy jsonb NOT NULL DEFAULT '{}';

-- --- Destinations -------------------------------------------------------------------------------

-- Where a team's steps call: host and port. A team's own, so that none sees or disturbs another's.
-- Redis decides while it is there; this is what people see, and what outlives it. Its id derives
-- from team and host.
CREATE TABLE destination (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    host text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'closed' CHECK (state IN ('closed', 'open', 'half_open')),
    reason text,
    state_since timestamptz NOT NULL DEFAULT now(),
    probe_at timestamptz,
    cool_down_s integer,
    trips integer NOT NULL DEFAULT 0,
    -- The instant of its last change (ms), as Redis told it: an older change that comes late is none.
    stamp bigint NOT NULL DEFAULT 0,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (team_id, host)
);
-- Workers ask for settings that were edited, the clock for breakers that are open or just closed.
CREATE INDEX destination_edited ON destination (updated_at);
CREATE INDEX destination_changed ON destination (state_since);
CREATE INDEX destination_troubled ON destination (id) WHERE state <> 'closed';
CREATE TABLE breaker_change (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    destination_id uuid NOT NULL REFERENCES destination (id) ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
    reason text NOT NULL,
    failures integer,
    calls integer,
    cool_down_s integer,
    changed_by text,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX breaker_change_of_destination ON breaker_change (destination_id, id);

-- --- Many at once -------------------------------------------------------------------------------

-- Something done to many executions, by name, worked off in small portions by the workers under a
-- lease; and the executions it is about, chosen when it was started.
CREATE TABLE bulk_action (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    kind text NOT NULL CHECK (kind IN ('replay', 'cancel')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    filters jsonb NOT NULL,
    options jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'finished', 'canceled')),
    total integer NOT NULL CHECK (total > 0),
    done integer NOT NULL DEFAULT 0,
    skipped integer NOT NULL DEFAULT 0,
    left_out jsonb NOT NULL DEFAULT '{}',
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    lease_until timestamptz,
    CHECK ((state = 'running') = (finished_at IS NULL))
);
CREATE INDEX bulk_action_of_team ON bulk_action (team_id, id);
CREATE INDEX bulk_action_running ON bulk_action (id) WHERE state = 'running';
CREATE TABLE bulk_item (
    bulk_id uuid NOT NULL REFERENCES bulk_action (id) ON DELETE CASCADE,
    execution_id uuid NOT NULL,
    team_id uuid NOT NULL,
    PRIMARY KEY (bulk_id, execution_id)
);

-- The list of dead letters has views, too.
ALTER TABLE saved_view
    DROP CONSTRAINT saved_view_page_check,
    ADD CONSTRAINT saved_view_page_check CHECK
        (page IN ('triggers', 'events', 'executions', 'workflows', 'slots', 'dead_letters'));

-- Views show the columns that a table had when they were made.
SELECT make_team_views();
