"""Which version of its workflow an execution runs: the one it was asked for with, to its end."""

import json

from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.operations.run_executions import ExecutionRunner
from tests.pipeline.conftest import Line


async def test_what_has_begun_finishes_on_its_version_and_the_next_event_takes_the_new_one(
    line: Line, runner: ExecutionRunner
) -> None:
    alice = line.world.alice
    workflow = await line.world.workflow(line.call("/old"))
    saved = await line.world.trigger(workflow)
    hook = await line.receiver.find_hook(str(saved.row.hook_token))
    assert hook is not None
    first = await line.send(hook, {"id": "asked before"})
    await line.decide()

    await edit_workflow(alice, workflow, WorkflowEdit(steps=[line.call("/new")]))
    second = await line.send(hook, {"id": "asked after"})
    await line.decide()

    for receipt, version in ((first, 1), (second, 2)):
        decision = await line.decision(receipt.event_id)
        runner.take([decision["execution_id"]])
        row = await line.settled(decision["execution_id"], "succeeded")
        assert row["workflow_version"] == version
    called = {json.loads(call.body)["id"]: call.path for call in line.target.received}
    assert called == {"asked before": "/old", "asked after": "/new"}


async def test_a_pinned_trigger_goes_on_with_its_version(
    line: Line, runner: ExecutionRunner
) -> None:
    alice = line.world.alice
    workflow = await line.world.workflow(line.call("/old"))
    draft = TriggerDraft(
        name="Kept back", kind="webhook", workflow_id=workflow, config={"scheme": "none"},
        conditions=None, retry={}, pinned_version=1,
    )  # fmt: skip
    saved = await create_trigger(alice, line.world.vault, draft)
    await edit_workflow(alice, workflow, WorkflowEdit(steps=[line.call("/new")]))
    hook = await line.receiver.find_hook(str(saved.row.hook_token))
    assert hook is not None

    receipt = await line.send(hook, {"id": "pinned"})
    await line.decide()
    execution_id = (await line.decision(receipt.event_id))["execution_id"]
    runner.take([execution_id])

    assert (await line.settled(execution_id, "succeeded"))["workflow_version"] == 1
    assert [call.path for call in line.target.received] == ["/old"]
