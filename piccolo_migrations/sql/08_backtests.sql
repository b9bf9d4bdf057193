-- Conditions tried on past events. Neither table is partitioned: at most 20 backtests are kept a
-- trigger, and what they hold of an event is its id and one letter.

CREATE TABLE backtest (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    -- Both sides as they were when it was started: neither an edit nor a roll-back changes them.
    conditions jsonb,
    live_conditions jsonb,
    live_version integer NOT NULL,
    -- What was asked for: so many of the newest events, or those of a time.
    asked_last integer CHECK (asked_last BETWEEN 1 AND 100000),
    asked_from timestamptz,
    asked_to timestamptz,
    -- The events are those with ids in [from_id, below_id), so what arrives later does not come in.
    -- It goes from the newest to the oldest; what is below the cursor is yet to be judged.
    from_id uuid NOT NULL,
    below_id uuid NOT NULL,
    cursor_id uuid NOT NULL,
    capped boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'done', 'canceled', 'failed')),
    reason text,
    total integer,
    chunks integer NOT NULL DEFAULT 0,
    judged integer NOT NULL DEFAULT 0,
    newly_fires integer NOT NULL DEFAULT 0,
    no_longer_fires integer NOT NULL DEFAULT 0,
    same_fired integer NOT NULL DEFAULT 0,
    same_filtered integer NOT NULL DEFAULT 0,
    errors integer NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0,
    lost_leases smallint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    queued_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    FOREIGN KEY (team_id, trigger_id) REFERENCES trigger (team_id, id),
    UNIQUE (team_id, id),
    CHECK ((asked_last IS NULL) <> (asked_from IS NULL AND asked_to IS NULL)),
    -- Running means that somebody holds a lease.
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('done', 'canceled', 'failed')) = (finished_at IS NOT NULL)),
    CHECK (judged = newly_fires + no_longer_fires + same_fired + same_filtered + errors)
);
CREATE INDEX backtest_of_trigger ON backtest (team_id, trigger_id, id);
-- What a worker may take up: few rows, so that a sweep costs nothing.
CREATE INDEX backtest_unfinished ON backtest (queued_at) WHERE state IN ('queued', 'running');

-- The unit of work, and the point at which a killed worker's backtest is taken up again: a chunk is
-- there with all that it found, or not at all. The key is what keeps it from being there twice.
CREATE TABLE backtest_chunk (
    backtest_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    team_id uuid NOT NULL,
    event_ids uuid[] NOT NULL,
    outcomes text NOT NULL CHECK (length(outcomes) = cardinality(event_ids)),
    days jsonb NOT NULL,
    fields jsonb NOT NULL,
    PRIMARY KEY (backtest_id, number),
    FOREIGN KEY (team_id, backtest_id) REFERENCES backtest (team_id, id) ON DELETE CASCADE
);
