-- Limits tried on past events: what they would have let through, and when. At most 20 are kept a
-- trigger. The work is done in one go by one worker, in memory; whoever takes up the trial of a lost
-- one begins anew, so nothing but how far it is and what came of it is written.
CREATE TABLE limit_trial (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    limits jsonb NOT NULL,
    -- The conditions that were live when it was started: they say which events match.
    conditions jsonb,
    live_version integer NOT NULL,
    days integer NOT NULL CHECK (days BETWEEN 1 AND 30),
    -- The events are those with ids in [from_id, below_id), the oldest first.
    from_id uuid NOT NULL,
    below_id uuid NOT NULL,
    capped boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'done', 'canceled', 'failed')),
    reason text,
    total integer,
    seen integer NOT NULL DEFAULT 0,
    found jsonb,
    fence bigint NOT NULL DEFAULT 0,
    lost_leases smallint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    queued_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    FOREIGN KEY (team_id, trigger_id) REFERENCES trigger (team_id, id),
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('done', 'canceled', 'failed')) = (finished_at IS NOT NULL)),
    CHECK ((state = 'done') = (found IS NOT NULL))
);
CREATE INDEX limit_trial_of_trigger ON limit_trial (team_id, trigger_id, id);
-- What a worker may take up: few rows, so that a sweep costs nothing.
CREATE INDEX limit_trial_unfinished ON limit_trial (queued_at)
    WHERE state IN ('queued', 'running');

SELECT make_team_views();
