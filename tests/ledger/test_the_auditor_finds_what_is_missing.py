"""What should be on record and is not becomes a row: no slot is lost silently."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from domain.operations.audit_schedules import audit_schedules
from domain.store.database import execute, fetch_one
from tests.ledger.schedules import Timetable, make_timetable, minutes_ago
from tests.support.world import World

PAUSED = ("paused", None)
MISSED = ("missed", "not_on_record")


@pytest.fixture
async def timetable(world: World) -> Timetable:
    return await make_timetable(world)


async def audit(*timetables: Timetable) -> list[UUID]:
    """Audit; the triggers that pages were told of."""
    nudged: list[UUID] = []
    for each in timetables:
        await each.audit_now()
    await audit_schedules(lambda _team, trigger_id: nudged.append(trigger_id))
    ours = {each.id for each in timetables}
    return [each for each in nudged if each in ours]


async def test_a_hole_becomes_a_missed_slot(timetable: Timetable) -> None:
    await timetable.begun(minutes_ago(7), until=minutes_ago(3))
    await timetable.recorded("paused", minutes_ago(6), minutes_ago(4), minutes_ago(3))

    assert await audit(timetable) == [timetable.id]

    states = await timetable.states()
    assert states[minutes_ago(5)] == MISSED
    assert [state for state, _ in states.values()].count("missed") == 1
    assert await audit(timetable) == []
    counted = await fetch_one(
        "SELECT sum(amount) AS n FROM (SELECT amount, trigger_id, outcome FROM tally UNION ALL "
        "SELECT amount, trigger_id, outcome FROM trigger_hour) c "
        "WHERE trigger_id = $1 AND outcome = 'slot:missed'",
        timetable.id,
    )
    assert counted is not None
    assert counted["n"] == 1


async def test_the_last_two_minutes_are_not_judged_yet(timetable: Timetable) -> None:
    await timetable.begun(datetime.now(UTC) - timedelta(seconds=110))

    await audit(timetable)

    assert await timetable.states() == {}


async def test_what_the_clock_has_not_come_to_is_its_own_to_decide(timetable: Timetable) -> None:
    """F11: a clock that was down for ten minutes catches up; nobody writes these slots off."""
    await timetable.begun(minutes_ago(10))
    await timetable.behind(minutes_ago(9))

    await audit(timetable)

    assert await timetable.states() == {}
    assert (await timetable.row())["audit_at"] is not None


async def test_what_no_policy_could_run_any_more_is_missed(world: World) -> None:
    timetable = await make_timetable(world, catch_up_window_s=600)
    await timetable.begun(minutes_ago(20))
    await timetable.behind(minutes_ago(19))

    await audit(timetable)

    states = await timetable.states()
    assert set(states.values()) == {MISSED}
    assert minutes_ago(19) in states
    assert minutes_ago(5) not in states


async def test_a_firing_that_comes_later_leaves_it_alone(timetable: Timetable) -> None:
    await timetable.begun(minutes_ago(5))
    await audit(timetable)

    with pytest.raises(AssertionError):
        await timetable.recorded("paused", minutes_ago(4))

    assert (await timetable.states())[minutes_ago(4)] == MISSED


async def test_a_slot_without_reason_is_told_of(timetable: Timetable) -> None:
    await timetable.begun(minutes_ago(5), until=minutes_ago(3))
    stray = minutes_ago(4) + timedelta(seconds=30)
    await timetable.recorded("paused", minutes_ago(4), minutes_ago(3), stray)

    with capture_logs() as logs:
        await audit(timetable)

    told = [each for each in logs if each["event"] == "slots_differ"]
    assert [(each["found"], each["first"]) for each in told] == [("unexpected", stray.isoformat())]


async def test_an_epoch_that_is_over_is_audited_to_its_end_and_then_never_again(
    timetable: Timetable,
) -> None:
    await timetable.begun(minutes_ago(10), until=minutes_ago(8))

    await audit(timetable)

    assert list(await timetable.states()) == [minutes_ago(9), minutes_ago(8)]
    row = await timetable.row()
    assert row["audited_until"] == row["until_at"]
    assert row["audit_at"] is None


@pytest.mark.parametrize(
    ("cron", "least", "most"),
    [("* * * * *", 60, 120), ("0 0 29 2 *", 86_000, 86_400)],
)
async def test_it_looks_again_when_the_next_slot_is_past_and_at_least_daily(
    world: World, cron: str, least: int, most: int
) -> None:
    timetable = await make_timetable(world, cron=cron)
    await timetable.begun(minutes_ago(3))
    await audit(timetable)

    row = await fetch_one(
        "SELECT extract(epoch FROM audit_at - now())::int AS s FROM schedule WHERE trigger_id = $1",
        timetable.id,
    )
    assert row is not None
    assert least - 2 <= row["s"] <= most


async def test_a_long_silence_is_put_on_record_whole(timetable: Timetable) -> None:
    await timetable.begun(minutes_ago(60 * 30), until=minutes_ago(3))

    await audit(timetable)

    states = await timetable.states()
    assert len(states) == 60 * 30 - 3
    assert set(states.values()) == {MISSED}
    astray = await fetch_one(
        "SELECT count(*) AS n FROM slot_default WHERE trigger_id = $1", timetable.id
    )
    assert astray is not None
    assert astray["n"] == 0


async def test_one_that_cannot_be_read_does_not_stop_the_others(
    world: World, timetable: Timetable
) -> None:
    other = await make_timetable(world)
    await other.begun(minutes_ago(4))
    await timetable.begun(minutes_ago(5))
    await execute(
        "INSERT INTO trigger_version (id, team_id, trigger_id, number, workflow_id, config, limits,"
        " retry, created_by) SELECT gen_random_uuid(), team_id, id, 99, workflow_id, "
        "'{\"form\": \"cron\"}', '{}', '{}', 'x' FROM trigger WHERE id = $1",
        timetable.id,
    )
    await execute(
        "UPDATE schedule SET trigger_version_id = (SELECT id FROM trigger_version "
        "WHERE trigger_id = $1 AND number = 99) WHERE trigger_id = $1",
        timetable.id,
    )

    await audit(timetable, other)

    assert MISSED in (await other.states()).values()
    assert (await timetable.row())["audit_at"] > datetime.now(UTC)


async def test_two_clocks_audit_at_once_and_find_it_once(timetable: Timetable) -> None:
    await timetable.begun(minutes_ago(9), until=minutes_ago(2))
    await timetable.audit_now()
    nudged: list[UUID] = []

    await asyncio.gather(
        *(audit_schedules(lambda _team, trigger_id: nudged.append(trigger_id)) for _ in range(4))
    )

    assert nudged.count(timetable.id) == 1
    assert len(await timetable.states()) == 7


async def test_an_epoch_that_ended_longer_ago_than_anyone_looks_back_is_done_with(
    timetable: Timetable,
) -> None:
    await timetable.begun(minutes_ago(60 * 24 * 40), until=minutes_ago(60 * 24 * 35))

    await audit(timetable)

    assert await timetable.states() == {}
    assert (await timetable.row())["audit_at"] is None
