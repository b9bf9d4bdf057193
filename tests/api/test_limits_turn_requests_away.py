"""A trigger whose limits refuse: 429 at the door, nothing stored, and noted for its owner."""

import asyncio
from typing import Any

import pytest

from domain.store.database import fetch
from tests.support.web_fixtures import Api
from tests.support.world import World

REFUSING = {"rate": [{"most": 3, "per_s": 60}], "over": "refuse"}


async def made(api: Api, world: World, limits: dict[str, Any] | None = None) -> dict[str, Any]:
    draft = {
        "name": "N", "kind": "webhook", "workflow_id": str(await world.workflow()),
        "config": {"scheme": "none"}, "limits": REFUSING if limits is None else limits,
    }  # fmt: skip
    answer = await api.post("/triggers", draft)
    assert answer.status_code == 201, answer.text
    trigger: dict[str, Any] = answer.json()
    return trigger


async def deliver(api: Api, trigger: dict[str, Any], webhook_id: str | None = None) -> Any:
    headers = {} if webhook_id is None else {"webhook-id": webhook_id}
    return await api.client.post(trigger["hook_url"], json={"a": 1}, headers=headers)


async def statuses(api: Api, trigger: dict[str, Any], number: int) -> list[int]:
    answers = await asyncio.gather(*(deliver(api, trigger) for _ in range(number)))
    return sorted(answer.status_code for answer in answers)


async def events_of(trigger: dict[str, Any]) -> int:
    (row,) = await fetch("SELECT count(*) FROM event WHERE trigger_id = $1", trigger["id"])
    return int(row["count"])


async def test_what_is_above_the_limit_is_told_when_to_come_again(alice: Api, world: World) -> None:
    trigger = await made(alice, world)

    assert await statuses(alice, trigger, 8) == [202] * 3 + [429] * 5

    refused = await deliver(alice, trigger)
    assert refused.json()["error"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert await events_of(trigger) == 3


async def test_its_owner_sees_what_was_turned_away(alice: Api, world: World) -> None:
    trigger = await made(alice, world)
    await statuses(alice, trigger, 5)

    async with asyncio.timeout(10):
        found: list[dict[str, Any]] = []
        while sum(row["amount"] for row in found) < 2:
            await asyncio.sleep(0.05)
            answer = await alice.get("/refused-requests", trigger_id=trigger["id"])
            found = answer.json()["items"]

    assert {(row["status"], row["reason"]) for row in found} == {(429, "rate_limited")}


async def test_a_repeat_takes_no_place(alice: Api, world: World) -> None:
    trigger = await made(alice, world)

    answers = [await deliver(alice, trigger, "one") for _ in range(5)]
    assert [answer.json()["duplicate"] for answer in answers] == [False, True, True, True, True]

    assert await statuses(alice, trigger, 4) == [202, 202, 429, 429]


async def test_windows_of_the_team_turn_away_as_well(alice: Api, world: World) -> None:
    await fetch(
        """UPDATE team SET rate_limits = '[{"most": 2, "per_s": 60}]' WHERE id = $1""",
        world.alice.team_id,
    )
    refusing = await made(alice, world)
    assert await statuses(alice, refusing, 4) == [202, 202, 429, 429]

    deferring = await made(alice, world, {"rate": [{"most": 1, "per_s": 60}]})
    assert await statuses(alice, deferring, 4) == [202] * 4


@pytest.mark.parametrize("whose", ["trigger", "team"])
async def test_a_lifted_limit_turns_nobody_away(alice: Api, world: World, whose: str) -> None:
    trigger = await made(alice, world)
    row = trigger["id"] if whose == "trigger" else world.alice.team_id
    await fetch(
        f"UPDATE {whose} SET limits_lifted_until = now() + interval '1 minute' WHERE id = $1", row
    )

    assert await statuses(alice, trigger, 6) == [202] * 6


async def test_what_only_a_webhook_can_do_is_refused_elsewhere(alice: Api, world: World) -> None:
    draft = {
        "name": "N", "kind": "manual", "workflow_id": str(await world.workflow()), "config": {},
        "limits": REFUSING,
    }  # fmt: skip

    answer = await alice.post("/triggers", draft)

    assert answer.status_code == 400
    assert answer.json()["problems"] == [
        {"field": "limits.over", "message": "only the requests of a webhook can be refused"}
    ]
