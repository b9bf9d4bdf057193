"""No workflow may lead back to itself by workflow triggers: a circle is refused at save."""

from uuid import UUID

from domain.errors import InvalidInput
from domain.rules.chains import find_cycle
from domain.store import chains, workflows

FIELD = "config.source_workflow_id"


async def refuse_cycle(
    team_id: UUID, trigger_id: UUID | None, source_workflow_id: UUID, workflow_id: UUID
) -> None:
    """Raises InvalidInput when the end of `source_workflow_id`, by starting `workflow_id`, would
    lead back to it, with the circle by names; or when the team has no such source. What the trigger
    of `trigger_id` says by now does not count: it is about to say this.

    Within the transaction that saves the trigger, and before that locks either workflow: (1) one
    save at a time within a team gets past this point, so that two cannot close a circle together;
    (2) whoever waits here holds no workflow that the one before needs.
    """
    await chains.lock_chains_of(team_id)
    source = await workflows.lock_workflow(team_id, source_workflow_id)
    if source is None:
        raise InvalidInput.at(FIELD, "there is no such workflow")
    edges = await chains.edges_of(team_id, besides=trigger_id)
    circle = find_cycle(edges, (source_workflow_id, workflow_id))
    if circle is not None:
        names = await chains.names_of_workflows(team_id, circle)
        shown = " → ".join(names.get(each, "?") for each in circle)
        raise InvalidInput.at(FIELD, f"would go round in a circle: {shown}")
