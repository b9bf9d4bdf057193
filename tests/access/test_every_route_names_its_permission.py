"""Every route is walked: whoever adds one without a permission, or outside the groups, fails here
(rows A19, A97, A98)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import ASGIRoute, HTTPRoute

from domain.rules.ids import new_id
from domain.rules.permissions import OWN_PROFILE, PERMISSIONS, ROLES, SIGN_OUT, allows
from tests.support.web_fixtures import (
    Api,
    client_of,
    csrf_of,
    key_of,
    person_of,
    sign_in,
)
from tests.support.world import World
from web.auth import api_access, page_access

# What one does with what is one's own: everybody may.
OWN = {SIGN_OUT, OWN_PROFILE}
# What anybody may ask for. Adding to it is a decision, so it stands here by hand.
PUBLIC = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/{file_path:path}",
    "/api",
    "/api/openapi.json",
    "/sign-in",
    "/sign-in/oidc",
    "/sign-in/oidc/callback",
    "/setup",
    "/invitation",
    "/password-resets",
    "/password-reset",
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

    @property
    def parameters(self) -> list[str]:
        """The names of what the path takes."""
        return re.findall(r"\{(\w+)", self.path)

    def with_ids(self, ids: Mapping[str, str]) -> str:
        """The path with the ids of these names."""
        return re.sub(r"\{(\w+)[^}]*\}", lambda found: ids[found[1]], self.path)


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
        if walked.method not in {"GET", "HEAD"} and walked.permission not in OWN:
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


async def test_another_teams_workflow_cannot_be_run(charlie: Api, world: World) -> None:
    workflow_id = str(await world.workflow())
    theirs = await world.trigger(await world.workflow(actor=world.charlie), actor=world.charlie)

    answer = await charlie.patch(f"/triggers/{theirs.row.id}", {"workflow_id": workflow_id})

    assert answer.status_code == 400
    assert answer.json()["problems"] == [
        {"field": "workflow_id", "message": "there is no such workflow"}
    ]
