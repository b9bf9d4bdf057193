-- Who may come in, and how they get in: people's settings, invitations, resets, keys that end.

ALTER TABLE app_user
    -- Someone who signs in elsewhere (OpenID Connect) has no password here.
    ALTER COLUMN password_hash DROP NOT NULL,
    ADD COLUMN oidc_subject text UNIQUE,
    ADD COLUMN zone text CHECK (length(zone) BETWEEN 1 AND 64),
    ADD COLUMN locale text CHECK (length(locale) BETWEEN 2 AND 35),
    ADD COLUMN theme text NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark'));

-- When someone was last here: their sessions, which know it too, come and go.
ALTER TABLE membership ADD COLUMN seen_at timestamptz;

ALTER TABLE session
    ADD COLUMN address text NOT NULL DEFAULT '',
    ADD COLUMN user_agent text NOT NULL DEFAULT '' CHECK (length(user_agent) <= 400);
CREATE INDEX session_of_user ON session (user_id);

ALTER TABLE api_key
    ADD COLUMN expires_at timestamptz,
    -- Whoever made the key: it dies with their membership, and never may more than they may.
    ADD COLUMN user_id uuid,
    -- After a rotation: the key that this one takes the place of.
    ADD COLUMN replaces uuid REFERENCES api_key (id) ON DELETE SET NULL,
    ADD FOREIGN KEY (team_id, user_id) REFERENCES membership (team_id, user_id) ON DELETE CASCADE;
CREATE INDEX api_key_of_member ON api_key (team_id, user_id);
CREATE INDEX api_key_replaces ON api_key (replaces);

CREATE TABLE invitation (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    email text NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    role text NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    token_hash bytea NOT NULL UNIQUE,
    invited_by text NOT NULL,
    -- The admin who made it, or sent it again last: it works while they are an admin of the team.
    made_by uuid REFERENCES app_user (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz
);
CREATE INDEX invitation_of_team ON invitation (team_id, id);
-- One open invitation an address in a team: asking again replaces it.
CREATE UNIQUE INDEX invitation_open ON invitation (team_id, email) WHERE accepted_at IS NULL;

CREATE TABLE password_reset (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    -- The admin who passes the link on: it works while they rule all teams of the user.
    made_by uuid REFERENCES app_user (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX password_reset_of_user ON password_reset (user_id);

CREATE TABLE setup_token (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz
);

CREATE TABLE saved_view (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    user_id uuid NOT NULL,
    page text NOT NULL CHECK (page IN ('triggers', 'events', 'executions', 'workflows')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    query text NOT NULL CHECK (length(query) <= 2000),
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (team_id, user_id) REFERENCES membership (team_id, user_id) ON DELETE CASCADE,
    UNIQUE (team_id, user_id, page, name)
);
