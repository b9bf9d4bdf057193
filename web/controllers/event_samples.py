"""The sample event that a trigger's form tries its conditions on, before one has come."""

from domain.clock import utc_now
from domain.rules.ids import parse_id
from domain.rules.input_schemas import read_input_schema
from domain.rules.permissions import Actor
from domain.store.workflows import contents_of_version, find_workflow
from web.forms.reading import whole_number_in
from web.forms.trigger import TriggerForm
from web.presenters.kind_samples import (
    SampleEvent,
    manual_sample,
    schedule_sample,
    webhook_sample,
    workflow_sample,
)


async def sample_of(actor: Actor, form: TriggerForm) -> SampleEvent | None:
    """An event as the form's source makes them; None while it does not say enough."""
    match form.kind:
        case "schedule":
            return schedule_sample(form.config(), utc_now())
        case "workflow":
            return workflow_sample(form.watch.source_workflow_id, form.watch.on, utc_now())
        case "manual":
            return await _manual(actor, form)
    return webhook_sample(form.source.scheme)


async def _manual(actor: Actor, form: TriggerForm) -> SampleEvent:
    """An input for the version that would run."""
    workflow_id, pinned = parse_id(form.workflow_id), whole_number_in(form.pinned_version)
    if workflow_id is None:
        return manual_sample(None)
    if pinned is not None:
        contents = await contents_of_version(actor.team_id, workflow_id, pinned)
    else:
        workflow = await find_workflow(actor.team_id, workflow_id)
        contents = workflow.published if workflow else None
    return manual_sample(read_input_schema(contents.input_schema) if contents else None)
