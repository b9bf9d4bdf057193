"""Promoting and discarding: guarded, audited, and of several who do it one wins."""

import asyncio
import json
from typing import Any

import pytest

from domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from domain.operations.delete_trigger import delete_trigger
from domain.operations.discard_shadow import discard_shadow
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.promote_shadow import promote_shadow
from domain.operations.start_shadow import start_shadow
from domain.store.database import execute, fetch
from domain.store.shadows import newest_shadow
from domain.store.triggers import find_trigger
from tests.shadows.conftest import OVER_200, Siding


async def audited(siding: Siding) -> list[dict[str, Any]]:
    rows = await fetch(
        "SELECT action, before, after FROM audit_entry WHERE object_id = $1 ORDER BY created_at",
        siding.hook.trigger_id,
    )
    read = [{"before": json.loads(row["before"] or "null"),
             "after": json.loads(row["after"] or "null")} for row in rows]  # fmt: skip
    return [{"action": row["action"], **facts} for row, facts in zip(rows, read, strict=True)]


async def state(siding: Siding) -> tuple[str, int, Any]:
    """The shadow's state, and the trigger's version with its conditions."""
    world = siding.line.world
    shadow = await newest_shadow(world.alice.team_id, siding.hook.trigger_id)
    trigger = await find_trigger(world.alice.team_id, siding.hook.trigger_id)
    assert shadow is not None
    assert trigger is not None
    return shadow.state, trigger.version, json.loads(trigger.conditions or "null")


async def test_promoted_the_draft_is_the_next_version_and_the_counts_are_on_record(
    siding: Siding,
) -> None:
    world = siding.line.world
    shadow_id = await siding.start(OVER_200)
    await siding.decided({"total": 150}, {"total": 250})
    await siding.judge()

    saved = await promote_shadow(
        world.alice, world.vault, siding.hook.trigger_id, shadow_id=shadow_id, revision=1
    )
    await siding.decided({"total": 150})
    await siding.judge()

    assert saved.row.version == 2
    assert await state(siding) == ("promoted", 2, OVER_200)
    assert await siding.counts() == {"agreed_fired": 1, "only_live": 1}
    entry = (await audited(siding))[-1]
    assert entry["action"] == "promote"
    assert entry["after"]["conditions"] == OVER_200
    assert entry["after"]["shadow"]["counts"]["only_live"] == 1
    assert entry["after"]["shadow"]["shadow_id"] == str(shadow_id)
    assert await siding.verdicts() == {"fired": 2, "filtered": 1}


async def test_discarded_the_live_conditions_stay(siding: Siding) -> None:
    shadow_id = await siding.start(OVER_200)
    before = await state(siding)

    await discard_shadow(siding.line.world.alice, siding.hook.trigger_id, shadow_id=shadow_id)

    assert await state(siding) == ("discarded", 1, before[2])
    assert [entry["action"] for entry in await audited(siding)] == [
        "create", "start_shadow", "discard_shadow",
    ]  # fmt: skip


async def test_a_trigger_that_someone_edited_meanwhile_is_not_promoted_over(siding: Siding) -> None:
    world, trigger_id = siding.line.world, siding.hook.trigger_id
    await siding.start(OVER_200)
    await edit_trigger(world.alice, world.vault, trigger_id, TriggerEdit(name="Renamed"))

    with pytest.raises(Conflict):
        await promote_shadow(world.alice, world.vault, trigger_id, revision=1)

    assert (await state(siding))[:2] == ("running", 1)


async def test_another_draft_than_the_one_that_was_looked_at_is_not_promoted(
    siding: Siding,
) -> None:
    world, trigger_id = siding.line.world, siding.hook.trigger_id
    seen = await siding.start(OVER_200)
    await siding.start(None)

    with pytest.raises(Conflict):
        await promote_shadow(world.alice, world.vault, trigger_id, shadow_id=seen)
    with pytest.raises(Conflict):
        await discard_shadow(world.alice, trigger_id, shadow_id=seen)
    assert (await state(siding))[:2] == ("running", 1)


