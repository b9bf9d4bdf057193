"""What every answer carries: security headers, a request id, and no cookie where none belongs
(rows A89, A92, A95, A115)."""

from dataclasses import replace

import httpx
from litestar import Litestar

from domain.settings import Settings
from tests.support.web_fixtures import Api, client_of, person_of, sign_in
from tests.support.world import World
from web.auth import session_cookie
from web.headers import CONTENT_SECURITY_POLICY, security_headers


def assert_is_guarded(answer: httpx.Response) -> None:
    headers = answer.headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["x-request-id"]


async def test_the_api_and_its_refusals_are_guarded(alice: Api, client: httpx.AsyncClient) -> None:
    for answer in (
        await alice.get("/workflows"),
        await alice.get("/workflows/unknown"),
        await client.get("/api/v1/workflows"),
        await client.get("/api/v1/unknown"),
    ):
        assert_is_guarded(answer)


async def test_the_pages_and_their_refusals_are_guarded(app: Litestar, world: World) -> None:
    async with client_of(app) as client:
        await sign_in(client, await person_of(world.alice, "viewer"))
        for path in ("/", "/sign-in", "/triggers/new", "/triggers/unknown", "/unknown"):
            assert_is_guarded(await client.get(path, headers={"accept": "text/html"}))


def test_no_script_or_style_may_stand_in_a_page() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    for part in ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'",
                 "base-uri 'none'", "form-action 'self'"):  # fmt: skip
        assert part in CONTENT_SECURITY_POLICY


async def test_a_request_id_is_ours_and_new_each_time(alice: Api) -> None:
    sent = {"x-request-id": "chosen-by-the-sender"}
    ids = {
        (await alice.client.get("/api/v1/workflows", headers=sent)).headers["x-request-id"]
        for _ in range(3)
    }

    assert len(ids) == 3
    assert "chosen-by-the-sender" not in ids


async def test_machines_get_no_cookie(alice: Api, world: World) -> None:
    saved = await world.trigger(await world.workflow())
    alice.client.cookies.set("session", "x" * 43)
    for answer in (
        await alice.get("/workflows"),
        await alice.client.post(f"/hooks/{saved.row.hook_token}", json={}),
        await alice.client.get("/healthz"),
    ):
        assert "set-cookie" not in answer.headers


def test_over_tls_the_cookie_is_bound_to_the_host(settings: Settings) -> None:
    secure = replace(settings, base_url="https://signalbox.example.org")

    header = session_cookie(secure, "token").to_header(header="").lower()

    assert header.startswith("__host-session=token")
    for part in ("secure", "httponly", "path=/", "samesite=lax"):
        assert part in header
    assert "domain" not in header


def test_over_tls_browsers_are_told_to_stay_there() -> None:
    assert "max-age=31536000" in security_headers(secure=True)["strict-transport-security"]
    assert "strict-transport-security" not in security_headers(secure=False)
