-- What happens: events, decisions, executions, and the trail that people leave.
--
-- Partitioned by the range of the id, whose first 48 bits are the instant of creation: an id
-- alone finds its partition. `domain/store/partitions.py` makes a partition a day, 7 days ahead;
-- the default ones are a net that must stay empty. No foreign key points to a partitioned table:
-- it would stand in the way of dropping an old partition whole.

CREATE TABLE event (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    kind text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    headers jsonb NOT NULL,
    query text NOT NULL,
    content_type text NOT NULL,
    title text NOT NULL,
    sender_id text,
    body bytea NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE event_default PARTITION OF event DEFAULT;
CREATE INDEX event_of_team ON event (team_id, id);
CREATE INDEX event_of_trigger ON event (trigger_id, id);
CREATE TRIGGER event_is_immutable BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The queue of the decide pass: every row is work, so the table itself is the partial index.
-- It stays small and churns, hence the eager vacuum.
CREATE TABLE pending_event (
    event_id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    size integer NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_threshold = -1);

-- The sender's ids of the last days. Unpartitioned: a unique index of a partitioned table must
-- contain the partition key and could not see a repeat that arrives on another day.
CREATE TABLE sender_id (
    key_hash bytea PRIMARY KEY CHECK (octet_length(key_hash) = 32),
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    event_id uuid NOT NULL,
    body_hash bytea NOT NULL,
    repeats integer NOT NULL DEFAULT 0,
    body_differed boolean NOT NULL DEFAULT false,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sender_id_expiry ON sender_id (expires_at);

CREATE TABLE decision (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    event_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    trigger_version_id uuid NOT NULL,
    trigger_version integer NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('fired', 'filtered', 'rate_limited', 'deferred',
        'duplicate', 'paused', 'loop', 'error')),
    reason text,
    trace jsonb NOT NULL,
    execution_id uuid,
    decided_at timestamptz NOT NULL DEFAULT now(),
    -- What fired names what it started, and nothing else does.
    CHECK ((verdict = 'fired') = (execution_id IS NOT NULL))
) PARTITION BY RANGE (id);
CREATE TABLE decision_default PARTITION OF decision DEFAULT;
CREATE INDEX decision_of_event ON decision (event_id);
CREATE INDEX decision_of_trigger ON decision (trigger_id, id);
CREATE TRIGGER decision_is_immutable BEFORE UPDATE OR DELETE ON decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE execution (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    event_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    trigger_version_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    workflow_version_id uuid NOT NULL,
    workflow_version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'retrying', 'succeeded', 'failed',
        'dead', 'canceled', 'unknown')),
    reason text,
    attempt smallint NOT NULL DEFAULT 0,
    lost_leases smallint NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    due_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    attempt_started_at timestamptz,
    finished_at timestamptz,
    -- Running means that somebody holds a lease.
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('succeeded', 'failed', 'dead', 'canceled')) = (finished_at IS NOT NULL))
) PARTITION BY RANGE (id);
CREATE TABLE execution_default PARTITION OF execution DEFAULT;
-- What a worker may claim, soonest first.
CREATE INDEX execution_due ON execution (due_at) WHERE state IN ('queued', 'retrying');
-- What a dead worker left behind.
CREATE INDEX execution_lease ON execution (lease_until) WHERE state = 'running';
CREATE INDEX execution_of_team ON execution (team_id, id);
CREATE INDEX execution_of_trigger ON execution (trigger_id, id);

CREATE TABLE attempt (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    number smallint NOT NULL CHECK (number > 0),
    state text NOT NULL CHECK (state IN ('succeeded', 'failed', 'unknown', 'canceled')),
    reason text,
    message text,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE attempt_default PARTITION OF attempt DEFAULT;
CREATE INDEX attempt_of_execution ON attempt (execution_id);

CREATE TABLE step_run (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    attempt smallint NOT NULL CHECK (attempt > 0),
    position smallint NOT NULL CHECK (position >= 0),
    key text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('succeeded', 'failed', 'unknown')),
    reason text,
    message text,
    request jsonb,
    response jsonb,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE step_run_default PARTITION OF step_run DEFAULT;
CREATE INDEX step_run_of_execution ON step_run (execution_id);

CREATE TABLE audit_entry (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'api_key', 'operator', 'system')),
    actor_id uuid,
    actor_name text NOT NULL,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id uuid NOT NULL,
    before jsonb,
    after jsonb,
    request_id text,
    created_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (id);
CREATE TABLE audit_entry_default PARTITION OF audit_entry DEFAULT;
CREATE INDEX audit_entry_of_team ON audit_entry (team_id, id);
CREATE INDEX audit_entry_of_object ON audit_entry (object_id, id);
CREATE TRIGGER audit_entry_is_immutable BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Insert-only, so that no two writers ever wait for each other's count.
CREATE TABLE tally (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    outcome text NOT NULL,
    amount integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_threshold = -1);

CREATE TABLE trigger_hour (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    outcome text NOT NULL,
    amount bigint NOT NULL,
    UNIQUE (trigger_id, hour, outcome)
);
CREATE INDEX trigger_hour_of_team ON trigger_hour (team_id, hour);
