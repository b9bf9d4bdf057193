import json
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar

from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.rules.ids import new_id
from domain.senders import SENDERS
from domain.store.database import fetch
from tests.pages.browsing import Browser, open_browser, words
from tests.pages.happenings import History
from tests.support.world import World

OPENED = {"all": [{"path": "$.action", "op": "eq", "value": "opened"}]}
FORM = {"body": '{"action": "opened"}', "content_type": "application/json", "headers": ""}


async def stored(trigger_id: UUID) -> list[Any]:
    return list(
        await fetch(
            "SELECT id, headers, body, sender_id, content_type FROM event WHERE trigger_id = $1 "
            "ORDER BY id",
            trigger_id,
        )
    )


async def send(browser: Browser, trigger_id: UUID, **changes: str) -> str:
    answer = await browser.press(
        "POST", f"/triggers/{trigger_id}/test-events", {**FORM, **changes}, "section#test"
    )
    assert answer.status_code in {200, 422}, answer.status_code
    return answer.text


@pytest.mark.parametrize("scheme", SENDERS)
async def test_it_is_signed_for_real_and_passes_the_real_door(
    alice: Browser, world: World, scheme: str
) -> None:
    saved = await world.trigger(await world.workflow(), scheme=scheme)

    told = words(await send(alice, saved.row.id, body=SENDERS[scheme].sample_body().decode()))

    [event] = await stored(saved.row.id)
    assert "Accepted 202 application/json The event is on disk and will be judged." in told
    assert f'"event_id": "{event["id"]}"' in told
    assert "Received" in told
    assert saved.secret is None or saved.secret not in told


async def test_the_event_is_marked_as_a_test_and_shown_as_one(alice: Browser, world: World) -> None:
    saved = await world.trigger(await world.workflow(), scheme="github")

    await send(alice, saved.row.id)

    [event] = await stored(saved.row.id)
    assert ["signalbox-test", "1"] in json.loads(event["headers"])
    page = (await alice.get(f"/triggers/{saved.row.id}")).text
    assert '<span class="tag test">Test</span>' in page


async def test_each_has_an_id_of_its_own(alice: Browser, world: World) -> None:
    saved = await world.trigger(await world.workflow(), scheme="standard")

    for _ in range(2):
        assert "Accepted" in await send(alice, saved.row.id)

    first, second = await stored(saved.row.id)
    assert first["sender_id"] != second["sender_id"]
    assert first["sender_id"].startswith("test_")


@pytest.mark.parametrize("scheme", SENDERS)
async def test_the_same_body_can_be_sent_again(alice: Browser, world: World, scheme: str) -> None:
    saved = await world.trigger(await world.workflow(), scheme=scheme)
    body = SENDERS[scheme].sample_body().decode()

    told = [await send(alice, saved.row.id, body=body) for _ in range(2)]

    assert all("Accepted" in each for each in told)
    assert len(await stored(saved.row.id)) == 2


async def test_a_given_header_takes_the_place_of_a_signature_and_the_refusal_is_in_words(
    alice: Browser, world: World
) -> None:
    saved = await world.trigger(await world.workflow(), scheme="github")

    told = words(await send(alice, saved.row.id, headers="X-Hub-Signature-256: sha256=00"))

    assert "Refused 401" in told
    assert "None of the trigger's secrets makes the signature that came." in told
    assert await stored(saved.row.id) == []


async def test_a_trigger_that_is_switched_off_says_so(alice: Browser, world: World) -> None:
    saved = await world.trigger(await world.workflow())
    await set_trigger_enabled(world.alice, world.vault, saved.row.id, enabled=False)

    told = words(await send(alice, saved.row.id))

    assert (
        "Refused 404 application/json The address answers 404: the trigger is switched off" in told
    )


async def test_one_that_keeps_what_comes_while_it_is_off_says_so(
    alice: Browser, world: World
) -> None:
    saved = await world.trigger(await world.workflow(), when_disabled="keep")
    await set_trigger_enabled(world.alice, world.vault, saved.row.id, enabled=False)

    told = words(await send(alice, saved.row.id))

    assert "Accepted 202" in told
    assert "It is decided as Paused and starts nothing." in told
    assert len(await stored(saved.row.id)) == 1


async def test_what_the_address_answers_by_itself_is_no_event(alice: Browser, world: World) -> None:
    saved = await world.trigger(await world.workflow(), scheme="slack")
    body = '{"type": "url_verification", "challenge": "c-7"}'

    told = words(await send(alice, saved.row.id, body=body))

    assert "Answered 200" in told
    assert "c-7" in told
    assert await stored(saved.row.id) == []


async def test_a_repeat_says_which_event_came_first(alice: Browser, world: World) -> None:
    saved = await world.trigger(await world.workflow())
    header = "Idempotency-Key: order-7"

    await send(alice, saved.row.id, headers=header)
    told = words(await send(alice, saved.row.id, headers=header))

    [event] = await stored(saved.row.id)
    assert (
        "Duplicate 202 application/json An event with the same id of the sender came before" in told
    )
    assert str(event["id"]) in told


