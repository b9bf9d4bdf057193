"""Whom a hook refused, and why: kept for its owner, sampled, bounded, and without secrets."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar

from domain.clock import utc_now
from domain.operations.note_refusals import ROWS_A_MINUTE, Refusal, RefusalSamples
from domain.rules.ids import derived_id, first_id_at, new_id
from domain.store import refused_requests
from domain.store.database import fetch
from domain.store.refused_requests import MOST_OF_A_TRIGGER, NewRefused
from tests.support.web_fixtures import Api, client_of
from tests.support.world import World

REFUSAL = Refusal(401, "bad_signature", "too_old", "POST", "192.0.2.1", [("a", "b")], 7)


@pytest.fixture
async def made(alice: Api, world: World) -> dict[str, Any]:
    return await make(alice, world, scheme="github")


async def make(api: Api, world: World, **config: Any) -> dict[str, Any]:
    workflow_id = str(await world.workflow())
    draft = {"name": "N", "kind": "webhook", "workflow_id": workflow_id, "config": config}
    answer = await api.post("/triggers", draft)
    assert answer.status_code == 201, answer.text
    trigger: dict[str, Any] = answer.json()
    return trigger


async def listed(api: Api, **filters: Any) -> list[dict[str, Any]]:
    answer = await api.get("/refused-requests", **filters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def until_amount(api: Api, amount: int, **filters: Any) -> list[dict[str, Any]]:
    async with asyncio.timeout(10):
        # For rows that are written in the background.
        while sum(row["amount"] for row in await listed(api, **filters)) < amount:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return await listed(api, **filters)


async def test_a_refusal_is_kept_with_its_reason_and_without_secrets(
    alice: Api, made: dict[str, Any]
) -> None:
    mac = "0123456789abcdef" * 4
    headers = {
        "x-hub-signature-256": f"sha256={mac}",
        "authorization": "Bearer of-the-sender",
        "x-api-key": "key-of-the-sender",
        "x-kept": "yes",
    }
    refused = await alice.client.post(made["hook_url"], content=b"{}", headers=headers)
    assert refused.status_code == 401

    (row,) = await until_amount(alice, 1, trigger_id=made["id"])

    assert (row["status"], row["code"], row["reason"]) == (401, "bad_signature", "bad_signature")
    assert (row["method"], row["size"], row["amount"]) == ("POST", 2, 1)
    assert row["address"].startswith("10.")
    kept = dict(row["headers"])
    assert kept["x-kept"] == "yes"
    assert kept["x-hub-signature-256"] == "sha256=01234…"
    assert not {"authorization", "x-api-key"} & set(kept)


async def test_a_signature_is_cut_whatever_its_header_is_called(alice: Api, world: World) -> None:
    made = await make(alice, world, scheme="hmac", header="X-Proof")
    mac = "0123456789abcdef" * 4
    await alice.client.post(made["hook_url"], json={}, headers={"x-proof": mac})
    (row,) = await until_amount(alice, 1, trigger_id=made["id"])
    assert dict(row["headers"])["x-proof"] == "0123456789ab…"


async def test_each_reason_is_told_apart(alice: Api, world: World) -> None:
    config = {"scheme": "none", "max_body_bytes": 10, "addresses": ["10.0.0.0/8"]}
    made = await make(alice, world, **config)
    send = alice.client.request
    await send("PUT", made["hook_url"])
    await send("POST", made["hook_url"], content=b"x" * 11)
    await send("POST", made["hook_url"], headers={"content-encoding": "gzip"})
    await send("POST", made["hook_url"], headers={"webhook-id": "two words"})
    rows = await until_amount(alice, 4, trigger_id=made["id"])
    assert {row["reason"]: row["status"] for row in rows} == {
        "method_not_allowed": 405,
        "too_large": 413,
        "unsupported_encoding": 415,
        "bad_sender_id": 400,
    }
    (one,) = await listed(alice, trigger_id=made["id"], reason="too_large")
    assert (one["status"], one["size"]) == (413, None)


async def test_a21_the_address_is_noted_that_was_refused(
    app: Litestar, alice: Api, world: World
) -> None:
    made = await make(alice, world, scheme="none", addresses=["192.0.2.0/24"])
    async with client_of(app, "::ffff:203.0.113.9") as outsider:
        answer = await outsider.post(
            made["hook_url"], json={}, headers={"x-forwarded-for": "192.0.2.1"}
        )
        assert (answer.status_code, answer.json()["error"]) == (403, "address_not_allowed")
    async with client_of(app, "::ffff:192.0.2.9") as insider:
        assert (await insider.post(made["hook_url"], json={})).status_code == 202
    (row,) = await until_amount(alice, 1, trigger_id=made["id"])
    assert row["address"] == "203.0.113.9"


async def test_a_flood_of_refusals_is_a_few_rows_that_count_all(
    alice: Api, made: dict[str, Any]
) -> None:
    for number in range(100):
        headers = {"x-hub-signature-256": f"sha256={number:064x}"}
        await alice.client.post(made["hook_url"], json={}, headers=headers)
    rows = await until_amount(alice, 100, trigger_id=made["id"])
    assert len(rows) == ROWS_A_MINUTE
    assert sum(row["amount"] for row in rows) == 100


async def test_unknown_hooks_leave_no_trace(alice: Api, made: dict[str, Any]) -> None:
    before = await fetch("SELECT count(*) AS n FROM refused_request")
    for _ in range(3):
        url = made["hook_url"][:-4] + "AAAA"
        assert (await alice.client.post(url, json={})).status_code == 404
    await alice.client.post(made["hook_url"], json={})
    await until_amount(alice, 1, trigger_id=made["id"])
    after = await fetch("SELECT count(*) AS n FROM refused_request")
    assert after[0]["n"] == before[0]["n"] + 1


async def test_the_oldest_of_a_trigger_go_first(world: World) -> None:
    saved = await world.trigger(await world.workflow())
    team_id, trigger_id = world.alice.team_id, saved.row.id
    many = [_row(team_id, trigger_id, new_id()) for _ in range(MOST_OF_A_TRIGGER + 20)]
    many.sort(key=lambda row: row.id)
    for part in (many[:150], many[150:]):
        await refused_requests.store_refused(part)
    rows = await fetch(
        "SELECT id FROM refused_request WHERE trigger_id = $1 ORDER BY id", trigger_id
    )
    assert [row["id"] for row in rows] == [row.id for row in many[20:]]


async def test_after_thirty_days_they_are_forgotten(world: World) -> None:
    saved = await world.trigger(await world.workflow())
    now = utc_now()
    ages = {days: derived_id(first_id_at(now - timedelta(days=days)), days) for days in (29, 31)}
    rows = [_row(world.alice.team_id, saved.row.id, id_) for id_ in ages.values()]
    await refused_requests.store_refused(rows)
    assert await refused_requests.forget_refused(now - timedelta(days=30), 100) == 1
    left = await fetch("SELECT id FROM refused_request WHERE trigger_id = $1", saved.row.id)
    assert [row["id"] for row in left] == [ages[29]]


async def test_the_list_pages_by_key(alice: Api, world: World) -> None:
    saved = await world.trigger(await world.workflow())
    rows = [_row(world.alice.team_id, saved.row.id, new_id()) for _ in range(5)]
    await refused_requests.store_refused(rows)
    seen: list[str] = []
    page: dict[str, Any] = (await alice.get("/refused-requests", limit=2)).json()
    seen += [row["id"] for row in page["items"]]
    while page["next"]:
        page = (await alice.get("/refused-requests", limit=2, cursor=page["next"])).json()
        seen += [row["id"] for row in page["items"]]
    assert seen == sorted((str(row.id) for row in rows), reverse=True)


async def test_others_may_not_see_them(
    bob: Api, charlie: Api, alice: Api, made: dict[str, Any]
) -> None:
    await alice.client.post(made["hook_url"], json={})
    await until_amount(alice, 1)
    assert (await bob.get("/refused-requests")).status_code == 403
    assert await listed(charlie) == await listed(charlie, trigger_id=made["id"]) == []
    assert (await alice.get("/refused-requests", trigger_id="x")).status_code == 400


def test_samples_are_bounded_whoever_floods() -> None:
    samples = RefusalSamples()
    team_id, now = new_id(), utc_now()
    for number in range(5_000):
        trigger_id = derived_id(team_id, number)
        samples.note(team_id, trigger_id, REFUSAL, now, 0.0)
    new, more = samples.take()
    assert (len(new), more) == (500, {})
    samples.note(team_id, derived_id(team_id, 1), REFUSAL, now, 61.0)
    assert len(samples.take()[0]) == 1


def test_what_follows_in_the_same_minute_is_counted_on_the_latest_row() -> None:
    samples, team_id, trigger_id, now = RefusalSamples(), new_id(), new_id(), utc_now()
    for _ in range(ROWS_A_MINUTE + 3):
        samples.note(team_id, trigger_id, REFUSAL, now, 0.0)
    new, _ = samples.take()
    assert [row.amount for row in new] == [1] * (ROWS_A_MINUTE - 1) + [4]
    samples.note(team_id, trigger_id, REFUSAL, now, 59.9)
    assert samples.take() == ([], {new[-1].id: (1, now)})
    samples.note(team_id, trigger_id, REFUSAL, now, 60.0)
    assert len(samples.take()[0]) == 1


def _row(team_id: UUID, trigger_id: UUID, row_id: UUID) -> NewRefused:
    return NewRefused(
        id=row_id,
        team_id=team_id,
        trigger_id=trigger_id,
        status=401,
        code="bad_signature",
        reason="too_old",
        method="POST",
        address="192.0.2.1",
        headers=json.dumps([]),
        size=2,
        amount=1,
        refused_at=utc_now(),
    )
