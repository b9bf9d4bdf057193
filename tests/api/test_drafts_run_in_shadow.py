from typing import Any

import pytest

from domain.store.database import execute
from tests.support.web_fixtures import Api
from tests.support.world import World

OVER_200 = {"all": [{"path": "$.total", "op": "gt", "value": 200}]}


@pytest.fixture
async def path(world: World) -> str:
    saved = await world.trigger(await world.workflow())
    return f"/triggers/{saved.row.id}"


async def started(alice: Api, path: str, conditions: Any = None) -> dict[str, Any]:
    answer = await alice.call("PUT", f"{path}/shadow", {"conditions": conditions})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_a_draft_is_started_shown_and_discarded(alice: Api, bob: Api, path: str) -> None:
    assert (await alice.get(f"{path}/shadow")).status_code == 404
    shown = await started(alice, path, OVER_200)

    assert (shown["state"], shown["conditions"]) == ("running", OVER_200)
    assert (shown["live_version"], shown["counts"]["judged"]) == (1, 0)
    assert (await bob.get(f"{path}/shadow")).json() == shown
    assert (await alice.call("DELETE", f"{path}/shadow")).status_code == 204
    assert (await alice.get(f"{path}/shadow")).status_code == 404
    assert (await alice.call("DELETE", f"{path}/shadow")).status_code == 404


async def test_another_draft_takes_the_place_of_the_first(alice: Api, path: str) -> None:
    first, second = await started(alice, path, OVER_200), await started(alice, path)

    assert first["id"] != second["id"]
    assert (await alice.get(f"{path}/shadow")).json()["id"] == second["id"]
    late = await alice.post(f"{path}/shadow/promotion", {"shadow_id": first["id"]})
    assert late.status_code == 409


async def test_promoted_it_is_the_triggers_next_version(alice: Api, path: str) -> None:
    shadow = await started(alice, path, OVER_200)
    stale = await alice.post(f"{path}/shadow/promotion", {"revision": 7})

    done = await alice.post(f"{path}/shadow/promotion", {"shadow_id": shadow["id"], "revision": 1})

    assert stale.status_code == 409
    assert done.status_code == 201
    assert (done.json()["version"], done.json()["conditions"]) == (2, OVER_200)
    assert (await alice.get(f"{path}/shadow")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "conditions"),
        ({"conditions": {"all": [{"path": "$.a", "op": "gt"}]}}, "conditions.all.0.value"),
        ({"conditions": 7}, "conditions"),
        ({"conditions": None, "more": 1}, "more"),
    ],
)
async def test_what_cannot_be_a_draft_is_refused_at_its_field(
    alice: Api, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await alice.call("PUT", f"{path}/shadow", body)

    assert answer.status_code == 400
    assert field in {problem["field"] for problem in answer.json()["problems"]}


async def test_disagreements_are_paged_and_narrowed_by_kind(
    alice: Api, world: World, path: str
) -> None:
    assert (await alice.get(f"{path}/shadow/disagreements")).status_code == 404
    shadow = await started(alice, path)
    await execute(
        "INSERT INTO shadow_disagreement (shadow_id, event_id, team_id, kind, live, draft, "
        "trigger_version) SELECT $1, gen_random_uuid(), $2, CASE WHEN n % 3 = 0 THEN 'error' ELSE "
        "'only_live' END, 'matched', CASE WHEN n % 3 = 0 THEN 'error' ELSE 'not_matched' END, 1 "
        "FROM generate_series(1, 9) n",
        shadow["id"], world.alice.team_id,
    )  # fmt: skip

    seen: list[str] = []
    cursor = None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = (await alice.get(f"{path}/shadow/disagreements", limit=4, **more)).json()
        seen += [item["event_id"] for item in page["items"]]
        if not (cursor := page["next"]):
            break
    errors = (await alice.get(f"{path}/shadow/disagreements", kind="error")).json()["items"]

    assert len(set(seen)) == 9
    assert seen == sorted(seen, reverse=True)
    assert {(each["kind"], each["draft"]) for each in errors} == {("error", "error")}
    assert len(errors) == 3
    unknown = await alice.get(f"{path}/shadow/disagreements", kind="other")
    assert unknown.status_code == 400


async def test_viewers_see_editors_act_and_others_find_nothing(
    editor: Api, bob: Api, charlie: Api, path: str
) -> None:
    await started(editor, path, OVER_200)
    for method, rest in (("PUT", ""), ("DELETE", ""), ("POST", "/promotion")):
        body = {"conditions": None} if method == "PUT" else {}
        sent = None if method == "DELETE" else body
        assert (await bob.call(method, f"{path}/shadow{rest}", sent)).status_code == 403
        assert (await charlie.call(method, f"{path}/shadow{rest}", sent)).status_code == 404
    assert (await charlie.get(f"{path}/shadow")).status_code == 404
    assert (await editor.get(f"{path}/shadow")).status_code == 200
