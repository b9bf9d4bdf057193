"""Each edit begins an epoch. What was due before it was due by the old schedule."""

from datetime import datetime, timedelta

import pytest

from domain.errors import InvalidInput
from domain.operations import create_trigger
from domain.operations.delete_trigger import delete_trigger
from domain.operations.keep_zone_data import keep_zone_data
from domain.rules.schedules.zones import TZDATA
from domain.store import schedules
from domain.store.database import execute
from domain.store.schedules import Key
from tests.pipeline.conftest import Line
from tests.schedules.conftest import EVERY_MINUTE, MINUTE, SECOND, Makes

NEVER_SOON = {"form": "cron", "cron": "0 0 29 2 *", "zone": "UTC"}


async def test_an_update_is_not_retroactive(make: Makes, minute: datetime) -> None:
    """The new schedule would have been due each minute of the last hour."""
    timetable = await make(**NEVER_SOON)
    await timetable.begin_at(minute - timedelta(hours=1))
    await timetable.edit(config=EVERY_MINUTE)
    await timetable.fire_all()
    first, second = await timetable.epochs()
    assert (first["epoch"], first["until_at"]) == (1, second["from_at"])
    assert (first["next_slot"], first["next_due_at"]) == (None, None)
    assert second["until_at"] is None
    assert second["next_slot"] > second["from_at"] >= minute
    assert all(slot.scheduled_for > second["from_at"] for slot in await timetable.slots())


async def test_what_was_due_before_the_update_is_not_hidden_by_it(
    make: Makes, minute: datetime
) -> None:
    timetable = await make(catch_up="all")
    await timetable.begin_at(minute - 3 * MINUTE)
    await timetable.edit(config=NEVER_SOON)
    await timetable.fire_all()
    found = await timetable.slots()
    assert [slot.epoch for slot in found[:3]] == [1, 1, 1]
    assert {slot.state for slot in found} == {"fired"}


async def test_an_update_between_a_slot_and_its_jitter_leaves_the_slot_as_it_was(
    make: Makes, minute: datetime
) -> None:
    timetable = await make(cron="0 * * * *", jitter_s=3_000)
    at = minute.replace(minute=0)
    await timetable.begin_at(at - MINUTE)
    due_at = (await schedules.now()) + timedelta(seconds=20)
    await execute(
        "UPDATE schedule SET next_due_at = $2 WHERE trigger_id = $1", timetable.id, due_at
    )
    await timetable.edit(config=EVERY_MINUTE)
    assert await timetable.slots() == []

    first, second = await timetable.epochs()
    assert (first["next_due_at"], second["epoch"]) == (due_at, 2)
    await timetable.fire(at + timedelta(hours=1) - MINUTE, epoch=1)
    (slot,) = await timetable.slots()
    assert (slot.epoch, slot.scheduled_for, slot.event_id is not None) == (1, at, True)


async def test_a_pause_between_a_slot_and_its_jitter_matters_only_if_it_lasts(
    make: Makes, minute: datetime
) -> None:
    timetable = await make(cron="0 * * * *", jitter_s=3_000)
    at = minute.replace(minute=0) - timedelta(hours=1)
    later = at + timedelta(hours=1) - SECOND
    await timetable.begin_at(at - MINUTE)
    due_at = (await schedules.now()) + timedelta(seconds=20)
    await execute(
        "UPDATE schedule SET next_due_at = $2 WHERE trigger_id = $1", timetable.id, due_at
    )
    await timetable.edit(enabled=False)
    await timetable.edit(enabled=True)
    assert await timetable.slots() == []
    await timetable.fire(later)
    assert len(await timetable.events()) == 1


async def test_switching_off_and_on_goes_by_the_switch_as_it_was_when_slots_were_due(
    make: Makes, minute: datetime
) -> None:
    timetable = await make(catch_up="all")
    await timetable.begin_at(minute - 2 * MINUTE)
    await timetable.edit(enabled=False)
    assert set(await timetable.states()) == {"fired"}

    await execute("DELETE FROM slot WHERE trigger_id = $1", timetable.id)
    await timetable.begin_at(minute - 2 * MINUTE)
    await timetable.edit(enabled=True, catch_up="none")
    assert {slot.state for slot in await timetable.slots()} == {"paused"}


async def test_a_deleted_trigger_is_not_due_any_more(
    line: Line, make: Makes, minute: datetime
) -> None:
    timetable = await make(catch_up="all")
    await timetable.begin_at(minute - 2 * MINUTE)
    await delete_trigger(line.world.alice, timetable.id)
    (epoch,) = await timetable.epochs()
    assert epoch["until_at"] is not None
    assert epoch["next_due_at"] is None
    assert set(await timetable.states()) == {"fired"}


async def test_an_edit_of_something_else_begins_no_epoch(make: Makes) -> None:
    timetable = await make()
    await timetable.edit(name="Another name")
    await timetable.edit(config=EVERY_MINUTE, conditions={"all": []})
    assert len(await timetable.epochs()) == 1


async def test_a_team_has_no_more_schedules_than_its_quota(line: Line, make: Makes) -> None:
    await make()
    await execute("UPDATE team SET most_schedules = 1 WHERE id = $1", line.world.alice.team_id)
    with pytest.raises(InvalidInput) as refused:
        await make()
    assert [problem.field for problem in refused.value.problems] == ["kind"]


async def test_slots_lie_no_closer_than_the_teams_quota(line: Line, make: Makes) -> None:
    timetable = await make(cron="0 * * * *")
    team_id = line.world.alice.team_id
    await execute("UPDATE team SET shortest_interval_s = 600 WHERE id = $1", team_id)
    with pytest.raises(InvalidInput, match=r"config\.cron: .* 600 seconds"):
        await timetable.edit(config=EVERY_MINUTE)
    with pytest.raises(InvalidInput, match=r"config\.every"):
        await timetable.edit(config={"form": "every", "every": 5, "unit": "minutes"})
    assert len(await timetable.epochs()) == 1


async def test_an_update_of_the_zones_works_out_the_future_anew_and_nothing_else(
    make: Makes, minute: datetime
) -> None:
    timetable = await make()
    await timetable.begin_at(minute - MINUTE)
    await timetable.fire(minute + SECOND)
    wrong = minute + timedelta(hours=5)
    await execute(
        "UPDATE schedule SET tzdata = '2020a', next_slot = $2, next_due_at = $2 "
        "WHERE trigger_id = $1",
        timetable.id,
        wrong,
    )
    before = await timetable.slots()
    await keep_zone_data()
    (epoch,) = await timetable.epochs()
    assert epoch["tzdata"] == TZDATA
    assert epoch["next_slot"] == minute + MINUTE
    assert await timetable.slots() == before
    assert Key(timetable.id, 1) not in await schedules.lock_other_zone_data(TZDATA, None, 1_000)


async def test_what_came_due_while_it_was_saved_is_refused(
    make: Makes, minute: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or by a process whose clock is behind: saved, it would never run, and nobody would know."""
    monkeypatch.setattr(create_trigger, "utc_now", lambda: minute - timedelta(hours=1))
    once = {"form": "once", "cron": None, "at": minute.isoformat()}
    with pytest.raises(InvalidInput, match=r"config\.at: is in the past"):
        await make(**once)
