"""The ledger over the API: what became of what was due."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.store import slots
from domain.store.slots import NewSlot
from tests.support.web_fixtures import Api
from tests.support.world import World

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


@pytest.fixture
async def trigger_id(world: World) -> UUID:
    """A schedule with a missed slot at noon, and paused ones before it."""
    config = {"form": "cron", "cron": "* * * * *", "zone": "UTC"}
    draft = TriggerDraft("Each minute", "schedule", await world.workflow(), config)
    row = (await create_trigger(world.alice, world.vault, draft)).row
    for number in range(5):
        at = NOON - timedelta(minutes=number)
        state, reason = ("paused", None) if number else ("missed", "not_on_record")
        id_ = slots.slot_id(row.id, 1, at)
        await slots.record([NewSlot(id_, row.team_id, row.id, 1, at, at, None, state, reason)])
    return row.id


async def test_slots_are_listed_newest_first(alice: Api, trigger_id: UUID) -> None:
    for path in ("/slots", f"/triggers/{trigger_id}/slots"):
        page = (await alice.get(path, limit=3)).json()
        missed = page["items"][0]
        assert (missed["state"], missed["reason"]) == ("missed", "not_on_record")
        assert missed["scheduled_for"] == NOON.isoformat().replace("+00:00", "Z")
        assert missed["trigger_id"] == str(trigger_id)
        assert missed["event_id"] is None
        rest = (await alice.get(path, limit=3, cursor=page["next"])).json()
        assert [len(page["items"]), len(rest["items"])] == [3, 2]
        assert rest["next"] is None


async def test_they_are_narrowed_by_field(alice: Api, trigger_id: UUID) -> None:
    async def amount(path: str, **filters: str) -> int:
        return len((await alice.get(path, **filters)).json()["items"])

    later = NOON.isoformat().replace("+00:00", "Z")
    for path in ("/slots", f"/triggers/{trigger_id}/slots"):
        assert await amount(path, state="missed") == 1
        assert await amount(path, scheduled_after=later) == 1
        assert await amount(path, scheduled_before=later) == 4
    assert await amount("/slots", trigger_id=str(trigger_id), reason="not_on_record") == 1
    assert await amount("/slots", catch_up="backfill") == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "lost"),
        ("reason", "x"),
        ("catch_up", "x"),
        ("trigger_id", "x"),
        ("scheduled_after", "noon"),
        ("cursor", "x"),
    ],
)
async def test_what_is_no_filter_is_refused_at_its_field(alice: Api, name: str, value: str) -> None:
    answer = await alice.get("/slots", **{name: value})

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == name


async def test_others_see_nothing(charlie: Api, trigger_id: UUID) -> None:
    assert (await charlie.get("/slots")).json()["items"] == []
    assert (await charlie.get(f"/triggers/{trigger_id}/slots")).status_code == 404
