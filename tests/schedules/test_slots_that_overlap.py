"""A slot comes due while the last one's execution still runs."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from domain.operations.cancel_executions import end_superseded
from domain.operations.run_executions import ExecutionRunner
from domain.store import executions
from domain.store.database import fetch
from tests.pipeline.conftest import Line
from tests.schedules.conftest import MINUTE, Makes, Timetable


async def fire_in_turn(timetable: Timetable, minute: datetime, minutes: Sequence[int]) -> None:
    """A clock comes by at each of these minutes."""
    await timetable.begin_at(minute - 10 * MINUTE - MINUTE / 2)
    for each in minutes:
        await timetable.fire(minute - (10 - each) * MINUTE)


@pytest.mark.parametrize(
    ("overlap", "states"),
    [
        ("allow", ["fired", "fired", "fired"]),
        ("skip", ["fired", "skipped: overlap", "skipped: overlap"]),
        ("queue_one", ["fired", "waiting", "skipped: overlap"]),
        ("cancel_running", ["fired: superseded", "fired: superseded", "fired"]),
    ],
)
async def test_an_event_that_waits_for_its_decision_runs_already(
    make: Makes, minute: datetime, overlap: str, states: list[str]
) -> None:
    timetable = await make(overlap=overlap)
    await fire_in_turn(timetable, minute, [0, 1, 2])
    assert await timetable.states() == states


async def test_skip_runs_again_when_the_last_one_has_ended(
    line: Line, make: Makes, minute: datetime, runner: ExecutionRunner
) -> None:
    timetable = await make(overlap="skip")
    await fire_in_turn(timetable, minute, [0])
    await line.decide()
    await timetable.fire(minute - 9 * MINUTE)
    runner.take(line.asked_for)
    await line.settled(line.asked_for[0], "succeeded")
    await timetable.fire(minute - 8 * MINUTE)
    assert await timetable.states() == ["fired", "skipped: overlap", "fired"]


async def test_one_waits_and_has_its_turn_when_nothing_runs_any_more(
    line: Line, make: Makes, minute: datetime, runner: ExecutionRunner
) -> None:
    timetable = await make(overlap="queue_one")
    await fire_in_turn(timetable, minute, [0, 1])
    await line.decide()
    await timetable.look()
    assert await timetable.states() == ["late", "waiting"]

    runner.take(line.asked_for)
    await line.settled(line.asked_for[0], "succeeded")
    await timetable.look()
    await line.decide()
    await timetable.look()
    first, second = await timetable.slots()
    assert (first.state, second.state) == ("late", "late")
    assert first.finished_at is not None
    assert (second.execution_id, second.finished_at) == (line.asked_for[1], None)


async def test_what_waits_when_its_trigger_is_switched_off_does_not_run(
    make: Makes, minute: datetime, line: Line
) -> None:
    timetable = await make(overlap="queue_one")
    await fire_in_turn(timetable, minute, [0, 1])
    await line.decide()
    await end_superseded(await timetable.slots())
    await timetable.edit(enabled=False)
    await timetable.look()
    assert (await timetable.states())[1] == "paused: trigger_disabled"


async def test_cancel_ends_the_attempt_that_is_under_way_and_its_call(
    line: Line, make: Makes, minute: datetime, runner: ExecutionRunner
) -> None:
    line.target.behave("/notify", "hold/long", "ok")
    timetable = await make(overlap="cancel_running")
    await fire_in_turn(timetable, minute, [0])
    await line.decide()
    (first,) = line.asked_for
    runner.take([first])
    await line.settled(first, "running")
    recorded = await timetable.fire(minute - 9 * MINUTE)
    assert await end_superseded(recorded.superseded) == [first]

    row = await line.execution(first)
    assert (row["state"], row["reason"]) == ("canceled", "superseded")
    attempts = await fetch("SELECT state FROM attempt WHERE execution_id = $1", first)
    assert [attempt["state"] for attempt in attempts] == ["canceled"]

    async def let_go() -> bool:
        return first not in runner._running

    await line.until(let_go, within_s=4.0)
    await line.decide()
    runner.take(line.asked_for[1:])
    await line.settled(line.asked_for[1], "succeeded")


async def test_cancel_ends_what_is_decided_only_afterwards(
    line: Line, make: Makes, minute: datetime
) -> None:
    timetable = await make(overlap="cancel_running")
    await fire_in_turn(timetable, minute, [0, 1])
    await line.decide()
    await timetable.look()
    old, new = [(await line.execution(each))["state"] for each in sorted(line.asked_for)]
    assert sorted([old, new]) == ["canceled", "queued"]
    await timetable.look()
    first, second = await timetable.slots()
    assert first.finished_at is not None
    assert second.finished_at is None


async def test_a_canceled_execution_settles_nothing_and_is_claimed_no_more(
    line: Line, make: Makes, minute: datetime
) -> None:
    timetable = await make()
    await fire_in_turn(timetable, minute, [0, 1])
    await line.decide()
    claimed, queued = line.asked_for
    (row,) = await executions.claim([claimed])
    assert set(await end_superseded(await timetable.slots())) == {claimed, queued}
    assert await executions.renew_leases([(claimed, row["fence"])]) == set()
    assert await executions.taken_away([(claimed, row["fence"])]) == {claimed}
    assert await executions.claim([claimed, queued]) == []
    assert await end_superseded(await timetable.slots()) == []
