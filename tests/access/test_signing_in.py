"""Sessions: made anew at each sign-in, dead at once when they should be (rows A93 to A96)."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from litestar import Litestar
from redis.asyncio import Redis

from domain.coordination.tries import Tries
from domain.operations import passwords
from domain.operations.change_password import change_password
from domain.rules.permissions import operator
from domain.settings import Settings
from domain.store.database import execute, fetch
from tests.support.web_fixtures import Person, client_of, person_of, sign_in
from tests.support.world import World
from web.auth import session_cookie


@pytest.fixture
async def person(world: World) -> Person:
    return await person_of(world.alice, "admin")


@pytest.fixture
async def browser(app: Litestar, person: Person) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is signed in."""
    async with client_of(app) as client:
        answer = await sign_in(client, person)
        assert answer.status_code == 303
        yield client


async def is_in(client: httpx.AsyncClient) -> bool:
    answer = await client.get("/")
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/sign-in?next=")
    return answer.status_code == 200


async def test_the_right_password_opens_a_session(browser: httpx.AsyncClient) -> None:
    assert await is_in(browser)


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    app: Litestar, person: Person
) -> None:
    async with client_of(app) as client:
        cookie = (await sign_in(client, person)).headers["set-cookie"].lower()

    for part in ("session=", "httponly", "samesite=lax", "path=/"):
        assert part in cookie
    assert "domain=" not in cookie


async def test_only_a_hash_of_the_cookie_is_stored(
    browser: httpx.AsyncClient, person: Person
) -> None:
    rows = await fetch("SELECT * FROM session WHERE user_id = $1", person.actor.id)

    token = browser.cookies["session"]
    assert len(token) >= 43
    assert token.encode() not in {bytes(row["token_hash"]) for row in rows}


async def test_signing_in_again_makes_a_new_session_and_ends_the_old_one(
    app: Litestar, browser: httpx.AsyncClient, person: Person
) -> None:
    old = browser.cookies["session"]

    await sign_in(browser, person)

    assert browser.cookies["session"] != old
    async with client_of(app) as thief:
        thief.cookies.set("session", old)
        assert not await is_in(thief)


async def test_an_id_that_somebody_planted_is_never_adopted(app: Litestar, person: Person) -> None:
    async with client_of(app) as victim:
        victim.cookies.set("session", "attackerchosenid")
        await sign_in(victim, person)
        assert "attackerchosenid" not in {cookie.value for cookie in victim.cookies.jar if
                                          cookie.domain}  # fmt: skip
    async with client_of(app) as attacker:
        attacker.cookies.set("session", "attackerchosenid")
        assert not await is_in(attacker)


@pytest.mark.parametrize("cookie", ["null", "", "x" * 5_000, "é", "../../etc", "sess%00ion"])
async def test_a_cookie_that_is_not_ours_is_ignored(app: Litestar, cookie: str) -> None:
    async with client_of(app) as client:
        headers = {b"cookie": f"session={cookie}".encode()}
        assert (await client.get("/", headers=headers)).status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM membership WHERE user_id = $1",
        "UPDATE session SET expires_at = now() WHERE user_id = $1",
        "UPDATE session SET seen_at = now() - interval '3 days' WHERE user_id = $1",
    ],
)
async def test_a_session_is_dead_at_once(
    browser: httpx.AsyncClient, person: Person, change: str
) -> None:
    assert await is_in(browser)

    await execute(change, person.actor.id)

    assert not await is_in(browser)


async def test_another_password_ends_every_session(
    browser: httpx.AsyncClient, person: Person
) -> None:
    assert person.actor.id is not None

    await change_password(operator(person.actor.team_id), person.actor.id, "another password 12")

    assert not await is_in(browser)


async def test_a_lower_role_counts_from_the_next_request(
    browser: httpx.AsyncClient, person: Person
) -> None:
    assert (await browser.get("/triggers/new")).status_code == 200

    await execute("UPDATE membership SET role = 'viewer' WHERE user_id = $1", person.actor.id)

    assert (await browser.get("/triggers/new")).status_code == 403


