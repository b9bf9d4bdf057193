"""Every route is walked: whoever adds one without a permission, or outside the groups, fails here
(rows A19, A97, A98)."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import ASGIRoute, HTTPRoute

from domain.rules.ids import new_id
from domain.rules.permissions import PERMISSIONS, ROLES, allows
from domain.store.database import fetch_one
from tests.support.web_fixtures import (
    Api,
    client_of,
    csrf_of,
    key_of,
    person_of,
    sign_in,
)
from tests.support.world import CALL, World
from web.auth import api_access, page_access

# What anybody may ask for. Adding to it is a decision, so it stands here by hand.
PUBLIC = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/{file_path:path}",
    "/api",
    "/api/openapi.json",
    "/sign-in",
}


@dataclass(frozen=True)
class Walked:
    """One method of one route."""

    path: str
    method: str
    handler: HTTPRouteHandler

    @property
    def permission(self) -> str:
        return str(self.handler.opt.get("permission"))

    def guarded_by(self, guard: object) -> bool:
        return guard in self.handler.resolve_guards()

    def filled(self, id_: object) -> str:
        """The path with `id_` for whatever it takes."""
        parts = [str(id_) if part.startswith("{") else part for part in self.path.split("/")]
        return "/".join(parts)


def routes(app: Litestar) -> Iterator[Walked]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods:
                    if method != "OPTIONS":
                        yield Walked(route.path, str(method), handler)


def of_the_api(app: Litestar) -> list[Walked]:
    return [walked for walked in routes(app) if walked.guarded_by(api_access)]


def of_the_pages(app: Litestar) -> list[Walked]:
    return [walked for walked in routes(app) if walked.guarded_by(page_access)]


def test_every_route_is_public_by_decision_or_names_a_known_permission(app: Litestar) -> None:
    for walked in routes(app):
        if walked.path in PUBLIC:
            continue
        guards = walked.guarded_by(api_access), walked.guarded_by(page_access)
        assert any(guards), f"{walked.method} {walked.path} has no guard"
        assert walked.permission in PERMISSIONS, f"{walked.method} {walked.path}"


def test_no_raw_route_goes_around_the_groups(app: Litestar) -> None:
    assert [route.path for route in app.routes if isinstance(route, ASGIRoute)] == []


def test_whatever_changes_something_needs_more_than_to_see(app: Litestar) -> None:
    for walked in [*of_the_api(app), *of_the_pages(app)]:
        if walked.method not in {"GET", "HEAD"} and walked.permission != "sign_out":
            assert not allows("viewer", walked.permission), f"{walked.method} {walked.path}"


async def test_without_a_key_the_api_says_nothing(app: Litestar, client: httpx.AsyncClient) -> None:
    for walked in of_the_api(app):
        answer = await client.request(walked.method, walked.filled(new_id()))
        assert answer.status_code == 401, f"{walked.method} {walked.path}"


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_what_the_table_says_in_the_api(
    app: Litestar, client: httpx.AsyncClient, world: World, role: str
) -> None:
    headers = {"authorization": f"Bearer {await key_of(world.alice, role)}"}
    for walked in of_the_api(app):
        answer = await client.request(walked.method, walked.filled(new_id()), headers=headers)
        refused = answer.status_code == 403
        assert refused is not allows(role, walked.permission), f"{walked.method} {walked.path}"
        assert answer.status_code < 500


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_what_the_table_says_on_the_pages(
    app: Litestar, world: World, role: str
) -> None:
    async with client_of(app) as client:
        await sign_in(client, await person_of(world.alice, role))
        token = await csrf_of(client)
        for walked in of_the_pages(app):
            if walked.path in {"/live", "/sign-out"}:
                continue  # a stream that does not end; the end of this session
            answer = await client.request(
                walked.method, walked.filled(new_id()), headers={"x-csrf-token": token}
            )
            refused = answer.status_code == 403
            wanted = not allows(role, walked.permission)
            assert refused is wanted, f"{walked.method} {walked.path}: {answer.status_code}"
            assert answer.status_code < 500, f"{walked.method} {walked.path}"


async def test_an_unknown_role_may_nothing(
    app: Litestar, client: httpx.AsyncClient, world: World
) -> None:
    assert not any(allows("owner", permission) for permission in PERMISSIONS)
    assert not any(allows(role, "everything") for role in ROLES)


SUFFIXES = ("/configs", "%2f..", ";x", "%00", ".", "/.", "/..", "%2e%2e", "\\", "?a=b", "//", "/-")


async def test_no_way_of_writing_a_path_gets_around_a_guard(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    for walked in [*of_the_api(app), *of_the_pages(app)]:
        for suffix in SUFFIXES:
            for path in (walked.filled(new_id()) + suffix, "/" + walked.filled(new_id())):
                url = httpx.URL(f"http://signalbox.test{path}")
                answer = await client.request(walked.method, url)
                assert answer.status_code in {303, 400, 401, 403, 404, 405}, (
                    f"{walked.method} {path}"
                )


@pytest.fixture
async def ids(alice: Api, world: World) -> dict[str, str]:
    """One object of Alice's of every kind that an address can name."""
    workflow_id = await world.workflow()
    saved = await world.trigger(workflow_id)
    delivered = await alice.client.post(f"/hooks/{saved.row.hook_token}", json={"n": 1})
    assert delivered.status_code == 202
    key = (await alice.post("/keys", {"name": "another", "role": "viewer"})).json()
    await alice.call("PUT", "/secrets/api_token", {"value": "a secret value"})
    return {
        "workflow_id": str(workflow_id),
        "trigger_id": str(saved.row.id),
        "event_id": delivered.json()["event_id"],
        "execution_id": str(new_id()),
        "key_id": key["id"],
        "name": "api_token",
    }


