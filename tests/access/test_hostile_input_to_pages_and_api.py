"""What is typed into fields, filters and addresses is data and nothing else (rows A100, A102, A105
to A107). Routes, fields and filters are read from the application, so new ones are tried too."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from domain.rules.ids import new_id
from domain.store.database import fetch_one
from tests.access.test_every_route_names_its_permission import Walked, of_the_api, of_the_pages
from tests.support.everything import Everything, make_everything
from tests.support.web_fixtures import Api, Person, client_of, csrf_of, key_of, sign_in
from tests.support.world import World

NOT_THEIRS_TO_SET = ("team_id", "id", "is_admin", "created_by", "user_id", "verified", "status",
                     "revision_id", "__proto__")  # fmt: skip
TYPED = (
    "'; DROP TABLE event; --",
    '" OR 1=1 --',
    "%",
    "_",
    "\\",
    "%_\\%",
    "$1",
    "{}",
    "{{ 7*7 }}",
    "$.a.b[?(@.c==1)]",
    "$..*",
    "a" * 3_000,
    "\u202eevil\u202c",
    "\u200b",
    "a" + "\u0301" * 3_000,
    "-1",
    "1e999",
    "0" * 40,
    "2026-13-45T99:99",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "id; SELECT 1",
    "name desc",
    "../../etc/passwd",
)
_FILTERS = re.compile(r"<form\b[^>]*\bmethod=\"get\".*?</form>", re.DOTALL)
_FIELD = re.compile(r"<(?:input|select|textarea)\b[^>]*\bname=\"([^\"]+)\"")


@pytest.fixture
async def ours(world: World) -> Everything:
    return await make_everything(world)


@pytest.fixture
async def browser(app: Litestar, ours: Everything) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        person = Person(f"{ours.marker}@example.org", "a long enough password", ours.actor)
        await sign_in(client, person)
        client.headers["x-csrf-token"] = await csrf_of(client)
        yield client


@pytest.fixture
async def api(ours: Everything, browser: httpx.AsyncClient) -> Api:
    return Api(browser, await key_of(ours.actor, "admin"))


def with_bodies(app: Litestar, document: dict[str, Any]) -> Iterator[tuple[Walked, set[str]]]:
    """Every API route that takes a body, and the fields that it knows."""
    for walked in of_the_api(app):
        path = re.sub(r":\w+", "", walked.path)
        operation = document["paths"][path][walked.method.lower()]
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            name = schema["$ref"].rpartition("/")[2]
            yield walked, set(document["components"]["schemas"][name]["properties"])


async def test_no_body_of_the_api_takes_what_is_not_its_senders_to_set(
    app: Litestar, api: Api, ours: Everything
) -> None:
    """Row A100, for every route."""
    document = (await api.client.get("/api/openapi.json")).json()
    tried = 0
    for walked, fields in with_bodies(app, document):
        path = walked.with_ids(ours.ids).removeprefix("/api/v1")
        for field in set(NOT_THEIRS_TO_SET) - fields:
            answer = await api.call(walked.method, path, {field: str(new_id())})
            assert answer.status_code == 400, f"{walked.method} {walked.path}: {field}"
            assert answer.json()["problems"] == [{"field": field, "message": "is not known here"}]
            tried += 1
    assert tried


async def test_forms_do_not_set_what_they_do_not_ask_for(
    browser: httpx.AsyncClient, ours: Everything, world: World
) -> None:
    """Row A100: on the pages such fields are not looked at."""
    theirs = world.charlie.team_id
    more = {"team_id": str(theirs), "user_id": str(new_id()), "id": str(new_id()), "role": "admin"}
    made = await browser.post("/team/keys", data={"name": "Mine", "life": "30d", **more})
    await browser.post("/profile", data={"name": "Erin", "theme": "dark", "email": "x@y.z", **more})

    assert made.status_code == 201
    key = await fetch_one(
        "SELECT user_id FROM api_key WHERE name = 'Mine' AND team_id = $1", ours.actor.team_id
    )
    user = await fetch_one("SELECT email FROM app_user WHERE id = $1", ours.actor.id)
    assert key is not None
    assert key["user_id"] == ours.actor.id
    assert user is not None
    assert user["email"] == f"{ours.marker}@example.org"


def lists(app: Litestar) -> list[str]:
    pages = [walked for walked in of_the_pages(app) if walked.method == "GET"]
    return [walked.path for walked in pages if not walked.parameters and walked.path != "/live"]


async def test_whatever_is_typed_into_a_filter_is_looked_for_and_no_more(
    app: Litestar, browser: httpx.AsyncClient
) -> None:
    """Row A105, for every field of every page that is reached by an address alone."""
    for path in lists(app):
        forms = "".join(_FILTERS.findall((await browser.get(path)).text))
        names = {"sort", "order", "after", "before", "q", *_FIELD.findall(forms)}
        tried = [dict.fromkeys(names, typed[:200]) for typed in TYPED]
        # One at a time, too: what one field refuses hides what another would do.
        tried += [{name: typed} for name in sorted(names) for typed in TYPED[::11]]
        for given in tried:
            answer = await browser.get(path, params=given)
            assert answer.status_code in {200, 303, 400}, f"{path}: {str(given)[:99]}"
    row = await fetch_one("SELECT count(*) AS n FROM pg_class WHERE relname = 'event'")
    assert row is not None
    assert row["n"] >= 1


async def test_filters_of_the_api_take_what_they_know(app: Litestar, api: Api) -> None:
    """Rows A105, A106."""
    for walked in of_the_api(app):
        if walked.method != "GET" or walked.parameters:
            continue
        path = walked.path.removeprefix("/api/v1")
        for name in ("limit", "cursor", "name", "state", "trigger_id", "sort", "order_by"):
            for typed in TYPED:
                answer = await api.call("GET", path, params={name: typed})
                assert answer.status_code in {200, 400}, f"{path}?{name}={typed[:30]}"


async def test_wildcards_of_a_search_are_letters(browser: httpx.AsyncClient) -> None:
    """Row A105: `%` finds what has a percent sign, not everything."""
    everything = (await browser.get("/triggers")).text
    found = (await browser.get("/triggers", params={"q": "%"})).text

    name = re.search(r"Trigger marker[0-9a-f]+", everything)
    assert name
    assert name[0] not in found


NAMES = {
    "NUL": "a\0b",
    "a line break": "a\nb",
    "C1": "a\x85b",
    "nothing but blanks": " \u2003 ",
    "10,000 combining marks": "a" + "\u0301" * 10_000,
    "101 emoji": "\U0001f600" * 101,
}


@pytest.mark.parametrize("what", NAMES)
async def test_a_name_that_cannot_be_shown_is_refused_on_every_form(
    browser: httpx.AsyncClient, api: Api, what: str
) -> None:
    """Row A107."""
    name = NAMES[what]
    for path, form in (
        ("/team/keys", {"role": "viewer", "life": "30d"}),
        ("/profile", {"theme": "dark"}),
        ("/team", {}),
    ):
        answer = await browser.post(path, data={**form, "name": name})
        assert answer.status_code in {400, 422}, f"{path}: {answer.status_code}"
    for path, body in (("/keys", {"role": "viewer"}), ("/workflows", {"steps": []})):
        answer = await api.post(path, {**body, "name": name})
        assert answer.status_code == 400
        assert answer.json()["problems"][0]["field"] == "name"


@pytest.mark.parametrize("name", ["\u202eexe.tpircs", "zero\u200bwidth", "注文", "<b>bold</b>"])
async def test_any_other_name_is_shown_as_it_is(browser: httpx.AsyncClient, name: str) -> None:
    """Row A107: escaped, and kept apart from the text around it."""
    form = {"role": "viewer", "life": "30d", "name": name}
    assert (await browser.post("/team/keys", data=form)).status_code == 201

    page = (await browser.get("/team/keys")).text

    assert "<b>bold" not in page
    assert name.replace("<", "&lt;").replace(">", "&gt;") in page


async def test_ids_that_cannot_be_are_unknown_ones(
    app: Litestar, browser: httpx.AsyncClient, api: Api
) -> None:
    hostile = ("0", "x" * 500, "%27%3B--", "..%2f..", "%00", "null", str(UUID(int=0)), "{id}", "*")
    headers = {"authorization": f"Bearer {api.key}"}
    for walked in [*of_the_api(app), *of_the_pages(app)]:
        if walked.method != "GET" or not walked.parameters:
            continue
        for text in hostile:
            path = re.sub(r"\{[^}]*\}", text.replace("\\", r"\\"), walked.path)
            answer = await browser.get(path, headers=headers if path.startswith("/api/") else {})
            assert answer.status_code in {400, 404, 405}, f"{path}: {answer.status_code}"


async def test_no_answer_is_for_other_sites_to_read(app: Litestar, api: Api) -> None:
    """Row A103, and A92 of reading: no page, stream or API answer has CORS headers."""
    sent = {"origin": "https://evil.example", "authorization": f"Bearer {api.key}"}
    for walked in [*of_the_api(app), *of_the_pages(app)]:
        if walked.method == "GET" and not walked.parameters and walked.path != "/live":
            answer = await api.client.get(walked.path, headers=sent)
            assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_key_is_never_in_the_logs(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """Row A102: neither where it belongs nor where somebody put it by mistake."""
    await api.get("/workflows")
    await api.client.get("/api/v1/workflows", params={"key": api.key})
    await api.client.get("/api/v1/workflows", headers={"authorization": f"Basic {api.key}"})
    await api.client.get(f"/api/v1/workflows/{new_id()}", headers={"x-api-key": api.key})
    await api.post("/workflows", {"name": api.key})

    told = capsys.readouterr()
    assert "request" in told.out
    assert api.key not in told.out + told.err
    assert api.key.rpartition("_")[2] not in told.out + told.err
