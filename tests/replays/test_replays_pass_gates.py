"""A replay meets no conditions and no rate limits, but it takes its place at gates."""

from typing import Any
from uuid import UUID

import pytest

from domain.operations.cancel_execution import HasEnded, cancel_execution
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.replay_execution import CannotReplay, Payload
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.store.database import fetch
from tests.replays.conftest import Replayer


async def hook_of(replayer: Replayer, limits: dict[str, Any]) -> Any:
    """The hook of a trigger with limits whose first call fails, and no other."""
    line = replayer.line
    line.target.behave("/notify", "status/500", "ok")
    workflow_id = await line.world.workflow(line.call())
    draft = TriggerDraft(
        name="Limited", kind="webhook", workflow_id=workflow_id, config={"scheme": "none"},
        conditions={"all": [{"path": "$.id", "op": "eq", "value": "e1"}]},
        retry={"attempts": 1}, limits=limits,
    )  # fmt: skip
    saved = await create_trigger(line.world.alice, line.world.vault, draft)
    return await line.receiver.find_hook(str(saved.row.hook_token))


async def gates_of(execution_id: UUID) -> list[tuple[str, str | None]]:
    rows = await fetch(
        "SELECT g.scope, g.key FROM execution x JOIN gate g ON g.id = ANY (x.gates) "
        "WHERE x.id = $1 ORDER BY g.scope",
        execution_id,
    )
    return [(row["scope"], row["key"]) for row in rows]


async def test_a_replay_has_the_gates_of_its_event_and_an_edited_one_those_of_its_own(
    replayer: Replayer,
) -> None:
    hook = await hook_of(replayer, {"concurrency": [{"most": 1, "key": "$.id"}]})
    execution_id = await replayer.ended(hook, {"id": "e1"})

    same = await gates_of(await replayer.replay(execution_id))
    other = await gates_of(await replayer.replay(execution_id, payload=Payload({"id": "e9"})))

    assert [key for _, key in same] == ['$.id = "e1"']
    assert [key for _, key in other] == ['$.id = "e9"']


async def test_where_only_one_may_run_another_one_is_refused_in_words(replayer: Replayer) -> None:
    hook = await hook_of(replayer, {"singleton": {"mode": "skip"}})
    execution_id = await replayer.ended(hook, {"id": "e1"})
    first = await replayer.replay(execution_id)

    with pytest.raises(CannotReplay, match="lets only one run at a time"):
        await replayer.replay(execution_id)
    await replayer.run(first)
    await replayer.replay(execution_id)


async def test_a_replay_may_run_although_its_trigger_is_off(replayer: Replayer) -> None:
    hook = await hook_of(replayer, {})
    execution_id = await replayer.ended(hook, {"id": "e1"})
    line = replayer.line
    await set_trigger_enabled(line.world.alice, line.world.vault, hook.trigger_id, enabled=False)

    await replayer.run(await replayer.replay(execution_id, payload=Payload({"id": "no match"})))


async def test_who_waits_for_a_place_is_let_in_when_its_holder_is_canceled(
    replayer: Replayer,
) -> None:
    line = replayer.line
    hook = await hook_of(replayer, {"concurrency": [{"most": 1}]})
    execution_id = await replayer.ended(hook, {"id": "e1"})
    line.target.behave("/notify", "hold/first", "ok")
    first, second = await replayer.replay(execution_id), await replayer.replay(execution_id)
    await replayer.run(first, "running")
    await line.target.has_received(2)
    replayer.runner.take([second])

    async def waits() -> bool:
        return bool((await line.execution(second))["waits_for"])

    await line.until(waits)
    let_in = await cancel_execution(line.world.alice, first)

    assert let_in == [second]
    await replayer.run(second)
    with pytest.raises(HasEnded):
        await cancel_execution(line.world.alice, first)
