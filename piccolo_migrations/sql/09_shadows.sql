-- Drafts of conditions that are judged beside the live ones, and what came of it.

CREATE TABLE shadow (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    conditions jsonb,
    live_version integer NOT NULL CHECK (live_version > 0),
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'promoted', 'discarded')),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_by text,
    ended_at timestamptz,
    agreed_fired bigint NOT NULL DEFAULT 0,
    agreed_filtered bigint NOT NULL DEFAULT 0,
    agreed_error bigint NOT NULL DEFAULT 0,
    only_shadow bigint NOT NULL DEFAULT 0,
    only_live bigint NOT NULL DEFAULT 0,
    error bigint NOT NULL DEFAULT 0,
    live_error bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    last_judged_at timestamptz,
    FOREIGN KEY (team_id, trigger_id) REFERENCES trigger (team_id, id),
    UNIQUE (team_id, id),
    CHECK ((state = 'running') = (ended_at IS NULL))
) WITH (fillfactor = 50); -- counts change with every pass, and no index holds one
-- One draft at a time beside a trigger. It is also what the decide pass looks up, so it holds what
-- runs and nothing else.
CREATE UNIQUE INDEX shadow_running ON shadow (team_id, trigger_id) WHERE state = 'running';
CREATE INDEX shadow_of_trigger ON shadow (trigger_id, id);

-- The queue of the shadow passes, written by the decide pass in its own statement: so no event that
-- was decided while a draft ran is left out. What the live conditions came to stands in it. No
-- foreign key: a decision must never wait for anything that is done to a shadow, or fail by it.
-- Small rows that come and go, hence the eager vacuum.
CREATE TABLE pending_shadow (
    shadow_id uuid NOT NULL,
    event_id uuid NOT NULL,
    team_id uuid NOT NULL,
    verdict text NOT NULL,
    trigger_version integer NOT NULL,
    queued_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shadow_id, event_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_threshold = -1);

-- The newest events that the draft and the live conditions did not come to the same about.
CREATE TABLE shadow_disagreement (
    shadow_id uuid NOT NULL,
    event_id uuid NOT NULL,
    team_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('only_shadow', 'only_live', 'error', 'live_error')),
    live text NOT NULL CHECK (live IN ('matched', 'not_matched', 'error')),
    draft text NOT NULL CHECK (draft IN ('matched', 'not_matched', 'error')),
    trigger_version integer NOT NULL,
    judged_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shadow_id, event_id),
    FOREIGN KEY (team_id, shadow_id) REFERENCES shadow (team_id, id) ON DELETE CASCADE
);
