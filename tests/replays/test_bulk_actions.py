"""Bulk actions: chosen once, worked off in portions, each execution once, whatever happens."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from domain.errors import Forbidden, InvalidInput
from domain.operations import run_bulk_actions as operation
from domain.operations import start_bulk_action as starting
from domain.operations.cancel_bulk_action import BulkHasEnded, cancel_bulk_action
from domain.operations.make_replays import Made, make_replays
from domain.operations.run_bulk_actions import run_bulk_actions
from domain.operations.start_bulk_action import (
    BulkDraft,
    NoFilter,
    NothingChosen,
    TooManyBulkActions,
    TooMuchChosen,
    start_bulk_action,
)
from domain.pause_points import pause_at
from domain.rules import bulk_actions as rules
from domain.rules.list_filters import DeadLetterFilters, ExecutionFilters
from domain.rules.replays import ReplayOptions, Start
from domain.store import bulk_actions
from domain.store.bulk_actions import BulkAction, Selection, find_bulk_action
from domain.store.database import Row, execute, fetch
from tests.replays.conftest import Replayer

ONCE = {"attempts": 1}


@pytest.fixture
async def dead(replayer: Replayer) -> list[UUID]:
    """Five dead letters of one trigger."""
    line = replayer.line
    line.target.behave("/notify", "status/500")
    hook = await line.hook(retry=ONCE)
    for number in range(5):
        await line.send(hook, {"id": f"e{number}"})
    await line.decide()
    ids, line.asked_for[:] = list(line.asked_for), []
    replayer.runner.take(ids)
    for execution_id in ids:
        await line.settled(execution_id, "dead")
    line.target.behave("/notify", "ok")
    return sorted(ids)


async def start(
    replayer: Replayer, *ids: UUID, kind: str = "replay", start: Start = "beginning"
) -> UUID:
    draft = BulkDraft(kind, "A test's", Selection(ids), ReplayOptions(start=start))
    return await start_bulk_action(replayer.line.world.alice, draft)


async def found(replayer: Replayer, bulk_id: UUID) -> BulkAction:
    action = await find_bulk_action(replayer.line.world.alice.team_id, bulk_id)
    assert action is not None
    return action


async def work_off(replayer: Replayer, bulk_id: UUID, passes: int = 20) -> list[UUID]:
    """What the clock does, without waiting between portions; the executions it rang for."""
    rung: list[UUID] = []
    for _ in range(passes):
        await execute("UPDATE bulk_action SET lease_until = NULL WHERE id = $1", bulk_id)
        for one in await run_bulk_actions(replayer.line.versions):
            rung += one.started if one.id == bulk_id else ()
        if (await found(replayer, bulk_id)).state != "running":
            break
    return rung


async def replays_of(ids: list[UUID]) -> list[UUID]:
    rows = await fetch("SELECT replay_of FROM execution WHERE replay_of = ANY ($1)", ids)
    return sorted(row["replay_of"] for row in rows)


async def test_all_that_filters_find_are_replayed_and_their_ends_are_counted(
    replayer: Replayer, dead: list[UUID]
) -> None:
    alice = replayer.line.world.alice
    row = await replayer.line.execution(dead[0])
    filters = DeadLetterFilters(workflow_id=row["workflow_id"])

    bulk_id = await start_bulk_action(alice, BulkDraft("replay", "All", Selection((), filters)))
    for replayed in await work_off(replayer, bulk_id):
        await replayer.run(replayed)

    action = await found(replayer, bulk_id)
    assert (action.state, action.total, action.done, action.skipped) == ("finished", 5, 5, 0)
    assert await replays_of(dead) == dead
    assert await bulk_actions.outcomes_of(alice.team_id, bulk_id) == {"succeeded": 5}
    assert not await fetch("SELECT FROM bulk_item WHERE bulk_id = $1", bulk_id)


async def test_what_comes_after_the_choice_is_left_alone(
    replayer: Replayer, dead: list[UUID]
) -> None:
    (seen,) = await fetch("SELECT now() AS at")
    await execute(
        "UPDATE execution SET finished_at = now() + interval '1 s' WHERE id = $1", dead[4]
    )
    row = await replayer.line.execution(dead[0])
    filters = ExecutionFilters(trigger_id=row["trigger_id"])
    draft = BulkDraft("replay", "Seen", Selection((), filters, seen["at"]))

    bulk_id = await start_bulk_action(replayer.line.world.alice, draft)

    assert (await found(replayer, bulk_id)).total == 4


async def test_killed_before_the_commit_nothing_is_done_and_after_it_nothing_is_done_twice(
    replayer: Replayer, dead: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk_id = await start(replayer, *dead)

    class KilledError(BaseException):
        """Not caught by anything, as a kill is not."""

    async def die(point: str) -> None:
        await pause_at(point)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(operation, "pause_at", die)
        with pytest.raises(KilledError):
            await run_bulk_actions(replayer.line.versions)
    nothing = await replays_of(dead)
    await work_off(replayer, bulk_id)

    assert nothing == []
    assert await replays_of(dead) == dead


async def test_of_several_clocks_each_execution_is_taken_by_one(
    replayer: Replayer, dead: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "PORTION", 1)
    bulk_id = await start(replayer, *dead)

    await asyncio.gather(*(work_off(replayer, bulk_id) for _ in range(4)))

    assert await replays_of(dead) == dead
    assert (await found(replayer, bulk_id)).done == 5


async def test_no_more_is_started_while_much_of_it_is_under_way(
    replayer: Replayer, dead: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that live work is never far behind."""
    monkeypatch.setattr(rules, "MOST_UNDER_WAY", 2)
    bulk_id = await start(replayer, *dead)

    first = await work_off(replayer, bulk_id, passes=4)
    for replayed in first:
        await replayer.run(replayed)
    second = await work_off(replayer, bulk_id, passes=4)

    assert (len(first), len(second)) == (2, 2)


