"""Secrets of the team: names for editors, values for nobody, changes by admins."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar

from domain.operations.create_workflow import create_workflow
from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.operations.set_secret import set_secret
from domain.store.database import fetch
from tests.pages.browsing import Browser, open_browser, rows, words
from tests.support.world import CALL, World

VALUE = "a value that nobody sees again"
STEP = {**CALL, "headers": {"Authorization": "Bearer {{ secrets.api_key }}"}}


@pytest.fixture
async def erin(app: Litestar, world: World) -> AsyncIterator[Browser]:
    """An editor of Alice's team."""
    async with open_browser(app, world.alice, "editor") as browser:
        yield browser


@pytest.fixture
async def kept(world: World) -> World:
    """The team has the secret `api_key`, which a published workflow and a draft name."""
    await set_secret(world.alice, world.vault, "api_key", VALUE)
    await create_workflow(world.alice, "Uses it", [STEP])
    other = await create_workflow(world.alice, "Drafts it", [CALL])
    await edit_workflow(world.alice, other.id, WorkflowEdit(steps=[STEP], draft=True))
    await create_workflow(world.alice, "Says secrets.api_key only", [CALL])
    return world


async def actions(world: World) -> list[str]:
    found = await fetch(
        "SELECT action FROM audit_entry WHERE team_id = $1 AND object_kind = 'secret' "
        "ORDER BY created_at",
        world.alice.team_id,
    )
    return [row["action"] for row in found]


async def test_each_secret_names_the_workflows_that_use_it(erin: Browser, kept: World) -> None:
    page = await erin.get("/secrets")

    (row,) = rows(page.text)
    assert row.startswith("api_key Drafts it draft , Uses it")
    assert VALUE not in page.text


async def test_an_admin_stores_one_and_gives_it_another_value(alice: Browser, world: World) -> None:
    made = await alice.post("/secrets", {"name": "api_key", "value": VALUE})
    assert made.headers["location"] == "/secrets"

    again = await alice.post("/secrets/api_key", {"value": "another"})

    assert again.headers["location"] == "/secrets"
    assert await actions(world) == ["create", "replace"]
    for path in ("/secrets", "/secrets/api_key"):
        page = (await alice.get(path)).text
        assert VALUE not in page
        assert "another" not in page.lower().replace("another value", "")


@pytest.mark.parametrize(
    ("form", "field", "message"),
    [
        ({"name": "Not a name", "value": VALUE}, "name", "Must begin with a letter a-z"),
        ({"name": "api_key", "value": VALUE}, "name", "Is taken"),
        ({"name": "new", "value": ""}, "value", "Must have 1 to 8,192 bytes"),
        ({"name": "new", "value": "ü" * 5_000}, "value", "Must have 1 to 8,192 bytes"),
    ],
)
async def test_a_mistake_keeps_the_name_and_never_sends_the_value_back(
    alice: Browser, kept: World, form: dict[str, str], field: str, message: str
) -> None:
    answer = await alice.press("POST", "/secrets", form)

    assert answer.status_code == 422
    assert message in words(answer.text)
    assert f'id="error-{field}"' in answer.text
    assert f'name="name" value="{form["name"]}"' in answer.text
    assert not form["value"] or form["value"] not in answer.text
    assert await actions(kept) == ["create"]


async def test_deleting_warns_with_the_workflows_that_use_it(alice: Browser, kept: World) -> None:
    shown = await alice.read("/secrets/api_key")
    assert "name it, and their steps fail from then on: Uses it ." in shown

    answer = await alice.press("DELETE", "/secrets/api_key")

    assert answer.headers["hx-redirect"] == "/secrets"
    assert (await alice.get("/secrets/api_key")).status_code == 404
    assert await actions(kept) == ["create", "delete"]


async def test_editors_see_names_and_change_nothing(erin: Browser, kept: World) -> None:
    for path in ("/secrets", "/secrets/api_key"):
        assert 'type="password"' not in (await erin.get(path)).text

    assert (await erin.post("/secrets", {"name": "new", "value": "x"})).status_code == 403
    assert (await erin.post("/secrets/api_key", {"value": "x"})).status_code == 403
    assert (await erin.press("DELETE", "/secrets/api_key")).status_code == 403
    assert await actions(kept) == ["create"]


async def test_viewers_do_not_even_see_names(bob: Browser, kept: World) -> None:
    for path in ("/secrets", "/secrets/api_key"):
        answer = await bob.get(path)
        assert answer.status_code == 403
        assert "Uses it" not in answer.text


async def test_another_team_finds_nothing(charlie: Browser, kept: World) -> None:
    assert rows((await charlie.get("/secrets")).text) == []
    assert (await charlie.get("/secrets/api_key")).status_code == 404
    assert (await charlie.post("/secrets/api_key", {"value": "x"})).status_code == 404
    assert (await charlie.press("DELETE", "/secrets/api_key")).status_code == 404
