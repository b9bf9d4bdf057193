"""Two people save at once: the second one waits, and then looks at what the first one saved."""

import asyncio

import pytest

from domain.errors import Conflict
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.store.database import transaction
from domain.store.triggers import lock_trigger
from domain.store.workflows import lock_workflow
from tests.support.world import CALL, World

AT_ONCE = 8


async def test_of_many_who_edit_a_trigger_one_wins_and_the_others_are_told(world: World) -> None:
    row = (await world.trigger(await world.workflow())).row
    edit = TriggerEdit(conditions={"all": [{"path": "$.a", "op": "exists"}]}, revision=row.revision)
    outcomes = await asyncio.gather(
        *(edit_trigger(world.alice, world.vault, row.id, edit) for _ in range(AT_ONCE)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == AT_ONCE - 1, outcomes


async def test_of_many_who_publish_a_workflow_one_wins_and_the_others_are_told(
    world: World,
) -> None:
    workflow_id = await world.workflow()
    async with transaction():
        seen = await lock_workflow(world.alice.team_id, workflow_id)
    assert seen is not None
    edit = WorkflowEdit(steps=[{**CALL, "timeout_s": 7}], revision=seen.revision)
    outcomes = await asyncio.gather(
        *(edit_workflow(world.alice, workflow_id, edit) for _ in range(AT_ONCE)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == AT_ONCE - 1, outcomes


@pytest.mark.parametrize("kind", ["trigger", "workflow"])
async def test_who_waited_reads_the_version_that_came_meanwhile(world: World, kind: str) -> None:
    workflow_id = await world.workflow()
    trigger_id = (await world.trigger(workflow_id)).row.id
    locked, may_go_on = asyncio.Event(), asyncio.Event()

    async def save_slowly() -> None:
        async with transaction():
            if kind == "trigger":
                edit = TriggerEdit(conditions={"all": [{"path": "$.new", "op": "exists"}]})
                await edit_trigger(world.alice, world.vault, trigger_id, edit)
            else:
                changed = WorkflowEdit(steps=[{**CALL, "key": "new"}])
                await edit_workflow(world.alice, workflow_id, changed)
            locked.set()
            await may_go_on.wait()

    async def wait_for_it() -> str | None:
        await locked.wait()
        async with transaction():
            asyncio.get_running_loop().call_later(0.2, may_go_on.set)
            if kind == "trigger":
                trigger = await lock_trigger(world.alice.team_id, trigger_id)
                return trigger.conditions if trigger else None
            workflow = await lock_workflow(world.alice.team_id, workflow_id)
            return workflow.steps if workflow else None

    _, seen = await asyncio.gather(save_slowly(), wait_for_it())
    assert "new" in str(seen)
