"""Backtests over the API: started, watched, read in pages, canceled, deleted."""

from typing import Any

import pytest

from domain.rules.ids import new_id
from domain.store.database import fetch
from tests.backtests.conftest import LARGE, LARGER, Trials, trials
from tests.support.web_fixtures import Api

__all__ = ["trials"]


async def test_one_is_started_runs_and_is_read(alice: Api, trials: Trials) -> None:
    await trials.totals(50, 150, 300)
    path = f"/triggers/{trials.history.trigger_id}/backtests"

    made = await alice.post(path, {"conditions": LARGER, "last": 2})

    assert made.status_code == 201
    shown = made.json()
    assert (shown["state"], shown["total"], shown["last"]) == ("queued", None, 2)
    assert (shown["conditions"], shown["live_conditions"]) == (LARGER, LARGE)
    (row,) = await fetch("SELECT id FROM backtest WHERE id = $1::uuid", shown["id"])
    await trials.run(row["id"])
    ended = (await alice.get(f"{path}/{shown['id']}")).json()
    assert (ended["state"], ended["total"], ended["judged"]) == ("done", 2, 2)
    assert (ended["no_longer_fires"], ended["same_fired"]) == (1, 1)
    listed = (await alice.get(path)).json()
    assert (listed["items"], listed["next"]) == ([ended], None)


async def test_its_events_come_in_pages_by_outcome(alice: Api, trials: Trials) -> None:
    events = await trials.totals(150, 300, 160, 170)
    made = await trials.start(LARGER)
    await trials.run(made)
    path = f"/triggers/{trials.history.trigger_id}/backtests/{made}/events"

    first = (await alice.get(path, outcome="no_longer_fires", limit=2)).json()
    second = (
        await alice.get(path, outcome="no_longer_fires", limit=2, cursor=first["next"])
    ).json()

    ids = [item["id"] for page in (first, second) for item in page["items"]]
    assert ids == [str(events[place]) for place in (3, 2, 0)]
    assert second["next"] is None
    assert first["items"][0]["live"] == "matched"
    assert first["items"][0]["edited"] == "not_matched"
    assert len((await alice.get(path, outcome="same")).json()["items"]) == 1
    assert len((await alice.get(path)).json()["items"]) == 4


async def test_a_time_is_asked_for_as_lists_do(alice: Api, trials: Trials) -> None:
    path = f"/triggers/{trials.history.trigger_id}/backtests"
    span = {"received_after": "2026-11-01T00:00:00Z", "received_before": "2026-11-02T00:00:00Z"}

    made = (await alice.post(path, {"conditions": None, **span})).json()

    assert {name: made[name] for name in span} == span
    assert made["last"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "conditions"),
        ({"conditions": LARGE, "first": 1}, "first"),
        ({"conditions": {"all": [{"path": "$.a", "op": "is"}]}}, "conditions.all.0.op"),
        ({"conditions": LARGE, "last": 0}, "last"),
        ({"conditions": LARGE, "last": 100_001}, "last"),
        ({"conditions": LARGE, "last": "5"}, "last"),
        ({"conditions": LARGE, "last": 10**30}, "last"),
        ({"conditions": LARGE, "received_after": "soon"}, "received_after"),
        ({"conditions": LARGE, "last": 5, "received_after": "2026-11-01T00:00:00Z"}, "last"),
    ],
)
async def test_what_cannot_be_tried_is_refused_at_its_field(
    alice: Api, trials: Trials, body: dict[str, Any], field: str
) -> None:
    answer = await alice.post(f"/triggers/{trials.history.trigger_id}/backtests", body)

    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]


async def test_an_outcome_that_there_is_not_is_refused(alice: Api, trials: Trials) -> None:
    made = await trials.start()
    path = f"/triggers/{trials.history.trigger_id}/backtests/{made}/events"

    answer = await alice.get(path, outcome="better")

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "outcome"


async def test_it_is_canceled_once_and_deleted_once(alice: Api, trials: Trials) -> None:
    made = await trials.start()
    path = f"/triggers/{trials.history.trigger_id}/backtests/{made}"

    canceled = await alice.call("POST", f"{path}/cancellation")
    assert (canceled.status_code, canceled.json()["state"]) == (200, "canceled")
    assert (await alice.call("POST", f"{path}/cancellation")).status_code == 409

    assert (await alice.call("DELETE", path)).status_code == 204
    assert (await alice.call("DELETE", path)).status_code == 404
    found = await fetch("SELECT action FROM audit_entry WHERE object_id = $1 ORDER BY id", made)
    assert [row["action"] for row in found] == ["start", "cancel", "delete"]


async def test_a_fourth_one_at_a_time_is_a_conflict(alice: Api, trials: Trials) -> None:
    path = f"/triggers/{trials.history.trigger_id}/backtests"
    answers = [await alice.post(path, {"conditions": None}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 409]
    assert "Three backtests of your team" in answers[3].text


async def test_who_may(alice: Api, editor: Api, bob: Api, charlie: Api, trials: Trials) -> None:
    made = await trials.start()
    base = f"/triggers/{trials.history.trigger_id}/backtests"
    path = f"{base}/{made}"
    for each in (base, path, f"{path}/events"):
        assert (await bob.get(each)).status_code == 200
        assert (await charlie.get(each)).status_code == 404
    for method, each, body in (
        ("POST", base, {"conditions": None}),
        ("POST", f"{path}/cancellation", None),
        ("DELETE", path, None),
    ):
        assert (await bob.call(method, each, body)).status_code == 403
        assert (await charlie.call(method, each, body)).status_code == 404
    assert (await alice.get(f"{base}/{new_id()}")).status_code == 404
    assert (await alice.get(f"{base}/x")).status_code == 404
    other = await trials.world.trigger(trials.history.workflow_id)
    assert (await alice.get(f"/triggers/{other.row.id}/backtests/{made}")).status_code == 404
    assert (await editor.call("DELETE", path)).status_code == 204
