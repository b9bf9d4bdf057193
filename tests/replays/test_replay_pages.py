"""The form of a replay, the button that cancels, and what an execution's page tells of both."""

import asyncio
from uuid import UUID

import pytest

from domain.rules.ids import new_id
from domain.store.database import fetch, fetch_one
from tests.pages.browsing import Browser, Sent, words
from tests.pages.conftest import alice, app, bob, charlie, client, history, settings, store
from tests.pages.happenings import History

__all__ = ["alice", "app", "bob", "charlie", "client", "history", "settings", "store"]


@pytest.fixture
async def dead(history: History) -> UUID:
    execution_id = await history.execution("dead", reason="bad_status")
    await history.attempt(execution_id, 1, "failed", message="The target answered 503.")
    return execution_id


def form_of(markup: str) -> dict[str, str]:
    return Sent(markup.split('id="form"')[1].split("</form>", maxsplit=1)[0]).fields


async def replays(execution_id: UUID) -> list[UUID]:
    rows = await fetch("SELECT id FROM execution WHERE replay_of = $1", execution_id)
    return [row["id"] for row in rows]


async def test_it_is_replayed_as_it_was_and_both_pages_lead_to_each_other(
    alice: Browser, dead: UUID
) -> None:
    here = f"/executions/{dead}/replays"
    form = form_of((await alice.get(here)).text)

    answer = await alice.post(here, form)

    (made,) = await replays(dead)
    assert answer.headers["location"] == f"/executions/{made}"
    assert "Replay It repeats an earlier execution" in await alice.read(f"/executions/{made}")
    original = await alice.get(f"/executions/{dead}")
    assert f'href="/executions/{made}"' in original.text
    assert "Replays Queued version 1" in words(original.text)
    (event,) = await fetch("SELECT count(DISTINCT event_id) AS events FROM execution "
                           "WHERE id = $1 OR replay_of = $1", dead)  # fmt: skip
    assert event["events"] == 1
    assert "Queued Replay" in await alice.read("/executions")


async def test_a_payload_that_was_edited_makes_a_new_event(alice: Browser, dead: UUID) -> None:
    here = f"/executions/{dead}/replays"
    form = form_of((await alice.get(here)).text)
    assert form["payload"] == '{\n  "order": {\n    "id": 7\n  }\n}'

    await alice.post(here, {**form, "payload": '{"order": {"id": 8}}'})

    row = await fetch_one("SELECT e.id, e.body FROM execution x JOIN event e ON e.id = x.event_id "
                          "WHERE x.replay_of = $1", dead)  # fmt: skip
    assert row is not None
    assert row["body"] == b'{"order":{"id":8}}'
    page = await alice.read(f"/events/{row['id']}")
    assert "Replay of The event whose payload was edited" in page
    assert "Somebody replayed an execution with this payload" in page
    assert "Judged again, this event comes to another result" not in page


async def test_sent_twice_it_makes_one_replay_and_says_so(alice: Browser, dead: UUID) -> None:
    here = f"/executions/{dead}/replays"
    form = form_of((await alice.get(here)).text)

    answers = await asyncio.gather(*(alice.post(here, form) for _ in range(3)))

    refused = next(each for each in answers if each.status_code == 409)
    assert sorted(each.status_code for each in answers) == [303, 409, 409]
    assert "It was replayed after you looked" in words(refused.text)
    assert len(await replays(dead)) == 1
    once_more = await alice.post(here, form_of(refused.text))
    assert once_more.status_code == 303
    assert len(await replays(dead)) == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"payload": '{"half'}, "See line 1"),
        ({"version": "other"}, "Must be one of same, newest"),
        ({"start": "middle"}, "Must be one of beginning, failed_step"),
    ],
)
async def test_faults_are_told_at_their_fields_and_what_was_typed_stays(
    alice: Browser, dead: UUID, changes: dict[str, str], told: str
) -> None:
    here = f"/executions/{dead}/replays"
    form = {**form_of((await alice.get(here)).text), **changes}

    answer = await alice.post(here, form)

    assert answer.status_code == 422
    assert told in words(answer.text)
    assert form_of(answer.text)["payload"] == form["payload"]
    assert not await replays(dead)


async def test_a_body_that_is_no_json_is_replayed_as_it_came(
    alice: Browser, history: History
) -> None:
    event_id = await history.event(b"\xff\x00", content_type="application/octet-stream")
    dead = await history.execution("dead", event_id=event_id)
    here = f"/executions/{dead}/replays"
    page = await alice.get(here)

    refused = await alice.post(here, {**form_of(page.text), "payload": "{}"})
    await alice.post(here, form_of(page.text))

    assert "The body is not JSON, so it cannot be edited here." in words(page.text)
    assert refused.status_code == 422
    assert len(await replays(dead)) == 1


async def test_what_has_not_ended_offers_to_be_canceled_and_then_to_be_replayed(
    alice: Browser, history: History
) -> None:
    running = await history.execution("running")
    here = f"/executions/{running}"
    assert "It has not ended yet" in await alice.read(f"{here}/replays")
    assert (await alice.post(f"{here}/replays", {})).status_code == 409

    first = await alice.press("POST", f"{here}/cancellation", target="div#show")
    second = await alice.press("POST", f"{here}/cancellation", target="div#show")

    assert (first.status_code, second.status_code) == (200, 409)
    assert "Somebody canceled it." in words(first.text)
    assert "Replay …" in words(first.text)
    assert "has ended already" in words(second.text)
    (entry,) = await fetch("SELECT before ->> 'state' AS state FROM audit_entry "
                           "WHERE object_id = $1 AND action = 'cancel'", running)  # fmt: skip
    assert entry["state"] == "running"


@pytest.mark.parametrize("state", ["queued", "retrying", "unknown"])
async def test_whatever_has_not_ended_can_be_canceled(
    alice: Browser, history: History, state: str
) -> None:
    execution_id = await history.execution(state)

    answer = await alice.press("POST", f"/executions/{execution_id}/cancellation")

    assert answer.status_code == 200
    assert "It waits for a worker." not in words(answer.text)
    row = await fetch_one("SELECT state FROM execution WHERE id = $1", execution_id)
    assert row is not None
    assert row["state"] == "canceled"


async def test_viewers_may_not_and_others_find_nothing(
    bob: Browser, charlie: Browser, alice: Browser, dead: UUID
) -> None:
    for path in (f"/executions/{dead}/replays", f"/executions/{dead}/cancellation"):
        assert (await bob.post(path, {})).status_code == 403
        assert (await charlie.post(path, {})).status_code == 404
        assert (await alice.post(path.replace(str(dead), str(new_id())), {})).status_code == 404
        assert (await alice.post(path.replace(str(dead), "x"), {})).status_code == 404
        assert (await alice.client.post(path, data={})).status_code == 403
    assert "Replay …" not in await bob.read(f"/executions/{dead}")
    assert not await replays(dead)
