"""Replays: marked, under new keys, from where they are told to begin, and one for each asking."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from domain.errors import Forbidden, InvalidInput, NotFound
from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.operations.replay_execution import (
    CannotReplay,
    Payload,
    Replay,
    ReplayedMeanwhile,
    replay_execution,
)
from domain.rules.ids import new_id
from domain.rules.replays import ReplayOptions
from domain.store.database import execute, fetch
from tests.replays.conftest import Replayer

ONCE = {"attempts": 1}


async def two_steps(replayer: Replayer, second: str = "status/500") -> tuple[UUID, UUID]:
    """A dead execution whose first of two steps was carried out, and its workflow."""
    line = replayer.line
    line.target.behave("/second", second, "ok")
    hook = await line.hook(
        steps=[line.call("/first", key="first"), line.call("/second", key="second")],
        retry=ONCE,
    )
    line.target.behave("/first", "ok")
    execution_id = await replayer.ended(hook, {"id": "e1"})
    row = await line.execution(execution_id)
    return execution_id, row["workflow_id"]


def paths(replayer: Replayer) -> list[str]:
    return [call.path for call in replayer.line.target.received]


async def audited(team_id: UUID, action: str) -> list[Any]:
    rows = await fetch(
        "SELECT after FROM audit_entry WHERE team_id = $1 AND action = $2", team_id, action
    )
    return [json.loads(row["after"]) for row in rows]


async def test_a_replay_runs_everything_again_under_new_keys_and_is_marked(
    replayer: Replayer,
) -> None:
    execution_id, _ = await two_steps(replayer)

    replayed = await replayer.replay(execution_id)
    row = await replayer.run(replayed)

    original = await replayer.line.execution(execution_id)
    keys = [call.idempotency_key for call in replayer.line.target.received]
    assert paths(replayer) == ["/first", "/second", "/first", "/second"]
    assert len(set(keys)) == 4
    assert (row["replay_of"], row["event_id"]) == (execution_id, original["event_id"])
    assert (original["state"], original["replays"]) == ("dead", 1)
    (facts,) = await audited(row["team_id"], "replay")
    assert facts["execution_id"] == str(replayed)


async def test_from_the_failed_step_what_was_carried_out_is_taken_over(
    replayer: Replayer,
) -> None:
    execution_id, _ = await two_steps(replayer)

    replayed = await replayer.replay(execution_id, options=ReplayOptions(start="failed_step"))
    await replayer.run(replayed)

    assert paths(replayer) == ["/first", "/second", "/second"]
    steps = await fetch(
        "SELECT attempt, key, state FROM step_run WHERE execution_id = $1 ORDER BY position",
        replayed,
    )
    assert [tuple(step.values()) for step in steps] == [
        (0, "first", "succeeded"),
        (1, "second", "succeeded"),
    ]


async def test_a_replay_of_a_replay_takes_over_what_that_took_over(replayer: Replayer) -> None:
    execution_id, _ = await two_steps(replayer)
    replayer.line.target.behave("/second", "status/500", "ok")
    start = ReplayOptions(start="failed_step")
    again = await replayer.replay(execution_id, options=start)
    await replayer.run(again, "dead")

    await replayer.run(await replayer.replay(again, options=start))

    assert paths(replayer) == ["/first", *["/second"] * 3]


async def edit(replayer: Replayer, workflow_id: UUID, *steps: dict[str, Any]) -> None:
    changes = WorkflowEdit(steps=list(steps))
    await edit_workflow(replayer.line.world.alice, workflow_id, changes)


async def test_the_newest_version_runs_when_it_is_asked_for(replayer: Replayer) -> None:
    execution_id, workflow_id = await two_steps(replayer)
    line = replayer.line
    line.target.behave("/third", "ok")
    await edit(
        replayer, workflow_id, line.call("/first", key="first"), line.call("/third", key="third")
    )

    newest = ReplayOptions("newest", "failed_step")
    row = await replayer.run(await replayer.replay(execution_id, options=newest))
    same = await replayer.run(await replayer.replay(execution_id))

    assert paths(replayer) == ["/first", "/second", "/third", "/first", "/second"]
    assert (row["workflow_version"], same["workflow_version"]) == (2, 1)


async def test_other_steps_before_the_failed_one_are_refused_in_words(replayer: Replayer) -> None:
    execution_id, workflow_id = await two_steps(replayer)
    line = replayer.line
    await edit(
        replayer, workflow_id, line.call("/other", key="other"), line.call("/second", key="second")
    )

    with pytest.raises(CannotReplay, match="Version 2 has other steps before the one that failed"):
        await replayer.replay(execution_id, options=ReplayOptions("newest", "failed_step"))


async def test_another_version_must_find_all_that_it_reads_on_record(replayer: Replayer) -> None:
    """Only the beginning is kept of an answer that no step refers to."""
    line = replayer.line
    line.target.behave("/long", "huge/9000")
    line.target.behave("/second", "status/500", "ok")
    hook = await line.hook(
        steps=[line.call("/long", key="long"), line.call("/second", key="second")], retry=ONCE
    )
    execution_id = await replayer.ended(hook, {"id": "e1"})
    row = await line.execution(execution_id)
    reads = line.call("/second", key="second", body={"all": "{{ steps.long.response.body }}"})
    await edit(replayer, row["workflow_id"], line.call("/long", key="long"), reads)

    with pytest.raises(CannotReplay, match="Not all of what long answered is on record"):
        await replayer.replay(execution_id, options=ReplayOptions("newest", "failed_step"))
    await replayer.run(await replayer.replay(execution_id, options=ReplayOptions("newest")))


async def test_with_an_edited_payload_it_is_a_new_event_that_names_the_old_one(
    replayer: Replayer,
) -> None:
    execution_id, _ = await two_steps(replayer)

    replayed = await replayer.replay(execution_id, payload=Payload({"id": "mended"}))
    row = await replayer.run(replayed)

    original = await replayer.line.execution(execution_id)
    (event,) = await fetch("SELECT * FROM event WHERE id = $1", row["event_id"])
    decision = await replayer.line.decision(row["event_id"])
    assert json.loads(replayer.line.target.received[-1].body) == {"id": "mended"}
    assert (event["body"], event["replay_of"]) == (b'{"id":"mended"}', original["event_id"])
    assert (decision["verdict"], decision["reason"]) == ("fired", "replayed")
    assert decision["execution_id"] == replayed
    assert row["replay_of"] == execution_id
    assert not await fetch("SELECT FROM pending_event WHERE event_id = $1", row["event_id"])


async def test_of_two_who_press_at_once_one_makes_a_replay(replayer: Replayer) -> None:
    execution_id, _ = await two_steps(replayer)

    made = await asyncio.gather(
        *(replayer.replay(execution_id, seen=0) for _ in range(8)), return_exceptions=True
    )

    assert sum(isinstance(each, UUID) for each in made) == 1
    assert sum(isinstance(each, ReplayedMeanwhile) for each in made) == 7
    assert (await replayer.line.execution(execution_id))["replays"] == 1


async def test_those_who_name_no_number_make_one_each(replayer: Replayer) -> None:
    execution_id, _ = await two_steps(replayer)

    made = await asyncio.gather(*(replayer.replay(execution_id) for _ in range(4)))

    assert len(set(made)) == 4
    assert (await replayer.line.execution(execution_id))["replays"] == 4


async def test_what_has_not_ended_is_not_replayed(replayer: Replayer) -> None:
    await replayer.line.send(await replayer.line.hook(), {"id": "e1"})
    await replayer.line.decide()

    with pytest.raises(CannotReplay, match="has not ended yet"):
        await replayer.replay(replayer.line.asked_for.pop())


async def test_what_succeeded_has_no_step_to_begin_at(replayer: Replayer) -> None:
    execution_id = await replayer.ended(await replayer.line.hook(), {"id": "e1"}, "succeeded")

    with pytest.raises(CannotReplay, match="No step of it failed"):
        await replayer.replay(execution_id, options=ReplayOptions(start="failed_step"))
    await replayer.run(await replayer.replay(execution_id))


async def test_nothing_is_replayed_of_a_deleted_workflow(replayer: Replayer) -> None:
    execution_id, workflow_id = await two_steps(replayer)
    await execute("UPDATE workflow SET deleted_at = now() WHERE id = $1", workflow_id)

    with pytest.raises(CannotReplay, match="workflow was deleted"):
        await replayer.replay(execution_id)


async def test_a_payload_is_checked_like_what_comes_from_outside(replayer: Replayer) -> None:
    execution_id, _ = await two_steps(replayer)

    for document in ("\x00", "x" * 600_000):
        with pytest.raises(InvalidInput, match="payload"):
            await replayer.replay(execution_id, payload=Payload(document))
    assert (await replayer.line.execution(execution_id))["replays"] == 0


async def test_others_may_not_or_find_nothing(replayer: Replayer) -> None:
    execution_id, _ = await two_steps(replayer)
    world, versions = replayer.line.world, replayer.line.versions

    with pytest.raises(Forbidden):
        await replay_execution(world.bob, versions, execution_id, Replay())
    with pytest.raises(NotFound):
        await replay_execution(world.charlie, versions, execution_id, Replay())
    with pytest.raises(NotFound):
        await replay_execution(world.alice, versions, new_id(), Replay())
