"""The pages of the ledger: what became of each instant, of the team and of one trigger."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.store import slots
from domain.store.database import execute
from domain.store.ledger import SlotHour
from domain.store.slots import NewSlot
from domain.store.triggers import TriggerRow
from tests.pages.browsing import Browser, rows, words
from tests.support.world import World
from web.presenters.heat_maps import heat_map, hours_of_day

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


class Plan:
    """A schedule trigger of Alice's, and a way to say what became of its slots."""

    def __init__(self, trigger: TriggerRow) -> None:
        self.trigger = trigger
        self.path = f"/triggers/{trigger.id}/slots"

    async def slot(self, at: datetime, state: str, **more: Any) -> None:
        """A slot on record."""
        id_ = slots.slot_id(self.trigger.id, 1, at)
        ids = (id_, self.trigger.team_id, self.trigger.id)
        due = more.pop("due_at", at)
        await slots.record([NewSlot(*ids, 1, at, due, more.pop("change", None), state, **more)])


@pytest.fixture
async def plan(world: World) -> Plan:
    draft = TriggerDraft(
        name="Nightly <report>",
        kind="schedule",
        workflow_id=await world.workflow(),
        config={"form": "cron", "cron": "0 12 * * *", "zone": "Europe/Berlin"},
    )
    made = Plan((await create_trigger(world.alice, world.vault, draft)).row)
    await execute(
        "UPDATE trigger SET created_at = now() - interval '40 days' WHERE id = $1", made.trigger.id
    )
    return made


async def test_each_slot_says_what_became_of_it_and_why(alice: Browser, plan: Plan) -> None:
    await plan.slot(NOON, "missed", reason="not_on_record")
    await plan.slot(NOON - timedelta(hours=1), "skipped", reason="overlap")
    await plan.slot(
        NOON - timedelta(hours=2), "paused", change="gap",
        due_at=NOON - timedelta(hours=2) + timedelta(seconds=12),
    )  # fmt: skip

    for path in ("/slots", plan.path):
        missed, skipped, paused = rows(await table(alice, path))
        assert "Missed" in missed
        assert "The auditor expected it" in missed
        assert "Skipped: overlap" in skipped
        assert "still running" in skipped
        assert "Paused In the gap of a clock change" in paused
        assert "+ 12 s" in paused
    assert "Nightly <report>" in (await alice.read("/slots"))


async def test_filters_live_in_the_address(alice: Browser, plan: Plan) -> None:
    await plan.slot(NOON, "missed")
    await plan.slot(NOON - timedelta(hours=1), "skipped", reason="dst")
    await plan.slot(NOON - timedelta(hours=2), "skipped", reason="overlap")

    for path in ("/slots", plan.path):
        assert len(rows(await table(alice, f"{path}?state=missed"))) == 1
        assert len(rows(await table(alice, f"{path}?state=skipped"))) == 2
        [row] = rows(await table(alice, f"{path}?state=skipped&reason=dst"))
        assert "Skipped: clock change" in row
        assert len(rows(await table(alice, f"{path}?from={NOON:%Y-%m-%dT%H:%M}"))) == 1
        page = await alice.read(f"{path}?state=late")
        assert "No slot matches" in page
        assert (await alice.get(f"{path}?state=lost")).status_code == 400
    chips = await alice.read(f"{plan.path}?state=skipped&reason=dst&within=7d")
    assert "State: Skipped" in chips
    assert "Scheduled for: Last 7 days" in chips


async def table(browser: Browser, path: str) -> str:
    return (await browser.get(path, htmx=True)).text


async def test_pages_follow_by_key(alice: Browser, plan: Plan) -> None:
    for hour in range(55):
        await plan.slot(NOON - timedelta(hours=hour), "paused")

    first = await table(alice, plan.path)
    assert len(rows(first)) == 50
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    assert len(rows(await table(alice, older[1]))) == 5


async def test_a_day_of_the_map_leads_to_its_hours(alice: Browser, plan: Plan) -> None:
    await plan.slot(NOON, "missed")
    await plan.slot(NOON - timedelta(minutes=5), "paused")

    page = (await alice.get(plan.path)).text
    local = NOON.astimezone(ZoneInfo("Europe/Berlin"))
    cell = re.search(r'<td class="missed"><a href="([^"]+)" title="([^"]+)"', page)
    assert cell
    assert cell[2].endswith("1 missed, 1 paused")
    day = await alice.read(cell[1].replace("&amp;", "&"))
    assert f"{local:%H}:00 1 missed" in day
    assert "The day by the hour Europe/Berlin" in day
    assert "1 missed, 1 paused." in words(page)


async def test_a_day_of_the_teams_map_leads_to_its_slots(
    alice: Browser, charlie: Browser, plan: Plan
) -> None:
    await plan.slot(NOON, "missed")

    page = (await alice.get("/slots/days")).text
    cell = re.search(r'<td class="missed"><a href="([^"]+)"', page)
    assert cell
    listed = rows(await table(alice, cell[1].replace("&amp;", "&")))
    assert ["Missed" in row for row in listed] == [True]
    assert "Nothing was due." in await charlie.read("/slots/days")


async def test_of_another_kind_it_says_so(alice: Browser, world: World) -> None:
    trigger = (await world.trigger(await world.workflow())).row

    assert "This trigger has no schedule" in await alice.read(f"/triggers/{trigger.id}/slots")


async def test_the_latest_are_a_part_of_the_triggers_page(alice: Browser, plan: Plan) -> None:
    for hour in range(12):
        await plan.slot(NOON - timedelta(hours=hour), "paused")

    part = await table(alice, f"{plan.path}/latest")

    assert len(rows(part)) == 10
    assert f'href="{plan.path}"' in part


async def test_who_may_see_it(alice: Browser, bob: Browser, charlie: Browser, plan: Plan) -> None:
    await plan.slot(NOON, "missed")

    assert len(rows(await table(bob, plan.path))) == 1
    assert rows(await table(charlie, "/slots")) == []
    assert (await charlie.get(plan.path)).status_code == 404
    assert (await charlie.get(f"{plan.path}/latest")).status_code == 404
    assert (await alice.get("/triggers/none/slots")).status_code == 404


def test_an_hour_goes_to_the_day_that_its_middle_lies_in() -> None:
    """Midnight in Kolkata is half past six in the evening, UTC."""
    kolkata, now = ZoneInfo("Asia/Kolkata"), datetime(2026, 11, 27, 12, tzinfo=UTC)
    hours = [SlotHour(datetime(2026, 11, 26, 18, tzinfo=UTC), "on_time", 1)]

    drawn = heat_map(
        hours,
        date(2026, 11, 20),
        now,
        kolkata,
        "/x",
    )

    assert [cell.name for cell in drawn.days] == ["Fri 27 Nov 2026"]
    assert [len(week.days) for week in drawn.weeks] == [7, 7]
    assert drawn.weeks[0].days[0] is None
    assert drawn.summary == "1 on time"


def test_a_day_that_the_clocks_lengthen_shows_both_of_its_repeated_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hours = [
        SlotHour(datetime(2026, 10, 25, hour, tzinfo=UTC), "on_time", 60) for hour in range(24)
    ]
    since = datetime(2026, 10, 25, tzinfo=berlin)

    names = [cell.name for cell in hours_of_day(hours, since, since.replace(day=26), berlin)]

    assert names[:3] == ["02:00", "02:00", "03:00"]
