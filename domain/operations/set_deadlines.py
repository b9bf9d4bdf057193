"""Give what starts the deadline that its workflow sets."""

from collections.abc import Sequence
from dataclasses import replace

from domain.operations.compiled_versions import CompiledVersions, CompiledWorkflow
from domain.operations.judged_events import Judged


async def with_deadlines(judged: Sequence[Judged], versions: CompiledVersions) -> list[Judged]:
    """The same, where an event fires a workflow that has a deadline, with it. The versions are kept
    by the process, so this costs a query only for those that it has not seen lately."""
    fired = {one.row["workflow_version_id"] for one in judged if one.verdict == "fired"}
    if not fired:
        return list(judged)
    workflows = await versions.workflows(fired)
    return [_with_deadline(one, workflows.get(one.row["workflow_version_id"])) for one in judged]


def _with_deadline(one: Judged, workflow: CompiledWorkflow | None) -> Judged:
    if one.verdict != "fired" or workflow is None or workflow.policy.deadline_s is None:
        return one
    return replace(one, deadline_s=float(workflow.policy.deadline_s))
