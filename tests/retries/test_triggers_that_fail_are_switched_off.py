"""A trigger whose executions fail time after time is switched off, where its owner chose that."""

from typing import Any
from uuid import UUID

import pytest

from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.operations.switch_off_failing import switch_off_failing
from domain.rules.ids import new_id
from domain.store.database import execute, fetch, fetch_one
from tests.support.world import World


def nothing(*_: object) -> None:
    """In place of the bell and the live feed."""


async def trigger(world: World, *, disable_after: int | None = 3) -> UUID:
    """A trigger of Alice's."""
    draft = TriggerDraft(
        name="Orders",
        kind="webhook",
        workflow_id=await world.workflow(),
        config={"scheme": "none"},
        conditions=None,
        retry={},
        disable_after=disable_after,
    )
    return (await create_trigger(world.alice, world.vault, draft)).row.id


async def ended(world: World, trigger_id: UUID, *states: str) -> None:
    """Executions of it that end now, one after the other."""
    row = await fetch_one(
        "SELECT t.version_id, t.workflow_id, w.published_version_id AS workflow_version_id "
        "FROM trigger t JOIN workflow w ON w.id = t.workflow_id WHERE t.id = $1",
        trigger_id,
    )
    assert row is not None
    for state in states:
        await execute(
            "INSERT INTO execution (id, team_id, event_id, trigger_id, trigger_version_id, "
            "workflow_id, workflow_version_id, workflow_version, state, attempt, finished_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, 1, "
            "CASE WHEN $8 <> 'queued' THEN clock_timestamp() END)",
            new_id(), world.alice.team_id, new_id(), trigger_id, row["version_id"],
            row["workflow_id"], row["workflow_version_id"], state,
        )  # fmt: skip


async def now_is(trigger_id: UUID) -> tuple[Any, Any]:
    """Whether it is on, and why not."""
    await switch_off_failing(nothing, nothing)
    row = await fetch_one(
        "SELECT enabled, switched_off_because FROM trigger WHERE id = $1", trigger_id
    )
    assert row is not None
    return row["enabled"], row["switched_off_because"]


@pytest.mark.parametrize(
    ("states", "on"),
    [
        (["failed", "dead"], True),
        (["failed", "dead", "failed"], False),
        (["dead", "dead", "succeeded", "dead"], True),
        (["succeeded", "dead", "dead", "dead"], False),
        (["dead", "canceled", "dead", "queued", "dead"], False),
        (["dead", "dead", "dead", "succeeded"], True),
    ],
)
async def test_so_many_failures_in_a_row_switch_it_off(
    world: World, states: list[str], *, on: bool
) -> None:
    trigger_id = await trigger(world)
    await ended(world, trigger_id, *states)
    enabled, because = await now_is(trigger_id)
    assert enabled is on
    assert (because is None) is on


async def test_it_is_on_record_and_switching_it_on_begins_to_count_anew(world: World) -> None:
    trigger_id = await trigger(world)
    await ended(world, trigger_id, "dead", "dead", "dead")
    assert await now_is(trigger_id) == (
        False, "Its last 3 executions failed, one after the other.",
    )  # fmt: skip
    (entry,) = await fetch(
        "SELECT actor_kind, after FROM audit_entry WHERE object_id = $1 AND action = 'disable'",
        trigger_id,
    )
    assert entry["actor_kind"] == "system"
    await set_trigger_enabled(world.alice, world.vault, trigger_id, enabled=True)
    assert await now_is(trigger_id) == (True, None)
    await ended(world, trigger_id, "dead", "dead")
    assert (await now_is(trigger_id))[0] is True
    await ended(world, trigger_id, "dead")
    assert (await now_is(trigger_id))[0] is False


async def test_whose_owner_did_not_choose_it_stays_on(world: World) -> None:
    trigger_id = await trigger(world, disable_after=None)
    await ended(world, trigger_id, *["dead"] * 10)
    assert await now_is(trigger_id) == (True, None)
    # From then on, not from before.
    await edit_trigger(world.alice, world.vault, trigger_id, TriggerEdit(disable_after=2))
    assert await now_is(trigger_id) == (True, None)
    await ended(world, trigger_id, "dead", "dead")
    assert (await now_is(trigger_id))[0] is False
