"""The workflow form."""

from dataclasses import dataclass
from typing import Self

from domain.errors import InvalidInput
from domain.operations.edit_workflow import WorkflowEdit
from domain.rules.json_values import JsonValue
from domain.store.workflows import WorkflowRow
from web.forms.reading import Errors, Fields, errors_by_field, json_in, whole_number_in
from web.presenters.payload import pretty

SAMPLE_STEPS = """[
  {
    "key": "notify",
    "kind": "http",
    "method": "POST",
    "url": "https://example.org/notify",
    "headers": {},
    "body": {"action": "{{ $.action }}"},
    "timeout_s": 10
  }
]"""


@dataclass(frozen=True, slots=True)
class WorkflowForm:
    """The form as it was typed."""

    name: str = ""
    steps: str = SAMPLE_STEPS
    draft: bool = False
    revision: int | None = None

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent; the button says whether to publish or to keep a draft."""
        return cls(
            name=given.get("name", ""),
            steps=given.get("steps", ""),
            draft=given.get("save_as") == "draft",
            revision=whole_number_in(given.get("revision", "")),
        )

    @classmethod
    def of(cls, row: WorkflowRow) -> Self:
        """The workflow as it is: its draft, or else what is published."""
        steps = row.draft_steps or row.steps
        return cls(row.name, pretty(steps) if steps else SAMPLE_STEPS, revision=row.revision)

    def parsed_steps(self) -> JsonValue:
        """The steps as JSON. Raises InvalidInput at the field."""
        steps = json_in(self.steps, "steps")
        if steps is None:
            raise InvalidInput.at("steps", "must be a list of at least one step")
        return steps

    def edit(self) -> WorkflowEdit:
        """What saving it takes. Raises InvalidInput."""
        return WorkflowEdit(
            name=self.name.strip(),
            steps=self.parsed_steps(),
            draft=self.draft,
            revision=self.revision,
        )


def workflow_errors(refused: InvalidInput) -> Errors:
    """What is wrong, by form field."""
    return errors_by_field(refused.problems, ("name", "steps"), {})
