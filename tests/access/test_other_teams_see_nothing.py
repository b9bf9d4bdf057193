"""Every route with an id, for every role, asked by another team (row A97): answered like what
nobody has, and nothing of theirs changes. The routes are read from the application: one that takes
something this file knows nothing of fails here.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from litestar import Litestar

from domain.rules.ids import new_id
from domain.rules.permissions import ROLES, allows
from domain.store.database import fetch
from tests.access.test_every_route_names_its_permission import (
    Walked,
    of_the_api,
    of_the_pages,
)
from tests.support.everything import Everything, make_everything
from tests.support.web_fixtures import Person, client_of, csrf_of, key_of, person_of, sign_in
from tests.support.world import CALL, World

# What a body must hold for the id to be looked at. A route that answers anything but 404 without
# one belongs here, with a body that it would take for an object of one's own.
_DRAFT = {"name": "Taken over", "steps": [CALL]}
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /api/v1/workflows/{workflow_id:str}": _DRAFT,
    "PATCH /api/v1/triggers/{trigger_id:str}": {"name": "Taken over", "enabled": False},
    "POST /api/v1/workflows/{workflow_id:str}/rollbacks": {"version": 1},
    "POST /api/v1/workflows/{workflow_id:str}/template-update": {"version": 1},
    "POST /api/v1/workflow-templates/{template_id:str}/versions": {
        "workflow_id": "01939f5e-0000-7000-8000-000000000001",
        "note": "Taken over",
    },
    "POST /api/v1/triggers/{trigger_id:str}/limit-lift": {"minutes": 5},
    "POST /api/v1/triggers/{trigger_id:str}/runs": {"input": {}, "note": "Taken over"},
    "POST /api/v1/keys/{key_id:str}/rotation": {"overlap_s": 0},
    "PUT /api/v1/triggers/{trigger_id:str}/shadow": {"conditions": None},
    "POST /api/v1/triggers/{trigger_id:str}/backtests": {"conditions": None},
    "POST /api/v1/triggers/{trigger_id:str}/limit-trials": {"limits": {}},
    "POST /api/v1/executions/{execution_id:str}/resolution": {"resolution": "give_up"},
    "POST /api/v1/triggers/{trigger_id:str}/backfills": {"from": "2026-11-01T00:00:00Z"},
}
FORMS: dict[str, dict[str, str]] = {
    "POST /team/keys/{key_id:str}/rotation": {"overlap_s": "0"},
    "POST /triggers/{trigger_id:str}/limit-lift": {"minutes": "5"},
    "POST /team/members/{user_id:str}/role": {"role": "viewer", "was": "admin"},
    "POST /executions/{execution_id:str}/resolution": {"resolution": "give_up", "attempt": "1"},
    "POST /secrets/{name:str}": {"value": "taken over"},
    "POST /workflows/{workflow_id:str}/rollbacks": {"number": "1", "version": "1", "revision": "1"},
    "POST /triggers/{trigger_id:str}/rollbacks": {"number": "1", "version": "1", "revision": "1"},
}
QUERIES: dict[str, dict[str, str]] = {
    "GET /events/{event_id:str}/payload/rows": {"part": ":0-1"},
    "GET /events/{event_id:str}/payload/matches": {"q": "text"},
}
# Putting a secret of a name makes one's own, whoever else has one of that name.
MAKES_ONES_OWN = {"PUT /api/v1/secrets/{name:str}"}
# Names and numbers are no ids: what another team calls something, one may call so, too.
NOT_UNIQUE = {"name": "nobody_has_this", "number": "999999"}


def name_of(walked: Walked) -> str:
    return f"{walked.method} {walked.path}"


def nobodys() -> dict[str, str]:
    """An id that nobody has, whatever the parameter."""
    return Unknown()


class Unknown(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return NOT_UNIQUE.get(name) or str(new_id())


@dataclass
class Caller:
    """A member of our team, by key and by browser."""

    client: httpx.AsyncClient
    key: str
    csrf: str
    role: str

    async def ask(self, walked: Walked, ids: dict[str, str]) -> httpx.Response:
        url = walked.with_ids(ids)
        if walked.path.startswith("/api/"):
            headers = {"authorization": f"Bearer {self.key}"}
            changes = walked.method in {"POST", "PUT", "PATCH"}
            body = BODIES.get(name_of(walked), {}) if changes else None
            return await self.client.request(walked.method, url, headers=headers, json=body)
        form = FORMS.get(name_of(walked), {})
        headers = {"x-csrf-token": self.csrf}
        data = form if walked.method == "POST" else None
        query = QUERIES.get(name_of(walked), {})
        return await self.client.request(
            walked.method, url, headers=headers, data=data, params=query
        )


@pytest.fixture
async def ours(world: World) -> Everything:
    return await make_everything(world)


@pytest.fixture
async def theirs(world: World) -> Everything:
    return await make_everything(world)


@pytest.fixture(params=list(ROLES))
async def caller(
    request: pytest.FixtureRequest, app: Litestar, ours: Everything
) -> AsyncIterator[Caller]:
    role = str(request.param)
    async with client_of(app) as client:
        await sign_in(client, await person_of(replace(ours.actor, name="Erin"), role))
        yield Caller(client, await key_of(ours.actor, role), await csrf_of(client), role)


@pytest.fixture
async def admin(app: Litestar, ours: Everything) -> AsyncIterator[Caller]:
    async with client_of(app) as client:
        person = Person(f"{ours.marker}@example.org", "a long enough password", ours.actor)
        await sign_in(client, person)
        key = await key_of(ours.actor, "admin")
        yield Caller(client, key, await csrf_of(client), "admin")


def with_ids(app: Litestar) -> list[Walked]:
    walked = [*of_the_api(app), *of_the_pages(app)]
    return [each for each in walked if each.parameters and name_of(each) not in MAKES_ONES_OWN]


def plain(answer: httpx.Response) -> tuple[int, str]:
    """An answer without what differs from request to request."""
    return answer.status_code, re.sub(
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", answer.text
    )


async def everything_in(team_id: object) -> dict[str, str]:
    """What every table holds of a team."""
    tables = await fetch(
        "SELECT table_name AS name FROM information_schema.columns "
        "WHERE table_schema = 'team_scope' AND column_name = 'team_id'"
    )
    rows = {}
    for table in tables:
        found = await fetch(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS sum "
            f"FROM {table['name']} t WHERE team_id = $1",
            team_id,
        )
        rows[table["name"]] = str(found[0]["sum"])
    return rows


def test_every_parameter_is_known(app: Litestar) -> None:
    known = {
        "workflow_id", "trigger_id", "secret_id", "key_id", "name", "number", "event_id",
        "execution_id", "user_id", "session_id", "invitation_id", "view_id", "backtest_id",
        "limit_trial_id", "bulk_id",
        "template_id", "backfill_id", "calendar_id", "destination_id",
    }  # fmt: skip
    for walked in with_ids(app):
        assert set(walked.parameters) <= known, (
            f"{name_of(walked)}: make one in tests/support/everything.py, then name it here"
        )
    for listed in (*BODIES, *FORMS, *QUERIES, *MAKES_ONES_OWN):
        assert listed in {name_of(each) for each in [*of_the_api(app), *of_the_pages(app)]}


async def test_what_others_have_is_answered_like_what_nobody_has(
    app: Litestar, caller: Caller, theirs: Everything
) -> None:
    before = await everything_in(theirs.actor.team_id)
    for walked in with_ids(app):
        if "name" in walked.parameters or walked.parameters == ["number"]:
            continue  # not an id: below
        other, nothing = await caller.ask(walked, theirs.ids), await caller.ask(walked, nobodys())
        wanted = 404 if allows(caller.role, walked.permission) else 403
        assert other.status_code == wanted, f"{name_of(walked)}: {other.status_code} {other.text}"
        assert plain(other) == plain(nothing), name_of(walked)
        assert theirs.marker not in other.text
    assert await everything_in(theirs.actor.team_id) == before


async def test_names_that_others_use_are_as_free_as_any(
    app: Litestar, caller: Caller, theirs: Everything
) -> None:
    before = await everything_in(theirs.actor.team_id)
    for walked in with_ids(app):
        if "name" not in walked.parameters:
            continue
        other = await caller.ask(walked, theirs.ids)
        nothing = await caller.ask(walked, nobodys())
        assert other.status_code == nothing.status_code, name_of(walked)
        assert other.status_code in {403, 404}, f"{name_of(walked)}: {other.status_code}"
    assert await everything_in(theirs.actor.team_id) == before


async def test_ids_of_mixed_teams_lead_nowhere(
    app: Litestar, admin: Caller, ours: Everything, theirs: Everything
) -> None:
    """`/workflows/ours/versions/theirs`, and the other way round."""
    before = await everything_in(theirs.actor.team_id)
    mixed = 0
    for walked in with_ids(app):
        for foreign in walked.parameters if len(walked.parameters) > 1 else ():
            if foreign in NOT_UNIQUE:
                continue
            ids = {**ours.ids, foreign: theirs.ids[foreign]}
            answer = await admin.ask(walked, ids)
            assert answer.status_code == 404, f"{name_of(walked)} with their {foreign}"
            assert theirs.marker not in answer.text
            mixed += 1
    assert mixed
    assert await everything_in(theirs.actor.team_id) == before


async def test_what_is_ours_is_there(app: Litestar, admin: Caller, ours: Everything) -> None:
    """So the 404s above are about the team, and not about ids of nothing."""
    for walked in with_ids(app):
        if walked.method == "GET":
            answer = await admin.ask(walked, ours.ids)
            assert answer.status_code in {200, 303}, f"{name_of(walked)}: {answer.status_code}"


# Filters by which lists are narrowed to one object.
_BY_ID = ("trigger", "workflow", "event", "execution", "trigger_id", "workflow_id", "event_id")


async def test_no_filter_reaches_into_another_team(
    app: Litestar, admin: Caller, theirs: Everything
) -> None:
    headers = {"authorization": f"Bearer {admin.key}"}
    team_id = str(theirs.actor.team_id)
    for walked in [*of_the_api(app), *of_the_pages(app)]:
        if walked.method != "GET" or walked.parameters or walked.path == "/live":
            continue
        sent = headers if walked.path.startswith("/api/") else {}
        for name in ("team_id", "team", *_BY_ID):
            value = theirs.ids.get(name, theirs.ids.get(f"{name}_id", team_id))
            answer = await admin.client.get(walked.path, params={name: value}, headers=sent)
            assert answer.status_code < 500, f"{name_of(walked)}?{name}"
            assert theirs.marker not in answer.text, f"{name_of(walked)}?{name}"


async def test_another_teams_place_in_a_list_shows_only_ours(
    app: Litestar, admin: Caller, theirs: Everything
) -> None:
    """Rows A97, A106: a cursor is signed, but it is no key: it says where, not whose."""
    their_key = {"authorization": f"Bearer {await key_of(theirs.actor, 'admin')}"}
    await key_of(theirs.actor, "admin")
    for kind in ("workflows", "triggers", "events", "executions"):
        page = (await admin.client.get(f"/api/v1/{kind}?limit=1", headers=their_key)).json()
        assert len(page["items"]) == 1
        if page["next"] is None:
            continue
        headers = {"authorization": f"Bearer {admin.key}"}
        answer = await admin.client.get(
            f"/api/v1/{kind}", params={"cursor": page["next"]}, headers=headers
        )
        assert theirs.marker not in answer.text
