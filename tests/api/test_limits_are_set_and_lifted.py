import json
from typing import Any
from uuid import UUID

import pytest

from domain.rules.ids import new_id
from domain.store.database import execute, fetch
from tests.pages.happenings import History
from tests.support.web_fixtures import Api
from tests.support.world import World

LIMITS = {
    "rate": [{"most": 100, "per_s": 60}, {"most": 5, "per_s": 1, "key": "$.shop"}],
    "over": "defer",
    "max_wait_s": 3600,
    "concurrency": [{"most": 2}],
}


async def made(alice: Api, world: World, **more: Any) -> dict[str, Any]:
    answer = await alice.post(
        "/triggers",
        {"name": "Orders", "kind": "webhook", "workflow_id": str(await world.workflow()),
         "config": {"scheme": "none"}, **more},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    trigger: dict[str, Any] = answer.json()
    return trigger


async def audited(object_id: UUID) -> list[str]:
    rows = await fetch(
        "SELECT action FROM audit_entry WHERE object_id = $1 ORDER BY created_at", object_id
    )
    return [row["action"] for row in rows]


async def test_a_trigger_is_made_and_edited_with_limits(alice: Api, world: World) -> None:
    trigger = await made(alice, world, limits=LIMITS, disable_after=5)
    path = f"/triggers/{trigger['id']}"

    assert trigger["limits"] == LIMITS
    assert trigger["disable_after"] == 5
    edited = (await alice.patch(path, {"limits": {}, "disable_after": None})).json()
    assert (edited["version"], edited["limits"], edited["disable_after"]) == (2, {}, None)
    assert (await alice.get(path)).json() == edited


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"limits": {"rate": [{"most": 0, "per_s": 1}]}}, "limits.rate.0.most"),
        ({"limits": {"rate": [{"most": 1, "per_s": 1, "key": "x"}]}}, "limits.rate.0.key"),
        ({"limits": {"colour": "red"}}, "limits.colour"),
        ({"limits": {"in_order": {"key": 7}}}, "limits.in_order.key"),
        ({"hold": True}, "hold"),
        ({"enabled": True, "hold": True}, "hold"),
        ({"enabled": True, "held": "eat"}, "held"),
    ],
)
async def test_what_is_wrong_is_named(
    alice: Api, world: World, body: dict[str, Any], field: str
) -> None:
    trigger = await made(alice, world)

    answer = await alice.patch(f"/triggers/{trigger['id']}", body)

    assert answer.status_code == 400
    assert field in {problem["field"] for problem in answer.json()["problems"]}


async def test_a_trigger_is_paused_and_keeps_its_events(alice: Api, world: World) -> None:
    path = f"/triggers/{(await made(alice, world))['id']}"

    off = (await alice.patch(path, {"enabled": False, "hold": True})).json()
    still = (await alice.patch(path, {"enabled": False})).json()
    on = (await alice.patch(path, {"enabled": True, "held": "drop"})).json()

    assert (off["enabled"], off["holds"]) == (False, True)
    assert still["holds"], "what is not said stays"
    assert (on["enabled"], on["holds"]) == (True, False)


async def test_a_manual_trigger_has_nothing_to_keep(alice: Api, world: World) -> None:
    trigger = await made(alice, world, kind="manual", config={})

    answer = await alice.patch(f"/triggers/{trigger['id']}", {"enabled": False, "hold": True})

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "hold"


async def test_how_full_limits_are_is_told(alice: Api, bob: Api, world: World) -> None:
    trigger = await made(alice, world, limits=LIMITS)

    seen = (await bob.get(f"/triggers/{trigger['id']}/limits")).json()

    assert [(w["limit"], w["most"], w["key"], w["count"]) for w in seen["windows"]] == [
        ("trigger", 100, None, 0),
        ("key", 5, "$.shop", 0),
    ]
    assert (seen["waiting"], seen["gates"], seen["lifted_until"]) == ([], [], None)


