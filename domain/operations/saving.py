"""What those operations have in common that save something, workflows above all."""

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any, Final
from uuid import UUID

from domain.errors import Conflict, InvalidInput, NotFound, Problem
from domain.rules.bodies import read_json
from domain.rules.checking import Problems
from domain.rules.input_schemas import parse_input_schema
from domain.rules.json_values import write_json
from domain.rules.permissions import Actor
from domain.rules.policies import parse_policy
from domain.rules.redaction import storable_headers
from domain.rules.workflow_steps import parse_steps, references_in
from domain.store import audit, secrets, workflows
from domain.store.database import transaction
from domain.store.templates import TemplateRow, TemplateVersion
from domain.store.workflows import Contents, WorkflowRow


class Unchanged(Enum):
    """Stands for "as it was" where None means something."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


def contents_of(
    steps: object, input_schema: object, policy: object = None, *, found: Sequence[Problem] = ()
) -> Contents:
    """Steps, input schema (None: none) and policy as they are stored. Raises InvalidInput that
    names the fields, with the problems that were `found` before."""
    problems = Problems()
    for problem in found:
        problems.add(problem.field, problem.message)
    schema = problems.attempt(lambda: schema_text(input_schema))
    kept = problems.attempt(lambda: policy_text(policy))
    read = problems.attempt(lambda: steps_text(steps))
    problems.raise_any()
    return Contents(read or "[]", schema, policy=kept or "{}")


def policy_text(policy: object) -> str:
    """A policy as it is stored, without what says nothing. Raises InvalidInput that names the
    fields."""
    parse_policy(policy)
    told = {name: part for name, part in (policy or {}).items() if part not in (None, {})}  # type: ignore[attr-defined]  # parse_policy saw that it is an object
    return write_json(told).decode()


def schema_text(input_schema: object) -> str | None:
    """An input schema as it is stored. Raises InvalidInput that names the fields."""
    return None if input_schema is None else parse_input_schema(input_schema).text


def steps_text(steps: object, *, found: Sequence[Problem] = ()) -> str:
    """The steps as they are stored. Raises InvalidInput that names the fields (`steps.0.url`),
    with the problems that were `found` before."""
    problems = list(found)
    try:
        parse_steps(steps)
    except InvalidInput as refused:
        problems += refused.problems
    check(problems)
    return write_json(steps).decode()  # type: ignore[arg-type]  # parse_steps saw that it is JSON


def check(problems: list[Problem]) -> None:
    """Raises InvalidInput when there are any."""
    if problems:
        raise InvalidInput(problems)


def check_revision(seen: int, expected: int | None) -> None:
    """Raises Conflict when the caller looked at another revision than the present one."""
    if expected is not None and expected != seen:
        raise Conflict


def won(rows: int) -> None:
    """Raises Conflict when a guarded change touched no row."""
    if rows == 0:
        raise Conflict


async def change_workflow(
    actor: Actor,
    workflow_id: UUID,
    revision: int | None,
    change: Callable[[WorkflowRow], Awaitable[None]],
    *,
    action: str | None = None,
    noted: audit.Facts | None = None,
) -> WorkflowRow:
    """The workflow as it is once `change` was made to what it is given: the workflow as it was,
    locked. In one transaction with the audit entry, which says `action` (None: `publish` where
    there is another version then, else `edit`), with `noted` beside what the workflow is then.

    Raises NotFound, Conflict when `revision` is not the present one, and what `change` raises.
    """
    async with transaction():
        seen = await workflows.lock_workflow(actor.team_id, workflow_id)
        if seen is None:
            raise NotFound
        check_revision(seen.revision, revision)
        await change(seen)
        now = await workflows.find_workflow(actor.team_id, workflow_id)
        if now is None:
            raise NotFound
        action = action or ("publish" if now.version != seen.version else "edit")
        before, after = workflow_facts(seen), {**workflow_facts(now), **(noted or {})}
        await audit.record(actor, action, "workflow", workflow_id, before=before, after=after)
    return now


async def publish(
    seen: WorkflowRow,
    name: str,
    contents: Contents,
    created_by: str,
    *,
    draft: Contents | None = None,
) -> None:
    """Store `contents` as the next version and make it the one that runs; `draft` is the draft from
    then on.

    Called within a transaction that locked the workflow: so the number is free. Raises InvalidInput
    when the steps name a secret that the team does not have.
    """
    await _check_secrets(seen.team_id, contents.steps)
    number = await workflows.newest_version_number(seen.team_id, seen.id) + 1
    version_id = await workflows.add_version(seen.team_id, seen.id, number, contents, created_by)
    won(
        await workflows.save_published(
            seen, name=name, number=number, version_id=version_id, draft=draft
        )
    )


async def _check_secrets(team_id: UUID, steps: str) -> None:
    missing = await missing_secrets(team_id, steps)
    check([Problem("steps", f"there is no secret {name}") for name in missing])


async def missing_secrets(team_id: UUID, steps: str) -> list[str]:
    """The secrets that stored steps name and the team does not have."""
    needed = references_in(parse_steps(read_json(steps.encode()))).secrets
    known = {row["name"] for row in await secrets.list_secrets(team_id)} if needed else set()
    return sorted(needed - known)


def workflow_facts(row: WorkflowRow) -> dict[str, Any]:
    """What an audit entry keeps of a workflow."""
    shown = row.draft or row.published
    facts: dict[str, Any] = {
        "name": row.name,
        "version": row.version,
        "draft": row.draft is not None,
        "steps": None if shown is None else without_credentials(read_json(shown.steps.encode())),
    }
    if shown is not None and shown.input_schema is not None:
        facts["input_schema"] = read_json(shown.input_schema.encode())
    if shown is not None and shown.policy != "{}":
        facts["policy"] = read_json(shown.policy.encode())
    if row.template is not None:
        facts["template"] = row.template
        facts["template_version"] = shown.template_version if shown else None
    return facts


def template_facts(row: TemplateRow, version: TemplateVersion) -> dict[str, Any]:
    """What an audit entry keeps of a template."""
    return {
        "name": row.name,
        "version": row.version,
        "note": version.note,
        "steps": without_credentials(read_json(version.contents.steps.encode())),
        "policy": read_json(version.contents.policy.encode()),
    }


def without_credentials(steps: Any) -> list[Any]:
    """The steps without headers that carry credentials: some people write them there as text."""
    return [
        {**step, "headers": dict(storable_headers(step["headers"]))} if "headers" in step else step
        for step in steps
    ]
