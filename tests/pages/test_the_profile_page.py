"""One's own page: name and settings, password, sessions."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from domain.rules.ids import new_id
from domain.store.database import fetch_one
from tests.pages.browsing import Browser, words
from tests.pages.entering import NEW_PASSWORD, is_in
from tests.support.web_fixtures import Person, client_of, csrf_of, person_of, sign_in
from tests.support.world import World
from web.presenters.people import device_words

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
async def person(world: World) -> Person:
    return await person_of(world.bob, "viewer")


async def open_session(client: httpx.AsyncClient, person: Person, agent: str) -> Browser:
    await sign_in(client, person, headers={"user-agent": agent})
    return Browser(client, await csrf_of(client))


@pytest.fixture
async def here(app: Litestar, person: Person) -> AsyncIterator[Browser]:
    """Bob's desk."""
    async with client_of(app) as client:
        yield await open_session(client, person, FIREFOX)


@pytest.fixture
async def phone(app: Litestar, person: Person) -> AsyncIterator[Browser]:
    """Bob's phone."""
    async with client_of(app) as client:
        yield await open_session(client, person, IPHONE)


async def session_id(browser: Browser) -> UUID:
    row = await fetch_one(
        "SELECT id FROM session WHERE token_hash = sha256($1)",
        browser.client.cookies["session"].encode(),
    )
    assert row is not None
    found: UUID = row["id"]
    return found


async def test_zone_locale_and_theme_are_kept_and_take_effect(here: Browser) -> None:
    form = {"name": "Robert", "zone": "Europe/Vienna", "locale": "de-AT", "theme": "dark"}

    answer = await here.press("POST", "/profile", form)

    assert answer.headers["hx-redirect"] == "/profile?done=profile"
    page = (await here.get("/team")).text
    root = page.partition("<html")[2].partition(">")[0]
    for part in ('data-zone="Europe/Vienna"', 'data-locale="de-AT"', 'data-theme="dark"'):
        assert part in root
    assert "Robert" in words(page)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", " ", "Must not be empty."),
        ("name", "x" * 101, "Must have at most 100 characters."),
        ("name", "a\x07b", "Must not contain control characters."),
        ("zone", "Mars/Olympus", "Is not a time zone."),
        ("zone", "../../etc/passwd", "Is not a time zone."),
        ("locale", "<b>", "Is not a language tag such as en-GB."),
        ("theme", "blink", "Must be one of system, light, dark."),
    ],
)
async def test_what_cannot_be_is_told_and_the_rest_is_kept(
    here: Browser, field: str, value: str, message: str
) -> None:
    form = {"name": "Robert", "zone": "", "locale": "", "theme": "system", field: value}

    answer = await here.press("POST", "/profile", form)

    assert answer.status_code == 422
    assert message in words(answer.text)
    if field != "name":
        assert 'name="name" value="Robert"' in answer.text
    assert "Robert" not in await here.read("/profile")


async def test_the_list_of_sessions_tells_device_address_and_which_is_this_one(
    here: Browser, phone: Browser
) -> None:
    page = await here.read("/profile")

    assert re.search(r"Firefox on Linux This one 10\.\S+ ours", page)
    assert re.search(r"Safari on iPhone 10\.\S+ ours", page)


async def test_one_session_is_ended_from_another(here: Browser, phone: Browser) -> None:
    answer = await here.press("DELETE", f"/sessions/{await session_id(phone)}")

    assert answer.status_code == 200
    assert "iPhone" not in words(answer.text)
    assert not await is_in(phone.client)
    assert await is_in(here.client)


async def test_all_others_are_ended_at_once(here: Browser, phone: Browser) -> None:
    await here.press("DELETE", "/sessions")

    assert not await is_in(phone.client)
    assert await is_in(here.client)


async def test_nobody_ends_somebody_elses_session(
    alice: Browser, charlie: Browser, here: Browser
) -> None:
    """Row A97: not even an admin of the team."""
    other = await session_id(here)
    for person in (alice, charlie):
        theirs = await person.press("DELETE", f"/sessions/{other}")
        nobodys = await person.press("DELETE", f"/sessions/{new_id()}")
        assert theirs.status_code == nobodys.status_code == 404
        await person.press("DELETE", "/sessions")
    assert await is_in(here.client)


async def change_password(browser: Browser, old: str, new: str) -> httpx.Response:
    form = {"old_password": old, "password": new}
    return await browser.press("POST", "/profile/password", form)


async def test_another_password_ends_every_session_and_makes_this_one_anew(
    app: Litestar, here: Browser, phone: Browser, person: Person
) -> None:
    """Rows A93, A94."""
    before = here.client.cookies["session"]

    answer = await change_password(here, person.password, NEW_PASSWORD)

    assert answer.headers["hx-redirect"] == "/profile?done=password"
    assert here.client.cookies["session"] != before
    assert await is_in(here.client)
    assert not await is_in(phone.client)
    async with client_of(app) as thief:
        thief.cookies.set("session", before)
        assert not await is_in(thief)


async def test_the_old_password_is_asked_for_and_guesses_are_counted(
    here: Browser, person: Person
) -> None:
    """Row A96."""
    wrong = await change_password(here, "not the password", NEW_PASSWORD)
    assert wrong.status_code == 422
    assert "Is not your password." in words(wrong.text)
    for _ in range(9):
        await change_password(here, "not the password", NEW_PASSWORD)

    right = await change_password(here, person.password, NEW_PASSWORD)

    assert right.status_code == 422
    assert "Too many tries." in words(right.text)


@pytest.mark.parametrize("new", ["short", "x" * 300, "abababababababab"])
async def test_a_weak_new_password_changes_nothing(
    here: Browser, phone: Browser, person: Person, new: str
) -> None:
    answer = await change_password(here, person.password, new)

    assert answer.status_code == 422
    assert new not in answer.text
    assert await is_in(phone.client)


async def test_what_changes_something_needs_the_forms_token(
    here: Browser, phone: Browser, person: Person
) -> None:
    """Row A92."""
    forged = Browser(here.client, "0" * 64)
    for method, path in (
        ("POST", "/profile"),
        ("POST", "/profile/password"),
        ("POST", "/profile/team"),
        ("DELETE", "/sessions"),
        ("DELETE", f"/sessions/{await session_id(phone)}"),
    ):
        assert (await forged.press(method, path, {"name": "x"})).status_code == 403, path
    assert await is_in(phone.client)


def test_devices_are_named_in_words() -> None:
    chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
    assert device_words(chrome) == "Chrome on Windows"
    assert device_words(f"{chrome} Edg/140.0") == "Edge on Windows"
    assert device_words("curl/8.0") == "curl"
    assert device_words("") == "A browser"
