"""Signing in with an OpenID Connect provider, a real one, and what a hostile browser might try."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar import Litestar

from domain.errors import BadSettings
from domain.operations.create_user import create_user
from domain.rules.permissions import operator
from domain.settings import Settings, read_settings
from domain.store import invitations
from domain.store.database import execute, fetch, fetch_one
from tests.support.installation import ROOT
from tests.support.servers import TestServers
from tests.support.web_fixtures import BASE_URL, client_of
from tests.support.world import KEY, World

CLIENT_ID, CLIENT_SECRET = "signalbox tests", "a secret: of % the client"
CALLBACK = f"{BASE_URL}/sign-in/oidc/callback"


# --- A real provider ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider's address."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "oidc-provider").is_dir():
        words = "the provider needs node and `npm ci`"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    script = ROOT / "tests" / "support" / "oidc_provider.mjs"
    command = [node, str(script), CLIENT_ID, CLIENT_SECRET, CALLBACK]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as provider:
        try:
            assert provider.stdout is not None
            yield next(line.strip() for line in provider.stdout if line.startswith("http://"))
        finally:
            provider.kill()


def settings_with(common_database: str, redis_url: str, **more: str) -> Settings:
    return read_settings(
        {
            "DATABASE_URL": common_database,
            "REDIS_URL": redis_url,
            "SECRET_KEY": KEY.decode(),
            "BASE_URL": BASE_URL,
            **more,
        }
    )


@pytest.fixture(scope="module")
def settings(common_database: str, servers: TestServers, issuer: str) -> Settings:
    """What an operator would have set."""
    return settings_with(
        common_database,
        servers.fresh_redis(),
        OIDC_ISSUER=issuer,
        OIDC_CLIENT_ID=CLIENT_ID,
        OIDC_CLIENT_SECRET=CLIENT_SECRET,
        OIDC_NAME="Acme <SSO>",
        OIDC_ALLOW="127.0.0.0/8",
    )


@dataclass
class Browser:
    """Someone's browser, on both sites."""

    ours: httpx.AsyncClient
    theirs: httpx.AsyncClient

    async def account(self, **claims: Any) -> None:
        """Who they are at the provider."""
        (await self.theirs.post("/_account", json=claims)).raise_for_status()

    async def to_the_provider(self, **parameters: str) -> str:
        """Press the button; the address that the browser is sent to."""
        answer = await self.ours.get("/sign-in/oidc", params=parameters)
        assert answer.status_code == 303
        return answer.headers["location"]

    async def at_the_provider(self, address: str) -> str:
        """Whatever happens there; the address of the way back."""
        while not address.startswith(CALLBACK):
            answer = await self.theirs.get(address)
            assert answer.status_code in {302, 303}, answer.text
            address = str(answer.url.join(answer.headers["location"]))
        return address

    async def sign_in(self, **parameters: str) -> httpx.Response:
        """All of it; our answer to the way back."""
        back = await self.at_the_provider(await self.to_the_provider(**parameters))
        return await self.ours.get(back)

    async def is_in(self) -> bool:
        return (await self.ours.get("/")).status_code == 200


@pytest.fixture
async def browser(app: Litestar, issuer: str) -> AsyncIterator[Browser]:
    async with client_of(app) as ours, httpx.AsyncClient(base_url=issuer) as theirs:
        yield Browser(ours, theirs)


def an_address() -> str:
    return f"erin-{secrets.token_hex(6)}@example.org"


async def a_member(world: World) -> str:
    email = an_address()
    boss = operator(world.alice.team_id)
    await create_user(boss, email, "Erin", "editor", "a long enough password")
    return email


async def user_of(email: str) -> dict[str, Any]:
    row = await fetch_one("SELECT * FROM app_user WHERE email = $1", email)
    assert row is not None
    return dict(row)


async def test_the_form_offers_the_button(browser: Browser) -> None:
    page = (await browser.ours.get("/sign-in?next=/events")).text

    assert "Sign in with Acme &lt;SSO&gt;" in page
    assert 'href="/sign-in/oidc?next=%2Fevents"' in page


