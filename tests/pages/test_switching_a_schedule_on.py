"""Before a schedule is switched on, its page says what would run, and asks."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.clock import utc_now
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.store.database import execute, fetch
from domain.store.slots import slot_id
from tests.pages.browsing import Browser, Sent, words
from tests.pages.happenings import History
from tests.support.world import World

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
async def off(world: World) -> UUID:
    """A schedule of Alice's that is off; what came due meanwhile is up to the test."""
    draft = TriggerDraft(
        name="Every 10 minutes",
        kind="schedule",
        workflow_id=await world.workflow(),
        config={"form": "cron", "cron": "*/10 * * * *", "catch_up_window_s": 604_800},
    )
    saved = await create_trigger(world.alice, world.vault, draft)
    await set_trigger_enabled(world.alice, world.vault, saved.row.id, enabled=False)
    return saved.row.id


async def come_due(world: World, trigger_id: UUID, slots: int) -> None:
    """As if so many slots had come due while it was off, none of them two days ago."""
    last = utc_now().replace(minute=0, second=0, microsecond=0)
    for number in range(slots):
        at = last - number * TEN_MINUTES
        await execute(
            "INSERT INTO slot (id, team_id, trigger_id, epoch, scheduled_for, due_at, state) "
            "VALUES ($1, $2, $3, 1, $4, $4, 'paused')",
            slot_id(trigger_id, 1, at), world.alice.team_id, trigger_id, at,
        )  # fmt: skip


async def state(trigger_id: UUID) -> tuple[bool, int]:
    """Whether it is on, and how many events it has."""
    (row,) = await fetch(
        "SELECT enabled, (SELECT count(*) FROM event WHERE trigger_id = $1) AS events "
        "FROM trigger WHERE id = $1",
        trigger_id,
    )
    return row["enabled"], row["events"]


async def test_the_switch_leads_to_the_question_and_the_answer_counts(
    alice: Browser, world: World, off: UUID
) -> None:
    await come_due(world, off, 5)
    path = f"/triggers/{off}/activation"

    asked = await alice.press("POST", path, target=f"tr#trigger-{off}")
    assert asked.headers["hx-redirect"] == path
    assert await state(off) == (False, 0)
    page = await alice.read(path)
    assert "While it was off, 5 slots came due" in page
    for answer in (
        "What its catch-up policy says: 1 slot",
        "Only the newest: 1 slot",
        "All of them: 5 slots",
        "None of them",
    ):
        assert answer in page
    answered = await alice.press("POST", path, {"catch_up": "all"}, target="div#activation")

    assert answered.headers["hx-redirect"] == f"/triggers/{off}"
    assert await state(off) == (True, 5)
    assert "It is on" in await alice.read(path)


async def test_none_is_an_answer(alice: Browser, world: World, off: UUID) -> None:
    await come_due(world, off, 5)

    await alice.post(f"/triggers/{off}/activation", {"catch_up": "none"})

    assert await state(off) == (True, 0)


async def test_the_form_leads_to_the_question_too(alice: Browser, world: World, off: UUID) -> None:
    path, switched_on = f"/triggers/{off}", {"enabled": "on"}
    await come_due(world, off, 5)

    sent = Sent((await alice.get(f"{path}/edit")).text).fields
    answer = await alice.post(path, {**sent, **switched_on, "name": "Every ten minutes"})

    assert answer.headers["location"] == f"{path}/activation"
    assert await state(off) == (False, 0)
    assert "Switch on Every ten minutes?" in await alice.read(f"{path}/activation")
    await execute("DELETE FROM slot WHERE trigger_id = $1", off)
    sent = Sent((await alice.get(f"{path}/edit")).text).fields
    assert (await alice.post(path, {**sent, **switched_on})).headers["location"] == path
    assert await state(off) == (True, 0)


async def test_where_nothing_came_due_it_is_on_at_once(
    alice: Browser, off: UUID, history: History
) -> None:
    for trigger_id in (off, history.trigger_id):
        answer = await alice.press(
            "POST", f"/triggers/{trigger_id}/activation", target=f"tr#trigger-{trigger_id}"
        )
        assert f'id="trigger-{trigger_id}"' in answer.text
        assert (await state(trigger_id))[0] is True


async def test_an_answer_that_is_none_is_asked_again(
    alice: Browser, world: World, off: UUID
) -> None:
    await come_due(world, off, 2)

    answer = await alice.press("POST", f"/triggers/{off}/activation", {"catch_up": "some"})

    assert answer.status_code == 422
    assert "Choose what is to become of them" in words(answer.text)
    assert await state(off) == (False, 0)


async def test_more_than_go_at_once_are_a_backfill(alice: Browser, world: World, off: UUID) -> None:
    await come_due(world, off, 120)

    page = await alice.read(f"/triggers/{off}/activation")
    assert "The newest 100: 100 slots The others can be run by a backfill" in page


async def test_viewers_and_other_teams_are_not_asked(
    bob: Browser, charlie: Browser, world: World, off: UUID
) -> None:
    await come_due(world, off, 2)
    path = f"/triggers/{off}/activation"

    for browser, status in ((bob, 403), (charlie, 404)):
        assert (await browser.get(path)).status_code == status
        assert (await browser.press("POST", path, {"catch_up": "all"})).status_code == status
    assert await state(off) == (False, 0)