async def test_a_draft_that_could_not_be_saved_is_neither_started_nor_promoted(
    siding: Siding,
) -> None:
    world, trigger_id = siding.line.world, siding.hook.trigger_id
    with pytest.raises(InvalidInput):
        await start_shadow(world.alice, trigger_id, {"all": [{"path": "$.a", "op": "never"}]})
    shadow_id = await siding.start(OVER_200)
    await execute("UPDATE shadow SET conditions = '{\"all\": [7]}' WHERE id = $1", shadow_id)

    with pytest.raises(InvalidInput):
        await promote_shadow(world.alice, world.vault, trigger_id)

    assert (await state(siding))[:2] == ("running", 1)


async def test_viewers_and_other_teams_start_and_end_nothing(siding: Siding) -> None:
    world, trigger_id = siding.line.world, siding.hook.trigger_id
    await siding.start(OVER_200)
    for actor, refusal in ((world.bob, Forbidden), (world.charlie, NotFound)):
        with pytest.raises(refusal):
            await start_shadow(actor, trigger_id, None)
        with pytest.raises(refusal):
            await promote_shadow(actor, world.vault, trigger_id)
        with pytest.raises(refusal):
            await discard_shadow(actor, trigger_id)
    assert (await state(siding))[:2] == ("running", 1)


async def test_deleting_the_trigger_ends_its_shadow_and_what_waits_is_not_judged(
    siding: Siding,
) -> None:
    await siding.start(OVER_200)
    await siding.decided({"total": 150})

    await delete_trigger(siding.line.world.alice, siding.hook.trigger_id)
    await siding.judge()

    assert await siding.counts() == {}
    assert await siding.waiting() == 0
    shadow = await newest_shadow(siding.line.world.alice.team_id, siding.hook.trigger_id)
    assert shadow is not None
    assert (shadow.state, shadow.ended_by) == ("discarded", "Alice")


@pytest.mark.parametrize("named", [True, False])
async def test_of_those_who_promote_and_discard_at_once_one_wins(
    siding: Siding,
    named: bool,  # noqa: FBT001 - a parameter
) -> None:
    world, trigger_id = siding.line.world, siding.hook.trigger_id
    shadow_id = await siding.start(OVER_200) if named else None
    if not named:
        await siding.start(OVER_200)

    def promote() -> Any:
        return promote_shadow(world.alice, world.vault, trigger_id, shadow_id=shadow_id)

    def discard() -> Any:
        return discard_shadow(world.alice, trigger_id, shadow_id=shadow_id)

    acts = [promote(), discard(), promote(), discard(), promote()]
    outcomes = await asyncio.gather(*acts, return_exceptions=True)

    losers = [one for one in outcomes if isinstance(one, Exception)]
    assert len(losers) == len(acts) - 1
    assert {type(one) for one in losers} == {Conflict if named else NotFound}
    ended, version, _ = await state(siding)
    assert (ended, version) in {("promoted", 2), ("discarded", 1)}
    entries = [entry["action"] for entry in await audited(siding)]
    assert len(entries) == 3


async def test_two_who_start_at_once_leave_one_draft_running(siding: Siding) -> None:
    await asyncio.gather(*(siding.start(conditions) for conditions in (OVER_200, None, OVER_200)))

    rows = await fetch(
        "SELECT state FROM shadow WHERE trigger_id = $1 ORDER BY id", siding.hook.trigger_id
    )
    assert sorted(row["state"] for row in rows) == ["discarded", "discarded", "running"]


async def test_promoting_while_passes_run_loses_and_doubles_no_count(siding: Siding) -> None:
    world = siding.line.world
    shadow_id = await siding.start(OVER_200)
    await siding.flood(800, shadow_id)

    _, saved = await asyncio.gather(
        siding.judge(), promote_shadow(world.alice, world.vault, siding.hook.trigger_id)
    )
    await siding.judge()

    entry = (await audited(siding))[-1]
    counts = await siding.counts()
    assert saved.row.version == 2
    assert entry["after"]["shadow"]["counts"]["only_live"] == counts.get("only_live", 0)
    assert await siding.waiting() == 0
