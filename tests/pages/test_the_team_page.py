"""Who belongs to the team: roles, leaving, and the admin that always stays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import pytest
from litestar import Litestar

from domain.operations.change_role import LastAdmin, change_role
from domain.operations.remove_member import remove_member
from domain.rules.ids import new_id
from domain.rules.permissions import Actor
from domain.store.database import fetch, fetch_one
from domain.store.sessions import add_session
from domain.store.teams import admins_in
from tests.pages.browsing import Browser, open_browser, words
from tests.pages.entering import is_in
from tests.support.web_fixtures import client_of, csrf_of, person_of, sign_in
from tests.support.world import World


async def user_of(browser: Browser) -> UUID:
    row = await fetch_one(
        "SELECT user_id FROM session WHERE token_hash = sha256($1)",
        browser.client.cookies["session"].encode(),
    )
    assert row is not None
    found: UUID = row["user_id"]
    return found


@pytest.fixture
async def second(app: Litestar, world: World) -> AsyncIterator[Browser]:
    """Another admin of Alice's team."""
    async with open_browser(app, world.alice, "admin") as browser:
        yield browser


async def change(admin: Browser, user_id: UUID, was: str, role: str) -> int:
    form = {"was": was, "role": role}
    return (await admin.press("POST", f"/team/members/{user_id}/role", form)).status_code


async def role_of(user_id: UUID) -> str | None:
    row = await fetch_one("SELECT role FROM membership WHERE user_id = $1", user_id)
    return None if row is None else str(row["role"])


async def test_every_member_sees_who_belongs_to_the_team(
    alice: Browser, bob: Browser, charlie: Browser
) -> None:
    assert "Alice" in await bob.read("/team")
    assert "Bob" in await alice.read("/team")
    assert "Bob" not in await charlie.read("/team")
    for button in ("hx-post", "hx-delete", "Invite somebody"):
        assert button not in (await bob.get("/team")).text


async def test_another_role_ends_the_members_sessions(alice: Browser, bob: Browser) -> None:
    """Rows A93, A94: what somebody may do changed, so their sessions are made anew."""
    user_id = await user_of(bob)
    for was, role in (("viewer", "editor"), ("editor", "viewer")):
        assert await change(alice, user_id, was, role) == 200
        assert await role_of(user_id) == role
        assert not await is_in(bob.client)


async def test_ones_own_role_comes_with_a_session_made_anew(
    app: Litestar, alice: Browser, world: World
) -> None:
    """Row A93."""
    person = await person_of(world.alice, "admin")
    assert person.actor.id is not None
    async with client_of(app) as client:
        await sign_in(client, person)
        old = client.cookies["session"]

        await change(Browser(client, await csrf_of(client)), person.actor.id, "admin", "viewer")

        assert client.cookies["session"] != old
        assert await is_in(client)
        assert (await client.get("/workflows/new")).status_code == 403
    async with client_of(app) as thief:
        thief.cookies.set("session", old)
        assert not await is_in(thief)


async def test_a_removed_member_is_out_at_once(alice: Browser, bob: Browser) -> None:
    """Row A94."""
    user_id = await user_of(bob)

    answer = await alice.press("DELETE", f"/team/members/{user_id}")

    assert answer.status_code == 200
    assert "Bob" not in words(answer.text)
    assert not await is_in(bob.client)
    entry = await fetch_one(
        "SELECT before FROM audit_entry WHERE object_id = $1 AND action = 'remove'", user_id
    )
    assert entry is not None
    assert '"viewer"' in entry["before"]


async def test_whoever_leaves_is_sent_to_the_door(alice: Browser, second: Browser) -> None:
    answer = await alice.press("DELETE", f"/team/members/{await user_of(alice)}")

    assert answer.headers["hx-redirect"] == "/sign-in"
    assert not await is_in(alice.client)


async def test_the_last_admin_stays(alice: Browser) -> None:
    user_id = await user_of(alice)

    assert await change(alice, user_id, "admin", "viewer") == 409
    assert (await alice.press("DELETE", f"/team/members/{user_id}")).status_code == 409

    assert await role_of(user_id) == "admin"
    assert await is_in(alice.client)


