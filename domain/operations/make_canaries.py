"""Make the canaries: a team of the system's own, with a schedule, a webhook and a chain.

Their workflows have no steps: what is measured is Signalbox, and nobody else's target.
"""

from uuid import UUID

from domain.encryption import Vault
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.rules.permissions import Actor
from domain.store import canaries, workflows
from domain.store.canaries import Flock
from domain.store.database import transaction
from domain.store.workflows import Contents

# Ids of deliveries are remembered no longer than need be: there is one a minute.
_WEBHOOK = {"scheme": "standard", "dedup_days": 1}
# Run late it would say that all is well when it was not.
_SCHEDULE = {"form": "cron", "cron": "* * * * *", "zone": "UTC", "catch_up": "none"}


def system_actor(team_id: UUID) -> Actor:
    """Who acts in the system's team."""
    return Actor(team_id, "system", None, "Signalbox", "admin")


async def make_canaries(vault: Vault) -> Flock:
    """The canaries, made now unless another clock was faster."""
    async with transaction():
        await canaries.lock_flock()
        if flock := await canaries.find_flock():
            return flock
        actor = system_actor(await canaries.add_system_team())
        scheduled, other = [
            await _add_workflow(actor, name) for name in ("Minute schedule", "Nothing to do")
        ]
        watch = {"source_workflow_id": str(scheduled), "on": "succeeded"}
        for name, kind, workflow_id, config in (
            ("Minute schedule", "schedule", scheduled, _SCHEDULE),
            ("Webhook to itself", "webhook", other, _WEBHOOK),
            ("Workflow chain", "workflow", other, watch),
        ):
            await create_trigger(actor, vault, TriggerDraft(name, kind, workflow_id, dict(config)))
        return await canaries.find_flock()


async def _add_workflow(actor: Actor, name: str) -> UUID:
    """A workflow without steps, published: people must give theirs one step at least."""
    workflow_id = await workflows.add_workflow(actor.team_id, name, None)
    version_id = await workflows.add_version(
        actor.team_id, workflow_id, 1, Contents("[]"), actor.name
    )
    made = await workflows.lock_workflow(actor.team_id, workflow_id)
    assert made is not None
    await workflows.save_published(made, name=name, number=1, version_id=version_id)
    return workflow_id
