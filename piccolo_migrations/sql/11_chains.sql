-- Workflows that start workflows, versions that triggers are held to, and templates.

-- What caused an event: the execution whose end it tells of, and how many stand before it.
ALTER TABLE event
    ADD COLUMN caused_by uuid,
    ADD COLUMN chain_depth smallint NOT NULL DEFAULT 0;
CREATE INDEX event_caused_by ON event (caused_by) WHERE caused_by IS NOT NULL;

-- The workflow whose ends start a workflow trigger, and the published version that any trigger may
-- be held to (null: it follows the newest). Copies of what the present version says, for the passes
-- that look triggers up by them.
ALTER TABLE trigger
    ADD COLUMN watched_workflow_id uuid,
    ADD COLUMN watched_end text CHECK (watched_end IN ('succeeded', 'failed', 'dead', 'any')),
    ADD COLUMN pinned_version integer CHECK (pinned_version > 0),
    ADD COLUMN pinned_version_id uuid,
    ADD FOREIGN KEY (team_id, watched_workflow_id) REFERENCES workflow (team_id, id),
    ADD FOREIGN KEY (team_id, pinned_version_id) REFERENCES workflow_version (team_id, id),
    ADD CHECK ((kind = 'workflow') = (watched_workflow_id IS NOT NULL)),
    ADD CHECK ((watched_workflow_id IS NULL) = (watched_end IS NULL)),
    ADD CHECK ((pinned_version IS NULL) = (pinned_version_id IS NULL));
CREATE INDEX trigger_watching ON trigger (watched_workflow_id)
    WHERE watched_workflow_id IS NOT NULL AND deleted_at IS NULL;
ALTER TABLE trigger_version ADD COLUMN pinned_version integer;

-- Executions that ended and that workflow triggers wait for: written by the statement that ends
-- them, so none is left out, and emptied by whoever makes the events. No foreign keys: the end of an
-- execution must never fail by a trigger. Small rows that come and go, hence the eager vacuum.
CREATE TABLE pending_chain (
    execution_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    team_id uuid NOT NULL,
    state text NOT NULL,
    queued_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (execution_id, trigger_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_threshold = -1);

-- What a workflow must be given: a JSON Schema, or null for anything. Not jsonb, which would lose the
-- order of the properties: forms are made in the one that their author chose.
ALTER TABLE workflow_version ADD COLUMN input_schema json;

-- A team's own templates; those that come with the product are files. A workflow remembers which
-- template it was made from, and each of its versions, like its draft, which version of that.
CREATE TABLE workflow_template (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    description text NOT NULL CHECK (length(description) <= 1000),
    version integer NOT NULL CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    UNIQUE (team_id, id)
);
CREATE TABLE workflow_template_version (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    template_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    steps jsonb NOT NULL,
    input_schema json,
    note text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (team_id, template_id) REFERENCES workflow_template (team_id, id),
    UNIQUE (template_id, number)
);
CREATE TRIGGER workflow_template_version_is_immutable BEFORE UPDATE OR DELETE
    ON workflow_template_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE workflow
    ADD COLUMN draft_input_schema json,
    ADD COLUMN template text,
    ADD COLUMN draft_template_version integer CHECK (draft_template_version > 0),
    ADD CHECK (template IS NOT NULL OR draft_template_version IS NULL);
ALTER TABLE workflow_version
    ADD COLUMN template_version integer CHECK (template_version > 0);

-- Views show the columns that a table had when they were made.
SELECT make_team_views();
