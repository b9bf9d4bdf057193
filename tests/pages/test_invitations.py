"""Asking people in: a link that works once, for one address, for a week."""

import asyncio
import secrets

import pytest
from litestar import Litestar

from domain.operations.create_team import create_team
from domain.store.database import execute, fetch, fetch_one
from domain.store.teams import memberships_of
from tests.pages.browsing import Browser, words
from tests.pages.entering import NEW_PASSWORD, accept, invited, is_in, shown_link, token_of
from tests.support.web_fixtures import Person, client_of, person_of, sign_in
from tests.support.world import World


@pytest.fixture
def email() -> str:
    return f"erin-{secrets.token_hex(6)}@example.org"


async def roles_of(email: str) -> list[str]:
    rows = await fetch(
        "SELECT m.role FROM membership m JOIN app_user u ON u.id = m.user_id WHERE u.email = $1",
        email,
    )
    return [row["role"] for row in rows]


async def test_somebody_new_chooses_a_name_and_a_password_and_is_in(
    app: Litestar, alice: Browser, email: str
) -> None:
    link = await invited(alice, email.upper())
    async with client_of(app) as client:
        assert "invites " + email in words((await client.get(link)).text)
        form = {"token": token_of(link), "name": "Erin", "password": NEW_PASSWORD}
        answer = await client.post("/invitation", data=form)

        assert answer.status_code == 303
        assert await is_in(client)
        assert await roles_of(email) == ["editor"]
        assert "Erin" in words((await client.get("/team")).text)
    actions = await fetch(
        "SELECT action FROM audit_entry e JOIN invitation i ON i.id = e.object_id "
        "WHERE i.email = $1 ORDER BY e.id",
        email,
    )
    assert [row["action"] for row in actions] == ["invite", "accept"]


async def test_to_look_at_an_invitation_uses_nothing_up(
    app: Litestar, alice: Browser, email: str
) -> None:
    link = await invited(alice, email)
    async with client_of(app) as scanner:
        for _ in range(3):
            assert (await scanner.get(link)).status_code == 200

    assert (await accept(app, link)).status_code == 303


async def test_an_invitation_works_once(app: Litestar, alice: Browser, email: str) -> None:
    link = await invited(alice, email)

    answers = await asyncio.gather(*(accept(app, link) for _ in range(4)))

    assert [answer.status_code for answer in answers].count(303) == 1
    assert (await accept(app, link)).status_code == 404
    assert await roles_of(email) == ["editor"]


MAKER = "(SELECT made_by FROM invitation WHERE email = $1)"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE invitation SET expires_at = now() WHERE email = $1",
        "DELETE FROM invitation WHERE email = $1",
        f"DELETE FROM membership WHERE user_id = {MAKER}",
        f"UPDATE membership SET role = 'editor' WHERE user_id = {MAKER}",
    ],
)
async def test_an_invitation_that_ended_lets_nobody_in(
    app: Litestar, alice: Browser, email: str, change: str
) -> None:
    link = await invited(alice, email)
    await execute(change, email)

    assert (await accept(app, link)).status_code == 404
    assert await roles_of(email) == []


async def test_withdrawn_sent_again_or_replaced_the_old_link_ends(
    app: Litestar, alice: Browser, email: str
) -> None:
    first = await invited(alice, email)
    second = await invited(alice, email, "viewer")
    row = await fetch_one("SELECT id FROM invitation WHERE email = $1", email)
    assert row is not None
    third = shown_link(await alice.press("POST", f"/team/invitations/{row['id']}/link"))
    async with client_of(app) as client:
        statuses = [(await client.get(link)).status_code for link in (first, second, third)]
    assert statuses == [404, 404, 200]

    assert (await alice.press("DELETE", f"/team/invitations/{row['id']}")).status_code == 200

    assert (await accept(app, third)).status_code == 404


async def test_only_a_hash_of_the_token_is_stored(alice: Browser, email: str) -> None:
    token = token_of(await invited(alice, email))

    row = await fetch_one("SELECT i::text AS all FROM invitation i WHERE email = $1", email)

    assert row is not None
    assert token not in row["all"]


async def test_who_has_an_account_proves_it_with_their_password(
    app: Litestar, charlie: Browser, world: World
) -> None:
    person = await person_of(world.alice, "viewer")
    link = await invited(charlie, person.email)

    wrong = await accept(app, link, password="a password they do not have")
    right = await accept(app, link, password=person.password)

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert sorted(await roles_of(person.email)) == ["editor", "viewer"]


async def test_guesses_at_an_invitation_count_as_sign_ins(
    app: Litestar, charlie: Browser, world: World
) -> None:
    person = await person_of(world.alice, "viewer")
    link = await invited(charlie, person.email)
    async with client_of(app, "192.0.2.44") as guesser:
        form = {"token": token_of(link), "password": "not their password"}
        for _ in range(10):
            assert (await guesser.post("/invitation", data=form)).status_code == 422
        assert (await guesser.post("/invitation", data=form)).status_code == 429
        assert (await sign_in(guesser, person)).status_code == 429


