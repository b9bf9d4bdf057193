"""A circle of workflow triggers is refused when it is saved, also one that two people make."""

import asyncio
from uuid import UUID

import pytest

from domain.errors import InvalidInput
from domain.operations.create_workflow import create_workflow
from domain.operations.delete_trigger import delete_trigger
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from tests.chains.conftest import watch
from tests.support.world import CALL, World

FIELD = "config.source_workflow_id"


async def workflows(world: World, *names: str) -> list[UUID]:
    """New workflows of Alice's."""
    return [(await create_workflow(world.alice, name, [CALL])).id for name in names]


async def test_a_workflow_may_not_start_itself(world: World) -> None:
    (a,) = await workflows(world, "A")
    with pytest.raises(InvalidInput, match=f"{FIELD}: would go round in a circle: A → A"):
        await watch(world, a, a)


async def test_the_circle_is_told_by_names_the_way_it_would_go(world: World) -> None:
    a, b, c = await workflows(world, "A", "B", "C")
    await watch(world, a, b)
    await watch(world, b, c, enabled=False)
    with pytest.raises(InvalidInput, match="C → A → B → C"):
        await watch(world, c, a)


async def test_an_edit_may_not_close_one_but_may_turn_an_edge_round(world: World) -> None:
    a, b = await workflows(world, "A", "B")
    there = await watch(world, a, b)
    turned = TriggerEdit(workflow_id=a, config={"source_workflow_id": str(b), "on": "any"})
    await edit_trigger(world.alice, world.vault, there.row.id, turned)
    other = await watch(world, b, (await workflows(world, "C"))[0])
    with pytest.raises(InvalidInput, match="circle"):
        await edit_trigger(world.alice, world.vault, other.row.id, TriggerEdit(workflow_id=b))


async def test_a_deleted_trigger_closes_nothing(world: World) -> None:
    a, b = await workflows(world, "A", "B")
    there = await watch(world, a, b)
    await delete_trigger(world.alice, there.row.id)
    await watch(world, b, a)


async def test_two_who_save_at_once_do_not_close_one_together(world: World) -> None:
    for _ in range(5):
        a, b = await workflows(world, "A", "B")
        saved = await asyncio.gather(watch(world, a, b), watch(world, b, a), return_exceptions=True)
        refused = [each for each in saved if isinstance(each, BaseException)]
        assert [type(each) for each in refused] == [InvalidInput], refused


async def test_a_workflow_of_others_cannot_be_watched(world: World) -> None:
    (ours,) = await workflows(world, "A")
    theirs = await world.workflow(actor=world.charlie)
    with pytest.raises(InvalidInput, match=f"{FIELD}: there is no such workflow"):
        await watch(world, theirs, ours)