async def test_unknown_people_and_wrong_passwords_get_the_same_answer(
    app: Litestar, person: Person
) -> None:
    nobody = Person("nobody@example.org", person.password, person.actor)
    mistaken = Person(person.email, "not the password", person.actor)
    async with client_of(app) as client:
        answers = [await sign_in(client, who) for who in (nobody, mistaken)]

    assert [answer.status_code for answer in answers] == [401, 401]
    texts = [
        answer.text.replace(who.email, "")
        for answer, who in zip(answers, (nobody, mistaken), strict=True)
    ]
    assert texts[0] == texts[1]
    assert all("set-cookie" not in answer.headers for answer in answers)


async def test_the_same_work_is_done_for_unknown_people(
    app: Litestar, world: World, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row A96: also for a password too long to be worked on, and for who signs in elsewhere."""
    verified: list[str] = []
    real = passwords._verify

    def counting(stored: str, password: str) -> bool:
        verified.append(stored)
        return real(stored, password)

    monkeypatch.setattr(passwords, "_verify", counting)
    elsewhere = await person_of(world.alice, "admin")
    await execute("UPDATE app_user SET password_hash = NULL WHERE id = $1", elsewhere.actor.id)
    async with client_of(app) as client:
        for email, password in (
            (person.email, "not the password"),
            ("nobody@example.org", "some password"),
            (person.email, "x" * 100_000),
            (elsewhere.email, elsewhere.password),
        ):
            assert (await sign_in(client, Person(email, password, person.actor))).status_code == 401

    assert len(verified) == 4
    assert len({stored.rsplit("$", 2)[0] for stored in verified}) == 1


@pytest.mark.parametrize("email", ["a\x00b@example.org", "no address", "x" * 300 + "@y", ""])
async def test_an_address_that_cannot_be_one_is_just_wrong(
    app: Litestar, person: Person, email: str
) -> None:
    async with client_of(app) as client:
        answer = await sign_in(client, Person(email, "some password", person.actor))

    assert answer.status_code == 401


async def test_guessing_is_throttled_for_the_account_and_the_address(
    app: Litestar, person: Person
) -> None:
    mistaken = Person(person.email, "not the password", person.actor)
    async with client_of(app) as client:
        statuses = [(await sign_in(client, mistaken)).status_code for _ in range(11)]
        assert statuses == [401] * 10 + [429]
        assert (await sign_in(client, person)).status_code == 429
    async with client_of(app, "192.0.2.7") as elsewhere:
        assert (await sign_in(elsewhere, person)).status_code == 303


async def test_without_redis_people_get_in_and_guessing_stays_bounded(
    app: Litestar, person: Person
) -> None:
    """Each process counts for itself then (`domain.coordination.tries`)."""
    services = app.state["services"]
    shared = services.tries
    mistaken = Person(person.email, "not the password", person.actor)
    async with Redis.from_url("redis://127.0.0.1:1/0") as away, client_of(app) as client:
        services.tries = Tries(away)
        try:
            assert (await sign_in(client, person)).status_code == 303
            statuses = [(await sign_in(client, mistaken)).status_code for _ in range(10)]
        finally:
            services.tries = shared
    assert statuses == [401] * 9 + [429]


def test_over_tls_the_cookie_is_this_hosts_own(settings: Settings) -> None:
    """Row A95: no other host and no plain-text page can plant a `__Host-` cookie."""
    secure = replace(settings, base_url="https://signalbox.test")

    cookie = session_cookie(secure, "a token").to_header(header="")

    assert cookie.startswith("__Host-session=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
        assert part in cookie
    assert "Domain" not in cookie


async def test_the_next_page_is_one_of_ours(app: Litestar, person: Person) -> None:
    """Row A104."""
    for wanted in ("//evil.example", "/\\evil", "https:evil", "%2f%2fevil", "javascript:alert(1)"):
        async with client_of(app) as client:
            form = {"email": person.email, "password": person.password, "next": wanted}
            answer = await client.post("/sign-in", data=form)
            assert answer.headers["location"] == "/", wanted


async def test_what_a_sign_in_did_is_on_record(browser: httpx.AsyncClient, person: Person) -> None:
    rows = await fetch(
        "SELECT action FROM audit_entry WHERE actor_id = $1 ORDER BY created_at", person.actor.id
    )

    assert [row["action"] for row in rows] == ["sign_in"]