BODIES = {
    "/api/v1/workflows/{workflow_id:str}": {"steps": [CALL]},
    "/api/v1/triggers/{trigger_id:str}": {"enabled": False},
    "/api/v1/secrets/{name:str}": {"value": "overwritten by another team"},
}


async def test_what_another_team_has_is_answered_like_what_nobody_has(
    app: Litestar, charlie: Api, ids: dict[str, str]
) -> None:
    for walked in of_the_api(app):
        if "{" not in walked.path or walked.method == "PUT":
            continue  # putting a secret makes one's own
        name = walked.path.partition("{")[2].partition(":")[0]
        path = walked.path.removeprefix("/api/v1").partition("{")[0]
        body = BODIES.get(walked.path) if walked.method == "PATCH" else None
        theirs = await charlie.call(walked.method, f"{path}{ids[name]}", body)
        nobodys = await charlie.call(walked.method, f"{path}{new_id()}", body)
        assert theirs.status_code == nobodys.status_code == 404, f"{walked.method} {walked.path}"
        strip = {"id": None}
        assert theirs.json() | strip == nobodys.json() | strip


async def test_another_team_cannot_change_what_it_cannot_see(
    alice: Api, charlie: Api, ids: dict[str, str], world: World
) -> None:
    before = (await alice.get(f"/triggers/{ids['trigger_id']}")).json()

    await charlie.patch(f"/triggers/{ids['trigger_id']}", {"enabled": False})
    await charlie.call("DELETE", f"/triggers/{ids['trigger_id']}")
    await charlie.call("DELETE", f"/keys/{ids['key_id']}")
    await charlie.call("DELETE", "/secrets/api_token")

    assert (await alice.get(f"/triggers/{ids['trigger_id']}")).json() == before
    row = await fetch_one(
        "SELECT count(*) AS n FROM secret WHERE team_id = $1", world.alice.team_id
    )
    assert row is not None
    assert row["n"] == 1


async def test_another_teams_workflow_cannot_be_run(
    alice: Api, charlie: Api, ids: dict[str, str], world: World
) -> None:
    theirs = await world.trigger(await world.workflow(actor=world.charlie), actor=world.charlie)

    answer = await charlie.patch(f"/triggers/{theirs.row.id}", {"workflow_id": ids["workflow_id"]})

    assert answer.status_code == 400
    assert answer.json()["problems"] == [
        {"field": "workflow_id", "message": "there is no such workflow"}
    ]