async def test_what_cannot_be_replayed_is_left_out_with_the_reason(
    replayer: Replayer, dead: list[UUID]
) -> None:
    await execute("UPDATE execution SET state = 'succeeded' WHERE id = $1", dead[0])
    bulk_id = await start(replayer, *dead, start="failed_step")

    await work_off(replayer, bulk_id)

    action = await found(replayer, bulk_id)
    assert (action.total, action.done, action.skipped) == (5, 4, 1)
    assert action.left_out == '{"No step of it failed: replay it from the beginning.": 1}'


async def test_one_that_breaks_is_left_out_and_its_neighbours_are_not(
    replayer: Replayer, dead: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = make_replays

    async def break_at_one(rows: list[Row], *given: Any, **more: Any) -> Made:
        if dead[2] in [row["execution_id"] for row in rows]:
            raise ZeroDivisionError
        return await make(rows, *given, **more)

    monkeypatch.setattr(operation, "make_replays", break_at_one)
    bulk_id = await start(replayer, *dead)
    await work_off(replayer, bulk_id)

    action = await found(replayer, bulk_id)
    assert (action.state, action.done, action.skipped) == ("finished", 4, 1)
    assert await replays_of(dead) == [*dead[:2], *dead[3:]]


async def test_many_are_canceled_at_once(replayer: Replayer) -> None:
    line = replayer.line
    hook = await line.hook()
    for number in range(3):
        await line.send(hook, {"id": f"e{number}"})
    await line.decide()
    filters = ExecutionFilters(states=("queued",), trigger_id=hook.trigger_id)
    draft = BulkDraft("cancel", "Stop", Selection((), filters))

    bulk_id = await start_bulk_action(line.world.alice, draft)
    await work_off(replayer, bulk_id)

    states = [(await line.execution(each))["state"] for each in line.asked_for]
    assert states == ["canceled"] * 3
    assert (await found(replayer, bulk_id)).done == 3
    outcomes = await bulk_actions.outcomes_of(line.world.alice.team_id, bulk_id)
    assert outcomes == {"canceled": 3}


async def test_a_canceled_bulk_action_comes_to_no_further_execution(
    replayer: Replayer, dead: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "PORTION", 2)
    bulk_id = await start(replayer, *dead)
    await work_off(replayer, bulk_id, passes=1)

    await cancel_bulk_action(replayer.line.world.alice, bulk_id)
    await work_off(replayer, bulk_id)

    action = await found(replayer, bulk_id)
    assert (action.state, action.done) == ("canceled", 2)
    assert len(await replays_of(dead)) == 2
    with pytest.raises(BulkHasEnded):
        await cancel_bulk_action(replayer.line.world.alice, bulk_id)


async def test_an_empty_filter_is_refused_and_so_is_an_empty_choice(
    replayer: Replayer, dead: list[UUID]
) -> None:
    alice = replayer.line.world.alice
    for filters in (DeadLetterFilters(), ExecutionFilters()):
        with pytest.raises(NoFilter):
            await start_bulk_action(alice, BulkDraft("replay", "All", Selection((), filters)))
    silent = Selection((), DeadLetterFilters(error="nothing says this"))
    with pytest.raises(NothingChosen):
        await start_bulk_action(alice, BulkDraft("replay", "None", silent))
    with pytest.raises(NothingChosen):
        await start(replayer, *dead, kind="cancel")
    with pytest.raises(InvalidInput, match="executions"):
        await start(replayer)
    with pytest.raises(InvalidInput, match="kind"):
        await start(replayer, *dead, kind="delete")


async def test_too_much_at_once_is_refused(
    replayer: Replayer, dead: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (starting, bulk_actions):
        monkeypatch.setattr(module, "MOST_ITEMS", 4)
    with pytest.raises(TooMuchChosen):
        await start(replayer, *dead)
    assert not await fetch(
        "SELECT FROM bulk_action WHERE team_id = $1", replayer.line.world.alice.team_id
    )
    for _ in range(5):
        await start(replayer, *dead[:4])
    with pytest.raises(TooManyBulkActions):
        await start(replayer, *dead[:4])


async def test_others_may_not_or_find_nothing(replayer: Replayer, dead: list[UUID]) -> None:
    world = replayer.line.world
    draft = BulkDraft("replay", "Theirs", Selection(tuple(dead)))

    with pytest.raises(Forbidden):
        await start_bulk_action(world.bob, draft)
    with pytest.raises(NothingChosen):
        await start_bulk_action(world.charlie, draft)
