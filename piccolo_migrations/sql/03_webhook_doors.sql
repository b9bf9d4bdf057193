-- What the door of a webhook trigger remembers: which secret verified, and whom it refused.

-- A rotated secret works on until its overlap ends, so `retired_at` may lie ahead; and the page
-- says which one senders still use.
ALTER TABLE trigger_secret ADD COLUMN used_at timestamptz;
DROP INDEX trigger_secret_in_use;
CREATE INDEX trigger_secret_of_trigger ON trigger_secret (trigger_id, id);

-- Sampled and bounded (`domain/operations/note_refusals.py`), so plain rows deleted one by one do.
CREATE TABLE refused_request (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    status smallint NOT NULL CHECK (status BETWEEN 400 AND 599),
    code text NOT NULL,
    reason text NOT NULL,
    method text NOT NULL,
    address text NOT NULL,
    headers jsonb NOT NULL,
    size integer CHECK (size >= 0),
    amount integer NOT NULL DEFAULT 1 CHECK (amount > 0),
    refused_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (team_id, trigger_id) REFERENCES trigger (team_id, id)
);
CREATE INDEX refused_request_of_team ON refused_request (team_id, id);
CREATE INDEX refused_request_of_trigger ON refused_request (trigger_id, id);