async def test_an_admin_lifts_the_limits_of_a_trigger(
    alice: Api, editor: Api, world: World
) -> None:
    trigger = await made(alice, world, limits=LIMITS)
    path = f"/triggers/{trigger['id']}"

    assert (await editor.post(f"{path}/limit-lift", {"minutes": 5})).status_code == 403
    assert (await alice.post(f"{path}/limit-lift", {"minutes": 61})).status_code == 400
    lifted = (await alice.post(f"{path}/limit-lift", {"minutes": 5})).json()
    assert (await alice.get(path)).json()["limits_lifted_until"] == lifted["until"]
    assert (await alice.call("DELETE", f"{path}/limit-lift")).status_code == 204
    assert (await alice.get(path)).json()["limits_lifted_until"] is None
    assert (await alice.call("DELETE", f"{path}/limit-lift")).status_code == 204, "it had ended"
    assert await audited(UUID(trigger["id"])) == ["create", "lift_limits", "end_limit_lift"]


async def test_a_lift_ends_by_itself(alice: Api, world: World) -> None:
    trigger = await made(alice, world, limits=LIMITS)
    await alice.post(f"/triggers/{trigger['id']}/limit-lift", {"minutes": 1})

    await execute("UPDATE trigger SET limits_lifted_until = now() WHERE id = $1", trigger["id"])

    assert (await alice.get(f"/triggers/{trigger['id']}")).json()["limits_lifted_until"] is None


async def test_a_teams_windows_are_set_by_its_admins(
    alice: Api, editor: Api, bob: Api, world: World
) -> None:
    windows = [{"most": 500, "per_s": 60, "when_unavailable": "closed"}]

    assert (await editor.call("PUT", "/team/limits", {"rate": windows})).status_code == 403
    assert (await alice.call("PUT", "/team/limits", {"rate": windows})).status_code == 200
    seen = (await bob.get("/team/limits")).json()
    assert seen["rate"] == windows
    assert [(w["limit"], w["most"], w["count"]) for w in seen["windows"]] == [("team", 500, 0)]
    wrong = await alice.call(
        "PUT", "/team/limits", {"rate": [{"most": 1, "per_s": 1, "key": "$.a"}]}
    )
    assert wrong.status_code == 400
    assert wrong.json()["problems"][0]["field"] == "rate.0.key"
    assert "set_limits" in await audited(world.alice.team_id)


async def test_all_limits_of_a_team_are_lifted(alice: Api, bob: Api) -> None:
    assert (await bob.post("/team/limit-lift", {"minutes": 5})).status_code == 403
    until = (await alice.post("/team/limit-lift", {"minutes": 5})).json()["until"]
    assert (await bob.get("/team/limits")).json()["lifted_until"] == until
    assert (await alice.call("DELETE", "/team/limit-lift")).status_code == 204
    assert (await bob.get("/team/limits")).json()["lifted_until"] is None


async def test_a_trace_tells_what_keys_found_to_who_may_see_payloads(
    alice: Api, bob: Api, world: World
) -> None:
    workflow_id = await world.workflow()
    history = History(world, await world.trigger(workflow_id), workflow_id)
    event_id = await history.event()
    full = {"limit": "key", "most": 1, "per_s": 1, "key": "$.a", "value": '"north"', "count": 1,
            "admitted": False, "limiter": "shared"}  # fmt: skip
    everybodys = {**full, "limit": "global", "key": None, "value": None, "count": 123}
    waits = {"for": "limit", "key": '"north"', "behind": 2}
    await history.decision(
        event_id, "deferred", reason="limit", trace={"limits": [full, everybodys], "waits": waits}
    )

    seen = [(await who.get(f"/events/{event_id}")).json() for who in (alice, bob)]

    all_of_it, hidden = (event["decisions"][0]["trace"] for event in seen)
    assert all_of_it["limits"] == [full, {**everybodys, "count": None}]
    assert all_of_it["waits"] == waits
    assert hidden["limits"][0] == {**full, "value": None}
    assert "north" not in json.dumps(hidden)


async def test_others_see_and_lift_nothing(alice: Api, charlie: Api, world: World) -> None:
    trigger = await made(alice, world, limits=LIMITS)

    for id_ in (trigger["id"], new_id(), "x"):
        assert (await charlie.get(f"/triggers/{id_}/limits")).status_code == 404
        lift = await charlie.post(f"/triggers/{id_}/limit-lift", {"minutes": 5})
        assert lift.status_code == 404
        assert (await charlie.call("DELETE", f"/triggers/{id_}/limit-lift")).status_code == 404
