"""A forgotten password: a link that works once, within an hour (row A96)."""

import asyncio

import httpx
import pytest
from litestar import Litestar

from domain.operations.request_password_reset import make_reset_link_as_operator
from domain.store.database import execute, fetch
from domain.store.teams import add_membership
from tests.pages.browsing import Browser, words
from tests.pages.entering import NEW_PASSWORD, is_in, path_of, shown_link, token_of
from tests.support.web_fixtures import BASE_URL, Person, client_of, person_of, sign_in
from tests.support.world import World


@pytest.fixture
async def person(world: World) -> Person:
    """A viewer of Alice's team with a password."""
    return await person_of(world.bob, "viewer")


async def link_for(admin: Browser, person: Person) -> str:
    answer = await admin.press("POST", f"/team/members/{person.actor.id}/password-reset")
    assert answer.status_code == 200
    return shown_link(answer)


async def choose(app: Litestar, link: str, password: str = NEW_PASSWORD) -> httpx.Response:
    async with client_of(app) as client:
        form = {"token": token_of(link), "password": password}
        return await client.post("/password-reset", data=form)


async def can_sign_in(app: Litestar, person: Person, password: str) -> bool:
    async with client_of(app) as client:
        answer = await sign_in(client, Person(person.email, password, person.actor))
        return answer.status_code == 303


async def test_by_an_admins_link_somebody_chooses_a_new_password(
    app: Litestar, alice: Browser, person: Person
) -> None:
    async with client_of(app) as device:
        await sign_in(device, person)
        link = await link_for(alice, person)
        async with client_of(app) as client:
            assert (await client.get(link)).status_code == 200

        answer = await choose(app, link)

        assert answer.headers["location"] == "/sign-in?done=password"
        assert not await is_in(device)
    assert await can_sign_in(app, person, NEW_PASSWORD)
    assert not await can_sign_in(app, person, person.password)


async def test_a_link_works_once_also_for_many_at_once(
    app: Litestar, alice: Browser, person: Person
) -> None:
    link = await link_for(alice, person)
    passwords = [f"a password of their own {n}" for n in range(4)]

    answers = await asyncio.gather(*(choose(app, link, password) for password in passwords))

    assert sorted(answer.status_code for answer in answers) == [303, 404, 404, 404]
    assert (await choose(app, link)).status_code == 404


MAKER = "(SELECT made_by FROM password_reset WHERE user_id = $1)"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE password_reset SET expires_at = now() WHERE user_id = $1",
        f"DELETE FROM membership WHERE user_id = {MAKER}",
        f"UPDATE membership SET role = 'editor' WHERE user_id = {MAKER}",
    ],
)
async def test_a_link_ends_with_its_hour_and_with_the_rights_of_its_maker(
    app: Litestar, alice: Browser, person: Person, change: str
) -> None:
    link = await link_for(alice, person)

    await execute(change, person.actor.id)

    assert (await choose(app, link)).status_code == 404
    assert await can_sign_in(app, person, person.password)


async def test_another_change_of_the_password_ends_all_links(
    app: Litestar, alice: Browser, person: Person
) -> None:
    first, second = await link_for(alice, person), await link_for(alice, person)

    await choose(app, second)

    assert (await choose(app, first)).status_code == 404


async def test_an_admin_cannot_take_over_somebody_who_is_also_elsewhere(
    app: Litestar, alice: Browser, person: Person, world: World
) -> None:
    assert person.actor.id is not None
    early = await link_for(alice, person)
    await add_membership(world.charlie.team_id, person.actor.id, "viewer")

    late = await alice.press("POST", f"/team/members/{person.actor.id}/password-reset")

    assert late.status_code == 409
    assert "belongs to a team that you are no admin of" in words(late.text)
    assert (await choose(app, early)).status_code == 404


async def test_the_operator_can_for_anybody(app: Litestar, person: Person, world: World) -> None:
    assert person.actor.id is not None
    await add_membership(world.charlie.team_id, person.actor.id, "viewer")

    link = await make_reset_link_as_operator(person.email.upper(), BASE_URL)

    assert (await choose(app, path_of(link))).status_code == 303
    entries = await fetch(
        "SELECT team_id, actor_kind, action FROM audit_entry WHERE object_id = $1 "
        "AND action IN ('make_reset_link', 'reset_password')",
        person.actor.id,
    )
    assert {(row["actor_kind"], row["action"]) for row in entries} == {
        ("operator", "make_reset_link"),
        ("user", "reset_password"),
    }
    assert len({row["team_id"] for row in entries}) == 2


async def test_a_weak_password_leaves_the_link_usable(
    app: Litestar, alice: Browser, person: Person
) -> None:
    link = await link_for(alice, person)

    for weak in ("short", "aaaaaaaaaaaaaaaaaaaa", "x" * 300):
        assert (await choose(app, link, weak)).status_code == 422

    assert (await choose(app, link)).status_code == 303


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 43, "a" * 5_000])
async def test_what_is_no_token_opens_nothing(client: httpx.AsyncClient, token: str) -> None:
    for path in ("/password-reset", "/invitation"):
        assert (await client.get(path, params={"token": token})).status_code == 404
        assert (await client.post(path, data={"token": token})).status_code == 404


async def test_without_mail_the_page_says_whom_to_ask(client: httpx.AsyncClient) -> None:
    page = words((await client.get("/password-resets")).text)

    assert "Ask an admin of your team" in page
    assert "Send me a link" not in page


async def test_a_viewer_and_another_team_make_no_link(
    bob: Browser, charlie: Browser, person: Person
) -> None:
    """Rows A97, A98."""
    path = f"/team/members/{person.actor.id}/password-reset"

    assert (await bob.press("POST", path)).status_code == 403
    assert (await charlie.press("POST", path)).status_code == 404