async def signed_in(client: object, person: Person) -> None:
    assert (await sign_in(client, person)).status_code == 303  # type: ignore[arg-type]


async def test_who_is_signed_in_joins_with_a_session_made_anew(
    app: Litestar, charlie: Browser, world: World
) -> None:
    person = await person_of(world.alice, "viewer")
    link = await invited(charlie, person.email)
    async with client_of(app) as client:
        await signed_in(client, person)
        old = client.cookies["session"]
        csrf = (await client.get(link)).text.partition('name="_csrf" value="')[2][:64]
        form = {"token": token_of(link)}
        assert (await client.post("/invitation/membership", data=form)).status_code == 403

        joined = await client.post("/invitation/membership", data={**form, "_csrf": csrf})

        assert joined.status_code == 303
        assert client.cookies["session"] != old
        assert "theirs" in words((await client.get("/team")).text)
    async with client_of(app) as thief:
        thief.cookies.set("session", old)
        assert not await is_in(thief)


async def test_an_invitation_is_for_its_own_address_only(
    alice: Browser, charlie: Browser, email: str
) -> None:
    link = await invited(charlie, email)

    shown = await alice.read(link)
    answer = await alice.post("/invitation/membership", {"token": token_of(link)})

    assert "Sign out first" in shown
    assert answer.status_code == 403
    assert await roles_of(email) == []


async def test_members_are_not_invited_again_and_nonsense_is_told_at_its_field(
    alice: Browser, world: World
) -> None:
    person = await person_of(world.alice, "viewer")
    for email, role, message in (
        (person.email, "viewer", "Is a member of the team already."),
        ("nobody", "viewer", "Must be an e-mail address."),
        ("a@b.example\nBcc: c@d.example", "viewer", "Must be an e-mail address."),
        ("a@b.example", "owner", "Must be one of viewer, editor, admin."),
    ):
        answer = await alice.press("POST", "/team/invitations", {"email": email, "role": role})
        assert answer.status_code == 422
        assert message in words(answer.text)


async def test_a_weak_password_uses_nothing_up(app: Litestar, alice: Browser, email: str) -> None:
    link = await invited(alice, email)

    weak = await accept(app, link, password="too short")

    assert weak.status_code == 422
    assert "Must have at least 12 characters." in words(weak.text)
    assert "too short" not in weak.text
    assert (await accept(app, link)).status_code == 303


async def test_a_viewer_and_another_team_touch_no_invitation(
    alice: Browser, bob: Browser, charlie: Browser, email: str
) -> None:
    """Rows A97, A98."""
    await invited(alice, email)
    row = await fetch_one("SELECT id, token_hash FROM invitation WHERE email = $1", email)
    assert row is not None
    for person, status in ((bob, 403), (charlie, 404)):
        path = f"/team/invitations/{row['id']}"
        assert (await person.press("DELETE", path)).status_code == status
        assert (await person.press("POST", f"{path}/link")).status_code == status
    form = {"email": email, "role": "admin"}
    assert (await bob.press("POST", "/team/invitations", form)).status_code == 403
    assert email not in await bob.read("/team")
    again = await fetch_one("SELECT id, token_hash FROM invitation WHERE email = $1", email)
    assert again is not None
    assert dict(again) == dict(row)


async def test_several_teams_are_changed_with_a_session_made_anew(
    app: Litestar, world: World
) -> None:
    """Row A93."""
    person = await person_of(world.alice, "admin")
    other = await create_team("Second team", f"second-{secrets.token_hex(6)}")
    await execute(
        "INSERT INTO membership (id, team_id, user_id, role) "
        "VALUES (gen_random_uuid(), $1, $2, 'viewer')",
        other,
        person.actor.id,
    )
    async with client_of(app) as client:
        await signed_in(client, person)
        old = client.cookies["session"]
        page = (await client.get("/profile")).text
        csrf = page.partition('name="_csrf" value="')[2][:64]
        strangers = {"_csrf": csrf, "team": str(world.charlie.team_id)}
        assert (await client.post("/profile/team", data=strangers)).status_code == 404

        await client.post("/profile/team", data={"_csrf": csrf, "team": str(other)})

        assert client.cookies["session"] != old
        assert "Second team · viewer" in words((await client.get("/")).text)
        assert (await client.get("/triggers/new")).status_code == 403
    async with client_of(app) as thief:
        thief.cookies.set("session", old)
        assert not await is_in(thief)
    assert person.actor.id is not None
    assert len(await memberships_of(person.actor.id)) == 2
