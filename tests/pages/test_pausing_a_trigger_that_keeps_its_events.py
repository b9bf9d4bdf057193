from typing import Any
from uuid import UUID

import pytest

from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.store.database import execute, fetch_one
from tests.pages.browsing import Browser, Sent, words
from tests.pages.happenings import History
from tests.pages.test_the_limits_of_a_trigger_now import audited, wait_in_lane
from tests.support.world import World


async def state(trigger_id: UUID) -> tuple[bool, bool]:
    row = await fetch_one("SELECT enabled, holds FROM trigger WHERE id = $1", trigger_id)
    assert row is not None
    return row["enabled"], row["holds"]


async def lane(trigger_id: UUID) -> Any:
    return await fetch_one(
        "SELECT due_at <= now() AS is_due, drops_before IS NOT NULL AS drops FROM lane "
        "WHERE trigger_id = $1",
        trigger_id,
    )


@pytest.fixture
async def holding(alice: Browser, world: World, history: History) -> UUID:
    """A trigger that is off and keeps two events."""
    await alice.press("DELETE", f"/triggers/{history.trigger_id}/activation?hold=true")
    await wait_in_lane(
        world, history.trigger_id, "pause", await history.event(), await history.event()
    )
    return history.trigger_id


async def test_its_address_goes_on_accepting(alice: Browser, history: History) -> None:
    path = f"/triggers/{history.trigger_id}/activation?hold=true"
    hook = f"/hooks/{history.saved.row.hook_token}"

    answer = await alice.press("DELETE", path, target="div#show")
    delivered = await alice.client.post(hook, content=b"{}")

    assert "It keeps what comes." in words(answer.text)
    assert await state(history.trigger_id) == (False, True)
    assert delivered.status_code == 202
    assert "keeps events" in await alice.read("/triggers")
    [(_, _, after)] = await audited(history.trigger_id, "disable")
    assert after["holds"] is True


async def test_the_plain_switch_keeps_nothing(alice: Browser, history: History) -> None:
    await alice.press("DELETE", f"/triggers/{history.trigger_id}/activation")

    answer = await alice.client.post(f"/hooks/{history.saved.row.hook_token}", content=b"{}")

    assert await state(history.trigger_id) == (False, False)
    assert answer.status_code == 404


async def test_switching_it_on_asks_what_becomes_of_them(alice: Browser, holding: UUID) -> None:
    path = f"/triggers/{holding}/activation"

    pressed = await alice.press("POST", path, target=f"tr#trigger-{holding}")
    dialog = await alice.read(path)

    assert pressed.headers["hx-redirect"] == path
    assert await state(holding) == (False, True)
    assert "2 events that matched wait for it: the oldest since" in dialog
    assert "2 events wait for it, the oldest since" in await alice.read(f"/triggers/{holding}")


@pytest.mark.parametrize("choice", ["run", "drop"])
async def test_they_run_or_are_dropped(alice: Browser, holding: UUID, choice: str) -> None:
    form = Sent((await alice.get(f"/triggers/{holding}/activation")).text).fields

    await alice.post(f"/triggers/{holding}/activation", {**form, "held": choice})

    assert await state(holding) == (True, False)
    waiting = await lane(holding)
    assert (waiting["is_due"], waiting["drops"]) == (True, choice == "drop")
    [(_, _, after)] = await audited(holding, "enable")
    assert (after["held"], after["held_events"]) == (choice, 2)


async def test_another_answer_is_asked_again(alice: Browser, holding: UUID) -> None:
    answer = await alice.press("POST", f"/triggers/{holding}/activation", {"held": "eat"})

    assert answer.status_code == 422
    assert "Choose what is to become of them." in words(answer.text)
    assert await state(holding) == (False, True)


async def test_the_form_switches_it_on_by_way_of_the_question(
    alice: Browser, holding: UUID
) -> None:
    form = Sent((await alice.get(f"/triggers/{holding}/edit")).text).fields

    answer = await alice.post(f"/triggers/{holding}", {**form, "enabled": "on"})

    assert answer.headers["location"] == f"/triggers/{holding}/activation"
    assert await state(holding) == (False, True)


async def test_switched_on_with_many_others_they_run(alice: Browser, holding: UUID) -> None:
    form = {"act": "enable", "ids": str(holding)}

    await alice.post("/triggers/bulk", form)

    assert await state(holding) == (True, False)
    assert (await lane(holding))["is_due"]


async def test_a_schedule_has_nothing_to_keep(alice: Browser, world: World) -> None:
    made = await alice.post(
        "/triggers",
        {"name": "Daily", "kind": "schedule", "workflow_id": str(await world.workflow()),
         "schedule_form": "cron", "cron": "0 9 * * *", "zone": "UTC", "enabled": "on"},
    )  # fmt: skip
    path = made.headers["location"]

    answer = await alice.press("DELETE", f"{path}/activation?hold=true")

    assert answer.status_code == 400
    assert "Pause and keep events" not in await alice.read(path)


async def test_why_it_switched_itself_off_is_told_until_it_is_on_again(
    alice: Browser, world: World, history: History
) -> None:
    await execute(
        "UPDATE trigger SET enabled = false, switched_off_because = 'Its last 3 failed.' "
        "WHERE id = $1",
        history.trigger_id,
    )
    path = f"/triggers/{history.trigger_id}"

    assert "It switched itself off. Its last 3 failed." in await alice.read(path)
    assert "switched itself off" in await alice.read("/triggers")
    edit = TriggerEdit(enabled=True)
    await edit_trigger(world.alice, world.vault, history.trigger_id, edit)
    assert "switched itself off" not in await alice.read(path)
    assert "switched itself off" not in await alice.read("/triggers")


async def test_a_viewer_pauses_nothing(bob: Browser, history: History) -> None:
    path = f"/triggers/{history.trigger_id}"

    answer = await bob.press("DELETE", f"{path}/activation?hold=true")

    assert answer.status_code == 403
    assert "Pause and keep events" not in await bob.read(path)
    assert await state(history.trigger_id) == (True, False)