async def test_a_member_signs_in_and_is_linked(browser: Browser, world: World) -> None:
    email = await a_member(world)
    await browser.account(sub=email, email=email.upper(), email_verified=True)

    answer = await browser.sign_in(next="/events")

    assert (answer.status_code, answer.headers["location"]) == (303, "/events")
    assert await browser.is_in()
    assert (await user_of(email))["oidc_subject"].endswith(f" {email}")
    actions = await fetch(
        "SELECT action FROM audit_entry WHERE team_id = $1 AND actor_kind = 'user'",
        world.alice.team_id,
    )
    assert {"link", "sign_in_elsewhere"} <= {row["action"] for row in actions}


async def test_who_is_linked_may_change_their_address(browser: Browser, world: World) -> None:
    email, sub = await a_member(world), secrets.token_hex(8)
    await browser.account(sub=sub, email=email, email_verified=True)
    await browser.sign_in()
    await browser.account(sub=sub, email=an_address(), email_verified=True)

    assert (await browser.sign_in()).status_code == 303


async def test_someone_invited_comes_in_without_a_password(browser: Browser, world: World) -> None:
    email = an_address()
    await invitations.add_invitation(
        invitations.Asked(world.alice.team_id, email, "viewer"),
        secrets.token_bytes(32),
        invited_by="Alice",
        made_by=None,
    )
    await browser.account(sub=email, email=email, email_verified=True, name="Erin Example")

    answer = await browser.sign_in()

    user = await user_of(email)
    assert answer.status_code == 303
    assert (user["name"], user["password_hash"]) == ("Erin Example", None)
    member = await fetch_one("SELECT role FROM membership WHERE user_id = $1", user["id"])
    assert member is not None
    assert member["role"] == "viewer"
    left = await fetch_one(
        "SELECT 1 FROM invitation WHERE email = $1 AND accepted_at IS NULL", email
    )
    assert left is None


async def test_a_stranger_is_told_to_ask_for_an_invitation(browser: Browser) -> None:
    email = an_address()
    await browser.account(sub=email, email=email, email_verified=True)

    answer = await browser.sign_in()

    assert answer.status_code == 401
    assert "Ask an admin of a team to invite you" in answer.text
    assert not await browser.is_in()
    assert await fetch_one("SELECT 1 FROM app_user WHERE email = $1", email) is None


@pytest.mark.parametrize("verified", [False, None, "true", 1])
async def test_an_address_that_is_not_verified_opens_nothing(
    browser: Browser, world: World, verified: object
) -> None:
    email = await a_member(world)
    await browser.account(sub=email, email=email, email_verified=verified)

    answer = await browser.sign_in()

    assert answer.status_code == 401
    assert "has not verified" in answer.text
    assert (await user_of(email))["oidc_subject"] is None


async def test_an_address_that_is_linked_is_not_linked_again(
    browser: Browser, world: World
) -> None:
    email = await a_member(world)
    await execute(
        "UPDATE app_user SET oidc_subject = $1 WHERE email = $2", f"elsewhere {email}", email
    )
    await browser.account(sub=secrets.token_hex(8), email=email, email_verified=True)

    answer = await browser.sign_in()

    assert answer.status_code == 401
    assert "another account" in answer.text


async def test_a_session_is_made_anew(browser: Browser, world: World) -> None:
    """Row A93."""
    email = await a_member(world)
    await browser.account(sub=email, email=email, email_verified=True)
    await browser.sign_in()
    first = browser.ours.cookies["session"]

    await browser.sign_in()

    assert browser.ours.cookies["session"] != first
    stale = {"cookie": f"session={first}"}
    browser.ours.cookies.clear()
    assert (await browser.ours.get("/", headers=stale)).status_code == 303


# --- What a browser might try ------------------------------------------------------------------


