"""The workflow form: its steps as rows, or all of them as JSON."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from domain.errors import InvalidInput
from domain.operations.edit_workflow import WorkflowEdit
from domain.operations.saving import steps_text
from domain.operations.template_versions import TemplateUse
from domain.rules.bodies import UnreadableBody, read_json, read_stored
from domain.rules.checking import Problems
from domain.rules.input_schemas import parse_input_schema
from domain.rules.json_values import JsonValue, write_json
from domain.rules.names import name_problems
from domain.rules.policies import parse_policy
from domain.store.templates import TemplateRow, TemplateVersion
from domain.store.workflows import Contents, WorkflowRow
from web.forms.policy import POLICY_FIELDS, PolicyForm
from web.forms.reading import Errors, Fields, errors_by_field, json_in, whole_number_in
from web.forms.step_moves import rearranged
from web.forms.steps import SAMPLE, StepRow, read_rows, row_fields, rows_of, rows_typed
from web.presenters.payload import pretty

AS_ROWS, AS_JSON = "rows", "json"
SHOW_JSON, SHOW_ROWS = "show_json", "show_rows"
REVIEW = "/publication"


@dataclass(frozen=True, slots=True)
class WorkflowForm:
    """The form as it was typed. `mode` says which of `rows` and `steps` (JSON) holds the steps;
    `input_schema` is JSON, `policy` what holds for its executions; `template` and its version are
    what a new workflow is made from. `opened` is what the form was opened with, as JSON: what an
    edit conflict is told against. `focus` is the id of the element to go on at."""

    name: str = ""
    mode: str = AS_ROWS
    rows: tuple[StepRow, ...] = SAMPLE
    steps: str = ""
    input_schema: str = ""
    policy: PolicyForm = field(default_factory=PolicyForm)
    template: str = ""
    template_version: int | None = None
    save_as: str = "draft"
    revision: int | None = None
    opened: str = ""
    focus: str = ""

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent; the button says whether to publish or to keep a draft."""
        mode = given.get("mode", AS_JSON if "steps" in given else AS_ROWS)
        return cls(
            name=given.get("name", ""),
            mode=AS_JSON if mode == AS_JSON else AS_ROWS,
            rows=rows_typed(given),
            steps=given.get("steps", ""),
            input_schema=given.get("input_schema", ""),
            policy=PolicyForm.typed(given),
            template=given.get("template", ""),
            template_version=whole_number_in(given.get("template_version", "")),
            save_as=given.get("save_as", "draft"),
            revision=whole_number_in(given.get("revision", "")),
            opened=given.get("opened", ""),
        )

    @classmethod
    def of(cls, row: WorkflowRow) -> Self:
        """The workflow as it is: its draft, or else what is published. Rows, where they can show
        it."""
        shown = row.draft or row.published
        opened = write_json(state_of(row)).decode()
        form = cls(name=row.name, revision=row.revision, opened=opened)
        return form if shown is None else form.holding(shown)

    @classmethod
    def of_template(cls, row: TemplateRow, version: TemplateVersion) -> Self:
        """A new workflow with what the template has."""
        form = cls(name=row.name, template=row.reference, template_version=version.number)
        return form.holding(version.contents)

    def holding(self, contents: Contents) -> Self:
        """The form with these steps, in rows where they can show them, this schema and policy."""
        schema = pretty(contents.input_schema) if contents.input_schema else ""
        policy = PolicyForm.of(read_json(contents.policy.encode()))
        form = replace(self, input_schema=schema, policy=policy)
        try:
            return replace(form, rows=rows_of(read_json(contents.steps.encode())))
        except InvalidInput:
            return replace(form, mode=AS_JSON, rows=(), steps=pretty(contents.steps))

    @property
    def draft(self) -> bool:
        """Whether it is to be saved without being published."""
        return self.save_as != "published"

    @property
    def leads_to(self) -> str:
        """Where to go on after saving: publishing is looked at before it is done."""
        return REVIEW if self.save_as == "review" else ""

    def after(self, act: str) -> tuple[Self, Errors]:
        """The form after one of its own buttons, and what kept that from happening if anything
        did: nothing that was typed is given up for another view of it."""
        try:
            if act == SHOW_JSON:
                return self._as_json(), {}
            if act == SHOW_ROWS:
                return self._as_rows(), {}
        except InvalidInput as refused:
            return self, workflow_errors(refused, self)
        rows, focus = rearranged(self.rows, act)
        return replace(self, rows=rows, focus=focus), {}

    def _as_json(self) -> Self:
        read = read_rows(self.rows)
        if read.problems:
            raise InvalidInput(read.problems)
        text = pretty(write_json(read.steps).decode())
        return replace(self, mode=AS_JSON, steps=text, rows=(), focus="field-steps")

    def _as_rows(self) -> Self:
        steps = json_in(self.steps, "steps")
        rows = () if steps is None else rows_of(steps)
        return replace(self, mode=AS_ROWS, rows=rows, steps="", focus="act-show")

    def parsed_steps(self) -> JsonValue:
        """The steps as JSON. Raises InvalidInput with everything that is wrong, also by the rules,
        when some of it cannot be read: people mend everything at once."""
        if self.mode == AS_JSON:
            steps = json_in(self.steps, "steps")
            if steps is None:
                raise InvalidInput.at("steps", "must be a list of at least one step")
            return steps
        read = read_rows(self.rows)
        if read.problems:
            found = [*name_problems(self.name.strip()), *read.problems]
            steps_text(read.steps, found=found)
        return read.steps

    def parsed(self) -> tuple[JsonValue, JsonValue, JsonValue]:
        """Steps, input schema (None: none) and policy as JSON. Raises InvalidInput with everything
        that is wrong with any."""
        problems = Problems()
        steps = problems.attempt(self.parsed_steps)
        schema = problems.attempt(self.parsed_schema)
        policy: JsonValue = self.policy.config()
        problems.attempt(lambda: parse_policy(policy))
        if problems.count and steps is not None:
            found = name_problems(self.name.strip())
            problems.attempt(lambda: steps_text(steps, found=found))
        problems.raise_any()
        return steps, schema, policy

    def parsed_schema(self) -> JsonValue:
        """The input schema as JSON; None for an empty field. Raises InvalidInput, also by the
        rules."""
        schema = json_in(self.input_schema, "input_schema")
        return None if schema is None else parse_input_schema(schema).document

    @property
    def made_from(self) -> TemplateUse | None:
        """The template's version that a new workflow is made from."""
        if not self.template:
            return None
        return TemplateUse(self.template, self.template_version or 0)

    def edit(self) -> WorkflowEdit:
        """What saving it takes. Raises InvalidInput."""
        steps, schema, policy = self.parsed()
        return WorkflowEdit(
            name=self.name.strip(),
            steps=steps,
            input_schema=schema,
            policy=policy,
            draft=self.draft,
            revision=self.revision,
        )


def state_of(row: WorkflowRow) -> dict[str, JsonValue]:
    """What the form edits of a workflow."""
    shown = row.draft or row.published
    return {
        "name": row.name,
        "steps": read_stored(shown.steps if shown else None),
        "input_schema": read_stored(shown.input_schema if shown else None),
        "policy": read_stored(shown.policy if shown else None) or {},
    }


def opened_in(form: WorkflowForm) -> dict[str, Any] | None:
    """What the form was opened with; None when it does not say."""
    try:
        opened = read_json(form.opened.encode("utf-8", "surrogatepass"))
    except UnreadableBody:
        return None
    return opened if isinstance(opened, dict) else None


def workflow_errors(refused: InvalidInput, form: WorkflowForm) -> Errors:
    """What is wrong, by form field."""
    if form.mode == AS_JSON:
        known = ("name", "steps", "input_schema", *POLICY_FIELDS)
        return errors_by_field(refused.problems, known, {})
    names = read_rows(form.rows).names
    known = ("name", *row_fields(form.rows), "input_schema", *POLICY_FIELDS)
    return errors_by_field(refused.problems, known, names)
