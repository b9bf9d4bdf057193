import json
from typing import Any
from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import fetch
from tests.pages.browsing import Browser, rows
from tests.pages.happenings import History


async def audited(trigger_id: UUID) -> list[tuple[str, str, Any]]:
    found = await fetch(
        "SELECT action, actor_name, after FROM audit_entry WHERE object_id = $1 "
        "ORDER BY created_at",
        trigger_id,
    )
    return [
        (row["action"], row["actor_name"], json.loads(row["after"])["enabled"]) for row in found
    ]


async def test_the_switch_answers_with_the_row_as_it_is_in_the_database(
    alice: Browser, history: History
) -> None:
    path, target = f"/triggers/{history.trigger_id}/activation", f"tr#trigger-{history.trigger_id}"

    off = await alice.press("DELETE", path, target=target)
    on = await alice.press("POST", path, target=target)

    assert off.status_code == on.status_code == 200
    assert off.text.strip().startswith(f'<tr id="trigger-{history.trigger_id}">')
    assert 'aria-checked="false"' in off.text
    assert "Paused" in off.text
    assert 'aria-checked="true"' in on.text


async def test_the_button_of_the_triggers_page_answers_with_that_page(
    alice: Browser, history: History
) -> None:
    path = f"/triggers/{history.trigger_id}/activation"

    off = await alice.press("DELETE", path, target="div#show")

    assert off.text.strip().startswith('<div id="show"')
    assert "Switch on" in off.text
    assert 'aria-checked="false"' in off.text


async def test_each_press_is_on_record(alice: Browser, history: History) -> None:
    path = f"/triggers/{history.trigger_id}/activation"

    await alice.press("DELETE", path)
    await alice.press("POST", path)

    _, *pressed = await audited(history.trigger_id)
    assert pressed == [("disable", "Alice", False), ("enable", "Alice", True)]


async def test_without_scripts_it_leads_to_the_triggers_page(
    alice: Browser, history: History
) -> None:
    answer = await alice.post(f"/triggers/{history.trigger_id}/activation")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/triggers/{history.trigger_id}"


async def test_switching_makes_no_new_version(alice: Browser, history: History) -> None:
    await alice.press("DELETE", f"/triggers/{history.trigger_id}/activation")

    found = await fetch("SELECT id FROM trigger_version WHERE trigger_id = $1", history.trigger_id)
    assert len(found) == 1


async def test_what_does_not_exist_cannot_be_switched(alice: Browser) -> None:
    for id_ in (new_id(), "x"):
        assert (await alice.press("POST", f"/triggers/{id_}/activation")).status_code == 404


async def test_a_deleted_trigger_is_gone_from_the_list_and_its_page(
    alice: Browser, history: History
) -> None:
    answer = await alice.press("DELETE", f"/triggers/{history.trigger_id}")

    assert answer.headers["hx-redirect"] == "/triggers"
    assert rows((await alice.get("/triggers")).text) == []
    assert (await alice.get(f"/triggers/{history.trigger_id}")).status_code == 404
    assert (await alice.get(f"/triggers/{history.trigger_id}/edit")).status_code == 404


async def test_the_events_of_a_deleted_trigger_stay(alice: Browser, history: History) -> None:
    event_id = await history.event(title="kept")
    await alice.press("DELETE", f"/triggers/{history.trigger_id}")

    assert "kept" in await alice.read("/events")
    assert "kept" in await alice.read(f"/events/{event_id}")