async def test_the_way_back_of_another_browser_opens_nothing(
    app: Litestar, browser: Browser, world: World
) -> None:
    """Row A92: nobody is signed in as someone else by following a link."""
    email = await a_member(world)
    await browser.account(sub=email, email=email, email_verified=True)
    back = await browser.at_the_provider(await browser.to_the_provider())

    async with client_of(app) as victim:
        answer = await victim.get(back)
        assert answer.status_code == 400
        assert "session" not in victim.cookies
        # Nor one that has begun a sign-in of its own.
        await victim.get("/sign-in/oidc")
        assert (await victim.get(back)).status_code == 400


@pytest.mark.parametrize("state", ["", "x", "ü", "A" * 5_000])
async def test_a_wrong_state_opens_nothing(browser: Browser, world: World, state: str) -> None:
    email = await a_member(world)
    await browser.account(sub=email, email=email, email_verified=True)
    back = await browser.at_the_provider(await browser.to_the_provider())

    answer = await browser.ours.get(re.sub(r"state=[^&]*", f"state={state}", back))

    assert answer.status_code == 400
    assert "Start again" in answer.text
    assert not await browser.is_in()


async def test_a_way_back_works_once(browser: Browser, world: World) -> None:
    email = await a_member(world)
    await browser.account(sub=email, email=email, email_verified=True)
    back = await browser.at_the_provider(await browser.to_the_provider())
    kept = browser.ours.cookies["oidc"]
    assert (await browser.ours.get(back)).status_code == 303
    assert "oidc" not in browser.ours.cookies

    assert (await browser.ours.get(back)).status_code == 400
    # Also for who kept the cookie: the provider takes a code only once.
    browser.ours.cookies.set("oidc", kept)
    assert (await browser.ours.get(back)).status_code == 400


async def test_a_code_of_another_sign_in_opens_nothing(browser: Browser, world: World) -> None:
    email = await a_member(world)
    await browser.account(sub=email, email=email, email_verified=True)
    stolen = parse_qs(
        urlsplit(await browser.at_the_provider(await browser.to_the_provider())).query
    )
    back = await browser.at_the_provider(await browser.to_the_provider())

    answer = await browser.ours.get(re.sub(r"code=[^&]*", f"code={stolen['code'][0]}", back))

    assert answer.status_code == 400  # its challenge is another's


async def test_another_issuers_answer_opens_nothing(browser: Browser, world: World) -> None:
    email = await a_member(world)
    await browser.account(sub=email, email=email, email_verified=True)
    back = await browser.at_the_provider(await browser.to_the_provider())
    assert "iss=" in back

    answer = await browser.ours.get(re.sub(r"iss=[^&]*", "iss=https://evil.example", back))

    assert answer.status_code == 400


async def test_who_says_no_comes_back_to_the_form(browser: Browser) -> None:
    await browser.account(sub="nobody", refuses=True)

    answer = await browser.sign_in()

    assert answer.status_code == 400
    assert 'action="/sign-in"' in answer.text


@pytest.mark.parametrize("cookie", ["", "00", "zz", "00" * 3_000, "01" + "00" * 60])
async def test_a_cookie_that_is_not_ours_opens_nothing(browser: Browser, cookie: str) -> None:
    browser.ours.cookies.set("oidc", cookie)

    answer = await browser.ours.get("/sign-in/oidc/callback?code=a&state=b")

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/\\evil.example", "https:evil", "/" + "a" * 5_000]
)
async def test_nobody_is_sent_off_to_another_site(
    browser: Browser, world: World, wanted: str
) -> None:
    """Row A104."""
    email = await a_member(world)
    await browser.account(sub=email, email=email, email_verified=True)

    answer = await browser.sign_in(next=wanted)

    assert answer.headers["location"] == "/"


async def test_tries_are_counted(app: Litestar, browser: Browser) -> None:
    """Row A96."""
    answers = [await browser.ours.get("/sign-in/oidc") for _ in range(31)]

    assert [answer.status_code for answer in answers] == [303] * 30 + [429]


def test_settings_that_are_half_there_are_named() -> None:
    with pytest.raises(BadSettings) as bad:
        settings_with("postgres://x", "redis://x", OIDC_ISSUER="http://id.example.org")

    told = str(bad.value)
    for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "https://"):
        assert name in told
