"""What workflows can be made from."""

from piccolo.columns import JSON, JSONB, UUID, Integer, Text
from piccolo.table import Table

from domain.store.columns import moment, optional_moment, required_id


class WorkflowTemplate(Table):
    """A team's own template of a workflow; those that come with the product are files."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    name = Text(default=None, null=False)
    description = Text(default=None, null=False)
    version = Integer(null=False, default=None)
    created_at = moment()
    updated_at = moment()
    deleted_at = optional_moment()


class WorkflowTemplateVersion(Table):
    """Immutable: what a workflow is made from."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    template_id = required_id()
    number = Integer(null=False, default=None)
    steps = JSONB(null=False, default=None)
    input_schema = JSON(null=True, default=None)
    policy = JSONB(null=False, default="{}")
    note = Text(default=None, null=False, help_text="what changed")
    created_by = Text(default=None, null=False)
    created_at = moment()
