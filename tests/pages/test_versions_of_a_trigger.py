from typing import Any
from uuid import UUID

import pytest

from domain.operations.delete_workflow import delete_workflow
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.rules.ids import new_id
from domain.store.database import fetch
from domain.store.triggers import TriggerRow, find_trigger
from tests.pages.browsing import Browser, rows, words
from tests.support.world import World

LARGE = {"all": [{"path": "$.order.total", "op": "gt", "value": 100}]}
LARGER = {"all": [{"path": "$.order.total", "op": "gt", "value": 250}]}


@pytest.fixture
async def edited(world: World) -> UUID:
    """A trigger of Alice's with three versions: no conditions, over 100, over 250."""
    saved = await world.trigger(await world.workflow())
    for conditions in (LARGE, LARGER):
        await edit(world, saved.row.id, conditions=conditions)
    return saved.row.id


async def edit(world: World, trigger_id: UUID, **changes: Any) -> None:
    await edit_trigger(world.alice, world.vault, trigger_id, TriggerEdit(**changes))


async def now(world: World, trigger_id: UUID) -> TriggerRow:
    row = await find_trigger(world.alice.team_id, trigger_id)
    assert row is not None
    return row


async def roll_back(
    browser: Browser, trigger_id: UUID, number: object, revision: object = ""
) -> Any:
    form = {"number": str(number), "revision": str(revision)}
    return await browser.press("POST", f"/triggers/{trigger_id}/rollbacks", form)


async def test_each_edit_is_listed_with_what_it_changed(alice: Browser, edited: UUID) -> None:
    page = (await alice.get(f"/triggers/{edited}/versions")).text

    told = words(page)
    assert told.index("Version 3 in force") < told.index("Version 2") < told.index("Version 1")
    assert told.count("by Alice") == 3
    assert "value Changed 100 250" in rows(page)[0]
    assert "The first one." in told


async def test_the_triggers_page_shows_the_latest_and_leads_to_all(
    alice: Browser, world: World, edited: UUID
) -> None:
    for total in range(5):
        await edit(world, edited, retry={"attempts": total + 1})

    told = await alice.read(f"/triggers/{edited}")

    assert "Version 8 in force" in told
    assert "All 8" in told
    assert "since version 3" in told
    assert "since version 2" not in told
    assert "Version 1" in await alice.read(f"/triggers/{edited}/versions")


async def test_older_ones_are_on_further_pages(alice: Browser, edited: UUID) -> None:
    told = await alice.read(f"/triggers/{edited}/versions?below=3")

    assert "Version 2" in told
    assert "in force" not in told


async def test_rolling_back_makes_a_new_version_of_an_old_ones_parts(
    alice: Browser, world: World, edited: UUID
) -> None:
    answer = await roll_back(alice, edited, 2, 3)

    row = await now(world, edited)
    assert answer.status_code == 200
    assert "Version 4 in force" in words(answer.text)
    assert row.version == 4
    assert row.conditions is not None
    assert "100" in row.conditions
    await roll_back(alice, edited, 1)
    assert (await now(world, edited)).conditions is None


async def test_it_is_on_record_as_what_it_is(alice: Browser, edited: UUID) -> None:
    await roll_back(alice, edited, 2)

    found = await fetch(
        "SELECT action FROM audit_entry WHERE object_id = $1 ORDER BY created_at", edited
    )
    assert [row["action"] for row in found] == ["create", "edit", "edit", "roll_back"]


async def test_what_someone_else_saved_meanwhile_is_not_lost(
    alice: Browser, world: World, edited: UUID
) -> None:
    seen = (await now(world, edited)).revision
    await edit(world, edited, conditions=LARGE)

    answer = await roll_back(alice, edited, 1, seen)

    assert answer.status_code == 409
    assert "Someone else changed this trigger" in words(answer.text)
    assert (await now(world, edited)).version == 4


async def test_a_version_whose_workflow_is_gone_says_so(
    alice: Browser, world: World, edited: UUID
) -> None:
    gone = (await now(world, edited)).workflow_id
    await edit(world, edited, workflow_id=await world.workflow())
    await delete_workflow(world.alice, gone)

    answer = await roll_back(alice, edited, 1)

    assert answer.status_code == 422
    assert "Cannot roll back to version 1: there is no such workflow" in words(answer.text)
    assert (await now(world, edited)).version == 4


async def test_a_version_of_another_scheme_gets_a_secret_that_is_shown_once(
    alice: Browser, world: World
) -> None:
    saved = await world.trigger(await world.workflow(), scheme="github")
    await edit(world, saved.row.id, config={"scheme": "none"})

    answer = await roll_back(alice, saved.row.id, 1)

    assert answer.status_code == 201
    assert "shown this once" in words(answer.text)
    assert 'id="new-secret"' in answer.text


@pytest.mark.parametrize("number", ["", "0", "9", "x", "99999999999", "-1"])
async def test_what_is_no_version_is_not_found(alice: Browser, edited: UUID, number: str) -> None:
    assert (await roll_back(alice, edited, number)).status_code == 404


async def test_who_may_roll_back(
    alice: Browser, bob: Browser, charlie: Browser, world: World, edited: UUID
) -> None:
    assert (await roll_back(bob, edited, 1)).status_code == 403
    assert (await roll_back(charlie, edited, 1)).status_code == 404
    assert (await roll_back(alice, new_id(), 1)).status_code == 404
    assert (await roll_back(Browser(alice.client, "0" * 64), edited, 1)).status_code == 403
    assert (await charlie.get(f"/triggers/{edited}/versions")).status_code == 404
    told = await bob.read(f"/triggers/{edited}/versions")
    assert "Version 3 in force" in told
    assert "Roll back" not in told
    assert (await now(world, edited)).version == 3
