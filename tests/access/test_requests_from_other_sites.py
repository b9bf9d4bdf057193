"""Cross-site request forgery: the token is the session's own, and other sites are refused even with
it (row A92)."""

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from domain.rules.ids import new_id
from domain.store.database import fetch_one
from tests.access.test_every_route_names_its_permission import of_the_pages
from tests.support.web_fixtures import BASE_URL, client_of, csrf_of, person_of, sign_in
from tests.support.world import World


@pytest.fixture
async def browser(app: Litestar, world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        await sign_in(client, await person_of(world.alice, "admin"))
        yield client


async def sign_out(client: httpx.AsyncClient, **more: str) -> int:
    """Something that changes a state, by its form; 303 when it is done."""
    token = more.pop("token", None)
    form = {} if token is None else {"_csrf": token}
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    return (await client.post("/sign-out", data=form, headers=headers)).status_code


async def test_our_own_form_is_accepted(browser: httpx.AsyncClient) -> None:
    token = await csrf_of(browser)

    assert await sign_out(browser, token=token, sec_fetch_site="same-origin") == 303
    assert (await browser.get("/")).status_code == 303


async def test_the_token_may_come_in_a_header(browser: httpx.AsyncClient) -> None:
    assert await sign_out(browser, x_csrf_token=await csrf_of(browser)) == 303


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
async def test_without_the_right_token_nothing_happens(
    browser: httpx.AsyncClient, token: str | None
) -> None:
    status = await (sign_out(browser) if token is None else sign_out(browser, token=token))

    assert status == 403
    assert (await browser.get("/")).status_code == 200


async def test_the_token_of_another_session_is_refused(
    app: Litestar, browser: httpx.AsyncClient, world: World
) -> None:
    async with client_of(app) as attacker:
        await sign_in(attacker, await person_of(world.charlie, "admin"))
        token = await csrf_of(attacker)

    assert await sign_out(browser, token=token) == 403


async def test_the_token_dies_with_its_session(app: Litestar, world: World) -> None:
    person = await person_of(world.alice, "admin")
    async with client_of(app) as client:
        await sign_in(client, person)
        token = await csrf_of(client)
        await sign_in(client, person)

        assert await sign_out(client, token=token) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
async def test_another_site_is_refused_even_with_the_token(
    browser: httpx.AsyncClient, site: str
) -> None:
    token = await csrf_of(browser)

    assert await sign_out(browser, token=token, sec_fetch_site=site) == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://signalbox.test.evil.example", "http://["]
)
async def test_another_origin_is_refused_even_with_the_token(
    browser: httpx.AsyncClient, origin: str
) -> None:
    token = await csrf_of(browser)

    assert await sign_out(browser, token=token, origin=origin) == 403
    assert await sign_out(browser, token=token, origin=BASE_URL) == 303


async def test_a_name_that_leads_here_is_not_our_origin(browser: httpx.AsyncClient) -> None:
    """What counts is BASE_URL: `Host` is what a rebound name says, too."""
    token = await csrf_of(browser)
    evil = {"host": "evil.example", "origin": "http://evil.example"}

    assert await sign_out(browser, token=token, **evil) == 403
    assert await sign_out(browser, token=token, origin="https://signalbox.test") == 403
    assert await sign_out(browser, token=token, origin="http://signalbox.test:81") == 403
    assert await sign_out(browser, token=token, origin="http://SIGNALBOX.test:80") == 303


async def test_a_planted_pair_of_cookie_and_token_is_refused(app: Litestar, world: World) -> None:
    """A neighbouring host plants its own session and sends that session's own token."""
    async with client_of(app) as attacker:
        await sign_in(attacker, await person_of(world.charlie, "admin"))
        planted, token = attacker.cookies["session"], await csrf_of(attacker)
    async with client_of(app) as victim:
        victim.cookies.set("session", planted)
        neighbour = {"origin": "http://neighbour.signalbox.test"}
        assert await sign_out(victim, token=token, **neighbour) == 403
        assert await sign_out(victim, token=token, sec_fetch_site="same-site") == 403


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/sign-in", {"email": "a@b.example", "password": "some password"}),
        ("/setup", {"token": "x"}),
        ("/invitation", {"token": "x"}),
        ("/password-resets", {"email": "a@b.example"}),
        ("/password-reset", {"token": "x"}),
    ],
)
async def test_the_doors_own_forms_are_ours_only(
    client: httpx.AsyncClient, path: str, form: dict[str, str]
) -> None:
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert (await client.post(path, data=form, headers=headers)).status_code == 403


async def test_no_page_changes_anything_by_being_asked_for(
    app: Litestar, world: World, browser: httpx.AsyncClient
) -> None:
    """Every address that can be read, with ids that exist or not."""
    workflow_id = await world.workflow()
    trigger = await world.trigger(workflow_id)
    ids = {"workflow_id": workflow_id, "trigger_id": trigger.row.id}
    written = "SELECT count(*) AS n, max(id::text) AS last FROM audit_entry WHERE team_id = $1"
    before = await fetch_one(written, world.alice.team_id)
    for walked in of_the_pages(app):
        if walked.method == "GET" and walked.path != "/live":
            parameters = {name: str(ids.get(name) or new_id()) for name in walked.parameters}
            await browser.get(walked.with_ids(parameters))
    assert await fetch_one(written, world.alice.team_id) == before


async def test_another_site_cannot_sign_somebody_in(app: Litestar, world: World) -> None:
    person = await person_of(world.alice, "admin")
    async with client_of(app) as client:
        answer = await sign_in(client, person, headers={"sec-fetch-site": "cross-site"})

        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_asking_changes_nothing(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/sign-out")).status_code == 405
    assert (await browser.get("/")).status_code == 200


async def test_the_method_cannot_be_overridden(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/sign-out", headers={"x-http-method-override": "POST"})

    assert answer.status_code == 405


async def test_a_body_that_is_no_form_is_refused(browser: httpx.AsyncClient) -> None:
    for content, kind in (
        (b"\xff\xfe%ff=%00&_csrf=\xff", "application/x-www-form-urlencoded"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"[" * 50_000, "application/json"),
        (b'{"_csrf": "x"}', "text/plain"),
    ):
        answer = await browser.post("/sign-out", content=content, headers={"content-type": kind})
        assert answer.status_code in {400, 403}, kind
