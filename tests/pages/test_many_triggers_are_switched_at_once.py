import asyncio
import re
from uuid import UUID

import pytest

from domain.operations import set_triggers_enabled as operation
from domain.operations.set_triggers_enabled import set_triggers_enabled
from domain.store.database import fetch
from domain.store.trigger_bulk import switches_of
from tests.pages.browsing import Browser, words
from tests.pages.happenings import History
from tests.support.world import World


@pytest.fixture
async def ids(history: History, world: World) -> list[str]:
    """Five triggers, the last of them off."""
    others = [await world.trigger(history.workflow_id) for _ in range(4)]
    made = [history.trigger_id, *(other.row.id for other in others)]
    await set_triggers_enabled(world.alice, made[-1:], enabled=False)
    return [str(each) for each in made]


async def states(world: World, ids: list[str]) -> list[bool]:
    found = {each.id: each.enabled for each in await switches_of(world.alice.team_id, _ids(ids))}
    return [found[UUID(each)] for each in ids]


def _ids(texts: list[str]) -> list[UUID]:
    return [UUID(text) for text in texts]


def form_of(markup: str) -> dict[str, str]:
    """What the preview's button would send."""
    form = markup.split('action="/triggers/bulk"')[1]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.split("</form>")[0]))


async def test_the_selected_ones_are_shown_counted_and_switched(
    alice: Browser, world: World, ids: list[str]
) -> None:
    chosen = "&".join(f"id={each}" for each in ids[2:])

    preview = await alice.get(f"/triggers/bulk?act=disable&{chosen}")
    unchanged = await states(world, ids)
    done = await alice.post("/triggers/bulk", form_of(preview.text))

    assert "Switch off 2 triggers?" in words(preview.text)
    assert "3 triggers, of which 1 is off already" in words(preview.text)
    assert words(preview.text).count("Orders") == 3
    assert unchanged == [True, True, True, True, False]
    assert "2 triggers were switched off" in words(done.text)
    assert await states(world, ids) == [True, True, False, False, False]


async def test_all_that_match_are_those_of_the_filters(
    alice: Browser, world: World, ids: list[str]
) -> None:
    preview = await alice.get("/triggers/bulk?act=enable-all&enabled=off")
    await alice.post("/triggers/bulk", form_of(preview.text))

    assert "Switch on 1 trigger?" in words(preview.text)
    assert 'href="/triggers?enabled=off"' in preview.text
    assert await states(world, ids) == [True] * 5


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("act=disable-all", "All of them needs a filter"),
        ("act=disable-all&name=", "All of them needs a filter"),
        ("act=disable-all&health=ill", "These filters cannot be used"),
        ("act=disable-all&name=nothing+like+it", "No trigger matches"),
        ("act=disable", "No trigger is selected"),
        ("act=disable&id=x", "No trigger is selected"),
        ("act=disable&id=01939f5e-0000-7000-8000-000000000001", "No trigger matches"),
        ("act=delete&name=Orders", "There is no such act"),
        ("", "There is no such act"),
    ],
)
async def test_what_names_no_triggers_is_refused_with_the_reason(
    alice: Browser, world: World, ids: list[str], query: str, told: str
) -> None:
    preview = await alice.get(f"/triggers/bulk?{query}")

    assert preview.status_code == 400
    assert told in words(preview.text)
    assert 'action="/triggers/bulk"' not in preview.text
    assert await states(world, ids) == [True] * 4 + [False]


async def test_what_was_shown_is_switched_whatever_matches_by_then(
    alice: Browser, world: World, ids: list[str], history: History
) -> None:
    preview = await alice.get("/triggers/bulk?act=disable-all&name=Orders")
    later = str((await world.trigger(history.workflow_id)).row.id)

    await alice.post("/triggers/bulk", form_of(preview.text))

    assert await states(world, [*ids, later]) == [False] * 5 + [True]


async def test_each_trigger_that_changed_is_audited_and_no_other(
    alice: Browser, world: World, ids: list[str]
) -> None:
    await alice.post("/triggers/bulk", {"act": "disable", "ids": " ".join(ids)})

    entries = await fetch(
        "SELECT object_id::text AS id, before ->> 'enabled' AS before, "
        "after ->> 'enabled' AS after "
        "FROM audit_entry WHERE team_id = $1 AND action = 'disable' AND actor_kind = 'user' "
        "AND actor_id IS NOT NULL",
        world.alice.team_id,
    )

    assert {entry["id"] for entry in entries} == set(ids[:4])
    assert {(entry["before"], entry["after"]) for entry in entries} == {("true", "false")}


async def test_of_two_who_switch_the_same_triggers_each_change_is_counted_once(
    world: World, ids: list[str]
) -> None:
    orders = [_ids(ids), _ids(list(reversed(ids)))] * 4

    done = await asyncio.gather(
        *(set_triggers_enabled(world.alice, order, enabled=False) for order in orders)
    )

    assert sum(len(each.changed) for each in done) == 4
    assert all(len(each.changed) + each.already == 5 for each in done)


async def test_more_than_a_thousand_are_refused(
    alice: Browser, world: World, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "MOST_TRIGGERS", 3)

    done = await alice.post("/triggers/bulk", {"act": "disable", "ids": " ".join(ids)})

    assert done.status_code == 400
    assert await states(world, ids) == [True] * 4 + [False]


@pytest.mark.parametrize("form", [{"act": "disable", "ids": "x"}, {"act": "disable"}, {"ids": "x"}])
async def test_a_form_that_is_none_of_ours_changes_nothing(
    alice: Browser, world: World, ids: list[str], form: dict[str, str]
) -> None:
    assert (await alice.post("/triggers/bulk", form)).status_code == 400


async def test_another_teams_triggers_are_as_unknown_as_others(
    charlie: Browser, world: World, ids: list[str]
) -> None:
    """Row A97."""
    chosen = "&".join(f"id={each}" for each in ids)

    preview = await charlie.get(f"/triggers/bulk?act=disable&{chosen}")
    done = await charlie.post("/triggers/bulk", {"act": "disable", "ids": " ".join(ids)})

    assert "No trigger matches" in preview.text
    assert "0 triggers were switched off" in words(done.text)
    assert "5 triggers are no longer there" in words(done.text)
    assert await states(world, ids) == [True] * 4 + [False]


async def test_a_viewer_may_not_and_sees_no_boxes(
    bob: Browser, world: World, ids: list[str]
) -> None:
    assert (await bob.get(f"/triggers/bulk?act=disable&id={ids[0]}")).status_code == 403
    assert (await bob.post("/triggers/bulk", {"act": "disable", "ids": ids[0]})).status_code == 403
    assert 'type="checkbox"' not in (await bob.get("/triggers")).text


async def test_without_the_forms_token_nothing_is_switched(
    alice: Browser, world: World, ids: list[str]
) -> None:
    answer = await alice.client.post("/triggers/bulk", data={"act": "disable", "ids": ids[0]})

    assert answer.status_code == 403
    assert await states(world, ids) == [True] * 4 + [False]