async def test_an_answer_of_the_triggers_own_still_leads_to_the_event(
    alice: Browser, world: World
) -> None:
    answer = {"status": 200, "body": "thanks", "content_type": "text/plain"}
    saved = await world.trigger(await world.workflow(), answer=answer)

    told = await send(alice, saved.row.id)

    [event] = await stored(saved.row.id)
    assert "Accepted 200" in words(told)
    assert f'data-live="event:{event["id"]}"' in told


async def test_a_change_of_the_last_second_is_in_force(alice: Browser, world: World) -> None:
    saved = await world.trigger(await world.workflow(), scheme="github")
    assert "Accepted" in await send(alice, saved.row.id)

    await edit_trigger(
        world.alice, world.vault, saved.row.id, TriggerEdit(config={"scheme": "standard"})
    )

    assert "Accepted" in await send(alice, saved.row.id)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ("no colon", "Must read Name: value, and not no colon."),
        ("Bad Name: 1", "Must read Name: value, and not Bad Name: 1."),
        ("X-Pound: £\nX: €", "Must read Name: value, and not X: €."),
        ("Content-Length: 3", "Content-Length is set by HTTP itself."),
    ],
)
async def test_headers_that_cannot_be_sent_are_refused_with_everything_kept(
    alice: Browser, history: History, headers: str, message: str
) -> None:
    told = words(await send(alice, history.trigger_id, headers=headers, body="{ mine"))

    assert message in told
    assert "{ mine" in told
    assert await stored(history.trigger_id) == []


async def test_the_body_is_sent_as_it_was_typed(alice: Browser, history: History) -> None:
    await send(alice, history.trigger_id, body="<x>\r\né</x>", content_type="text/xml")

    [event] = await stored(history.trigger_id)
    assert event["body"] == "<x>\né</x>".encode()
    assert event["content_type"] == "text/xml"


async def test_the_form_begins_with_a_sample_that_meets_the_conditions(
    alice: Browser, world: World
) -> None:
    saved = await world.trigger(await world.workflow(), scheme="github", conditions=OPENED)

    page = await alice.read(f"/triggers/{saved.row.id}/test-events/new")

    assert '"action": "opened"' in page


async def test_the_last_events_body_can_be_taken(alice: Browser, history: History) -> None:
    path = f"/triggers/{history.trigger_id}/test-events/new?body=last"
    assert "No event has come yet" in await alice.read(path)

    await history.event(b'{"came": "last"}')
    assert '{"came": "last"}' in await alice.read(path)

    await history.event(b"\xff\xfe")
    assert "body is not text" in await alice.read(path)


async def test_the_outcome_is_shown_as_it_is_by_now(alice: Browser, history: History) -> None:
    event_id = await history.event()
    path = f"/triggers/{history.trigger_id}/test-events/{event_id}"
    assert "waits to be judged" in await alice.read(path)

    await history.execution("succeeded", event_id=event_id)

    part = (await alice.get(path, htmx=True)).text
    assert part.strip().startswith("<section")
    assert f'data-live-src="{path}"' in part
    assert "Succeeded" in words(part)


async def test_another_triggers_event_is_not_its_outcome(
    alice: Browser, history: History, world: World
) -> None:
    other = await world.trigger(history.workflow_id)
    event_id = await history.event()

    path = f"/triggers/{other.row.id}/test-events"
    assert (await alice.get(f"{path}/{event_id}")).status_code == 404
    assert (await alice.get(f"{path}/{new_id()}")).status_code == 404


async def test_who_sent_what_is_on_record(alice: Browser, history: History) -> None:
    await send(alice, history.trigger_id, headers="X-Token: not for the record")

    [entry] = await fetch(
        "SELECT actor_name, after FROM audit_entry WHERE object_id = $1 AND action = $2",
        history.trigger_id,
        "send_test_event",
    )
    after = json.loads(entry["after"])
    assert entry["actor_name"] == "Alice"
    assert after["headers"] == ["X-Token"]
    assert after["size"] == len(FORM["body"])
    assert "not for the record" not in entry["after"]


async def test_a_viewer_neither_sees_the_form_nor_sends(bob: Browser, history: History) -> None:
    page = (await bob.get(f"/triggers/{history.trigger_id}")).text
    answer = await bob.press("POST", f"/triggers/{history.trigger_id}/test-events", FORM)

    assert "Send a test event" not in page
    assert answer.status_code == 403
    assert await stored(history.trigger_id) == []


async def test_an_editor_may_send(app: Litestar, history: History) -> None:
    async with open_browser(app, history.world.alice, "editor") as erin:
        assert "Accepted" in await send(erin, history.trigger_id)


async def test_another_team_sends_nothing(charlie: Browser, history: History) -> None:
    path = f"/triggers/{history.trigger_id}/test-events"
    assert (await charlie.press("POST", path, FORM)).status_code == 404
    assert (await charlie.get(f"{path}/new")).status_code == 404
    assert await stored(history.trigger_id) == []


async def test_nothing_is_sent_without_the_forms_token(alice: Browser, history: History) -> None:
    stranger = Browser(alice.client, "0" * 64)
    answer = await stranger.press("POST", f"/triggers/{history.trigger_id}/test-events", FORM)
    assert answer.status_code == 403
    assert await stored(history.trigger_id) == []
