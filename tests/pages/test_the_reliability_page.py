"""The page of reliability: the whole installation in numbers, and each schedule of the team."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import metrics
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.make_canaries import make_canaries
from domain.operations.read_reliability import reliability_gauges
from domain.store import reliability, slots, tallies
from domain.store.database import execute
from domain.store.slots import NewSlot
from tests.pages.browsing import Browser, rows
from tests.support.web_fixtures import Api, key_of
from tests.support.world import World


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reliability, "KEPT_S", 0.0)


@pytest.fixture
async def trigger_id(world: World) -> UUID:
    """A schedule of Alice's with a missed, a paused and a late slot of this hour."""
    config = {"form": "cron", "cron": "* * * * *", "zone": "UTC"}
    draft = TriggerDraft("Each minute", "schedule", await world.workflow(), config)
    row = (await create_trigger(world.alice, world.vault, draft)).row
    now = datetime.now(UTC).replace(microsecond=0)
    for number, state in enumerate(("missed", "paused", "fired")):
        at = now - timedelta(minutes=number + 1)
        id_ = slots.slot_id(row.id, 1, at)
        await slots.record(
            [NewSlot(id_, row.team_id, row.id, 1, at, at, None, state if number < 2 else "paused")]
        )
        if state == "fired":
            await execute(
                "UPDATE slot SET state = 'late', event_id = id, "
                "started_at = due_at + interval '90 seconds' WHERE id = $1",
                id_,
            )
    await tallies.fold()
    return row.id


async def test_each_schedule_has_its_share(alice: Browser, trigger_id: UUID) -> None:
    page = (await alice.get("/reliability")).text

    [row] = [each for each in rows(page) if each.startswith("Each minute 0 %")]
    assert row == "Each minute 0 % 0 % 0 % 0 1 2"
    missed = [each for each in rows(page) if "It was not fired in time." in each]
    assert len(missed) == 1
    assert f"/triggers/{trigger_id}/slots?state=missed" in page


async def test_the_last_hour_is_counted_from_the_slots(world: World, trigger_id: UUID) -> None:
    found = await reliability.counts_of_triggers(
        world.alice.team_id, [trigger_id], datetime.now(UTC)
    )

    assert found[trigger_id]["1h"] == {"missed": 1, "paused": 1, "late": 1}
    assert found[trigger_id]["30d"] == {"missed": 1, "paused": 2}


async def test_the_installations_numbers_are_everybodys_and_name_nobody(
    charlie: Browser, trigger_id: UUID
) -> None:
    text = await charlie.read("/reliability")

    assert "Each minute" not in text
    assert "No schedules yet" in text
    assert "missed" in text
    hour = (await reliability.system_counts()).slots["1h"]
    assert hour["missed"] >= 1
    assert (await reliability.system_counts()).skews["1h"]["300"] >= 1


async def test_the_api_says_the_same(world: World, client: Any, trigger_id: UUID) -> None:
    alice = Api(client, await key_of(world.alice, "viewer"))
    bare = (await alice.get(f"/triggers/{trigger_id}/reliability")).json()
    assert bare["windows"]["1h"] == {
        "reliability": 0.0, "expected": 3, "on_time": 0, "late": 1, "missed": 1, "suppressed": 1,
    }  # fmt: skip
    system = (await alice.get("/reliability")).json()
    assert system["windows"].keys() == {"1h", "24h", "30d"}
    assert system["windows"]["30d"]["missed"] >= 1
    charlie = Api(client, await key_of(world.charlie, "admin"))
    assert (await charlie.get(f"/triggers/{trigger_id}/reliability")).status_code == 404


async def test_the_canaries_are_told_of(alice: Browser, world: World) -> None:
    flock = await make_canaries(world.vault)
    await execute(
        "INSERT INTO canary_probe (kind, minute, team_id, state, reason) "
        "VALUES ('webhook', date_trunc('minute', now()), $1, 'missed', 'could_not_connect') "
        "ON CONFLICT (kind, minute) DO UPDATE SET state = 'missed', reason = excluded.reason, "
        "team_id = excluded.team_id",
        flock["webhook"].team_id,
    )

    [row] = [
        each
        for each in rows((await alice.get("/reliability")).text)
        if each.startswith("Webhook to itself")
    ]

    assert "Missed" in row
    assert "BASE_URL cannot be reached from here." in row


async def test_monitoring_reads_the_same_numbers(trigger_id: UUID) -> None:
    counts = (await reliability.system_counts()).slots["24h"]

    lines = metrics.exposition({}, await reliability_gauges()).decode().splitlines()

    name = 'signalbox_slots_of_window{outcome="missed",window="24h"}'
    assert f"{name} {counts['missed']:.1f}" in lines
    assert any(line.startswith('signalbox_reliability{window="1h"} 0.') for line in lines)


async def test_counts_are_folded_for_the_installation_as_for_the_trigger(
    world: World, trigger_id: UUID
) -> None:
    before = (await reliability.system_counts()).slots["30d"].get("on_time", 0)
    await execute(
        "INSERT INTO tally (id, team_id, trigger_id, hour, outcome, amount) VALUES "
        "(gen_random_uuid(), $1, $2, date_trunc('hour', now()), 'slot:on_time', 5)",
        world.alice.team_id,
        trigger_id,
    )
    for _ in range(2):
        now = (await reliability.system_counts()).slots["30d"]["on_time"]
        assert now - before == 5
        await tallies.fold()
