-- Who may do what, and what people configure.

-- Versions, events, decisions and audit entries say what was; nothing may rewrite them.
-- (Old ones go when their whole partition is dropped, which fires no row trigger.)
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE team (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app_user (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE membership (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    user_id uuid NOT NULL REFERENCES app_user (id),
    role text NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- One role a person in a team; a session names such a pair, so it dies with the membership.
    UNIQUE (team_id, user_id)
);
CREATE INDEX membership_of_user ON membership (user_id);

CREATE TABLE session (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    user_id uuid NOT NULL,
    team_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (team_id, user_id) REFERENCES membership (team_id, user_id) ON DELETE CASCADE
);
CREATE INDEX session_expiry ON session (expires_at);
CREATE INDEX session_of_member ON session (team_id, user_id);

CREATE TABLE api_key (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    prefix text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    role text NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_key_of_team ON api_key (team_id, id);

CREATE TABLE secret (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,63}$'),
    ciphertext bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (team_id, name)
);

CREATE TABLE workflow (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    draft_steps jsonb,
    published_version integer CHECK (published_version > 0),
    published_version_id uuid,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    -- What other tables refer to, so that a row can only name another row of its own team.
    UNIQUE (team_id, id),
    CHECK ((published_version IS NULL) = (published_version_id IS NULL))
);

CREATE TABLE workflow_version (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    steps jsonb NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (team_id, workflow_id) REFERENCES workflow (team_id, id),
    -- Two people who publish at once cannot both make version 3.
    UNIQUE (workflow_id, number),
    UNIQUE (team_id, id)
);
ALTER TABLE workflow ADD FOREIGN KEY (team_id, published_version_id)
    REFERENCES workflow_version (team_id, id);
CREATE TRIGGER workflow_version_is_immutable BEFORE UPDATE OR DELETE ON workflow_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE trigger (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    kind text NOT NULL CHECK (kind IN
        ('webhook', 'schedule', 'email', 'poll', 'integration', 'workflow', 'manual')),
    hook_token text UNIQUE,
    workflow_id uuid NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    version integer NOT NULL CHECK (version > 0),
    version_id uuid NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    FOREIGN KEY (team_id, workflow_id) REFERENCES workflow (team_id, id),
    UNIQUE (team_id, id),
    CHECK ((kind = 'webhook') = (hook_token IS NOT NULL))
);
CREATE INDEX trigger_of_workflow ON trigger (workflow_id);

CREATE TABLE trigger_version (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    workflow_id uuid NOT NULL,
    config jsonb NOT NULL,
    condition_config jsonb,
    limits jsonb NOT NULL,
    retry jsonb NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (team_id, trigger_id) REFERENCES trigger (team_id, id),
    FOREIGN KEY (team_id, workflow_id) REFERENCES workflow (team_id, id),
    -- Two people who save at once cannot both make version 3.
    UNIQUE (trigger_id, number),
    UNIQUE (team_id, id)
);
-- Deferred: a trigger and its first version name each other and are made in one transaction.
ALTER TABLE trigger ADD FOREIGN KEY (team_id, version_id)
    REFERENCES trigger_version (team_id, id) DEFERRABLE INITIALLY DEFERRED;
CREATE TRIGGER trigger_version_is_immutable BEFORE UPDATE OR DELETE ON trigger_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE trigger_secret (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    ciphertext bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    FOREIGN KEY (team_id, trigger_id) REFERENCES trigger (team_id, id)
);
CREATE INDEX trigger_secret_in_use ON trigger_secret (trigger_id) WHERE retired_at IS NULL;