async def test_of_admins_who_step_down_at_once_one_stays(world: World) -> None:
    people = [await person_of(world.alice, "admin") for _ in range(4)]

    async def leave(number: int, actor: Actor) -> None:
        assert actor.id is not None
        if number % 2:
            await change_role(actor, actor.id, "viewer")
        else:
            await remove_member(actor, actor.id)

    outcomes = await asyncio.gather(
        *(leave(number, person.actor) for number, person in enumerate(people)),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes].count(LastAdmin) == 1
    assert outcomes.count(None) == 3
    assert await admins_in(world.alice.team_id) == 1


async def test_a_role_that_somebody_else_changed_meanwhile_is_not_overwritten(
    alice: Browser, second: Browser, bob: Browser
) -> None:
    """Row A101."""
    user_id = await user_of(bob)
    await change(second, user_id, "viewer", "editor")

    assert await change(alice, user_id, "viewer", "admin") == 409

    assert await role_of(user_id) == "editor"


@pytest.mark.parametrize("role", ["", "owner", "Admin", "admin "])
async def test_an_unknown_role_is_nobodys(alice: Browser, bob: Browser, role: str) -> None:
    assert await change(alice, await user_of(bob), "viewer", role) == 409
    assert await role_of(await user_of(bob)) == "viewer"


async def test_a_viewer_and_another_team_change_nobody(
    alice: Browser, bob: Browser, charlie: Browser
) -> None:
    """Rows A97, A98: not even to promote oneself."""
    own, other = await user_of(bob), await user_of(alice)
    for target in (own, other):
        assert await change(bob, target, "viewer", "admin") == 403
        assert (await bob.press("DELETE", f"/team/members/{target}")).status_code == 403
        assert await change(charlie, target, "viewer", "admin") == 404
        assert (await charlie.press("DELETE", f"/team/members/{target}")).status_code == 404
    nobody = await charlie.press("DELETE", f"/team/members/{new_id()}")
    assert nobody.status_code == 404
    assert (await role_of(own), await role_of(other)) == ("viewer", "admin")
    assert (await bob.press("POST", "/team", {"name": "Mine", "was": "ours"})).status_code == 403


async def test_the_team_is_renamed_unless_somebody_else_did(alice: Browser) -> None:
    renamed = await alice.press("POST", "/team", {"name": "Signal box", "was": "ours"})
    late = await alice.press("POST", "/team", {"name": "Other", "was": "ours"})
    empty = await alice.press("POST", "/team", {"name": " ", "was": "Signal box"})

    assert [answer.status_code for answer in (renamed, late, empty)] == [200, 409, 422]
    assert "Must not be empty." in words(empty.text)
    assert "Signal box · admin" in await alice.read("/")


async def test_a_live_refresh_leaves_forms_and_links_alone(alice: Browser) -> None:
    answer = await alice.get("/team", htmx=True, **{"hx-target": "div#people"})

    assert 'id="people"' in answer.text
    assert "<form" not in answer.text.partition("<table")[0]
    assert "invite-form" not in answer.text


async def test_a_live_stream_ends_with_the_role(
    app: Litestar, alice: Browser, world: World
) -> None:
    """Row A103: within moments, not at the next full check."""
    hub = app.state["services"].hub
    person = await person_of(world.alice, "editor")
    assert person.actor.id is not None
    asked = 0

    async def still_allowed() -> bool:
        nonlocal asked
        asked += 1
        row = await fetch("SELECT 1 FROM session WHERE user_id = $1", person.actor.id)
        return bool(row)

    async with AsyncExitStack() as stack:
        await add_session(new_id().bytes, world.alice.team_id, person.actor.id)
        client = hub.join(world.alice.team_id)
        stack.callback(client.close)
        messages = client.messages(still_allowed)
        await anext(messages)
        await change(alice, person.actor.id, "editor", "viewer")

        async with asyncio.timeout(30):
            async for _ in messages:
                pass
    assert asked >= 1
