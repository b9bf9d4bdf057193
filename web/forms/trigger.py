"""The trigger form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from domain.errors import InvalidInput, Problem
from domain.operations.create_trigger import TriggerDraft
from domain.operations.edit_trigger import TriggerEdit
from domain.operations.trigger_parts import parse_parts
from domain.rules.bodies import read_json
from domain.rules.json_values import JsonValue
from domain.rules.names import name_problems
from domain.rules.retries import RetryPolicy
from domain.store.triggers import TriggerRow
from web.forms.chosen_event import ChosenEvent
from web.forms.conditions import ConditionsForm
from web.forms.reading import (
    FORM,
    Errors,
    Fields,
    errors_by_field,
    id_in,
    number_in,
    whole_number_in,
)
from web.forms.trigger_source import SourceForm

RETRY_SETTINGS = ("attempts", "base_s", "factor", "cap_s")
HISTORY = ("backtest_last", "backtest_from", "backtest_to")
_TEXTS = ("name", "workflow_id", *RETRY_SETTINGS, *HISTORY)
_DEFAULT_RETRY = RetryPolicy()


@dataclass(frozen=True, slots=True)
class TriggerForm:
    """The form as it was typed: everything is text, so that nothing typed is lost.

    `was` is what the trigger was when the form was opened, as JSON: who saves over another's edit
    is shown both. `beside` is the event beside the conditions, and `backtest_…` what they are to be
    tried on: nothing of these is saved.
    """

    name: str = ""
    workflow_id: str = ""
    source: SourceForm = field(default_factory=SourceForm)
    conditions: ConditionsForm = field(default_factory=ConditionsForm)
    attempts: str = f"{_DEFAULT_RETRY.attempts}"
    base_s: str = f"{_DEFAULT_RETRY.base_s:g}"
    factor: str = f"{_DEFAULT_RETRY.factor:g}"
    cap_s: str = f"{_DEFAULT_RETRY.cap_s:g}"
    enabled: bool = True
    revision: int | None = None
    was: str = ""
    beside: ChosenEvent = field(default_factory=ChosenEvent)
    backtest_last: str = "1000"
    backtest_from: str = ""
    backtest_to: str = ""

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent. A box that is not ticked is not sent. Raises InvalidInput for a form that
        cannot be ours."""
        texts: Any = {name: given[name] for name in _TEXTS if name in given}
        return cls(
            **texts,
            source=SourceForm.typed(given),
            conditions=ConditionsForm.typed(given),
            enabled=given.get("enabled") == "on",
            revision=whole_number_in(given.get("revision", "")),
            was=given.get("was", ""),
            beside=ChosenEvent.typed(given),
        )

    @classmethod
    def of(cls, row: TriggerRow) -> Self:
        """The trigger as it is."""
        retry = _object(row.retry)
        texts: Any = {n: f"{float(retry[n]):g}" for n in RETRY_SETTINGS if n in retry}
        return cls(
            name=row.name,
            workflow_id=str(row.workflow_id),
            source=SourceForm.of(_object(row.config)),
            conditions=ConditionsForm.of(read_json((row.conditions or "null").encode())),
            enabled=row.enabled,
            revision=row.revision,
            **texts,
        )

    def draft(self) -> TriggerDraft:
        """What creating it takes. Raises InvalidInput with everything that cannot be read."""
        parts = self.parts()
        return TriggerDraft(kind="webhook", limits={}, enabled=self.enabled, **parts)

    def edit(self, before: Self) -> TriggerEdit:
        """What saving it takes: only what differs from `before`, so that a new name alone makes
        no new version. An empty secret keeps the one in use. Raises InvalidInput."""
        parts = self.parts()
        old = before.parts()
        changed = {name: value for name, value in parts.items() if value != old[name]}
        return TriggerEdit(enabled=self.enabled, revision=self.revision, **changed)

    def parts(self) -> dict[str, Any]:
        """What it says, read. Raises InvalidInput with everything that cannot be."""
        conditions, problems = self.conditions.read()

        def read(field: Callable[[], Any]) -> Any:
            try:
                return field()
            except InvalidInput as refused:
                problems.extend(refused.problems)

        parts = {
            "name": self.name.strip(),
            "workflow_id": read(
                lambda: id_in(self.workflow_id, "workflow_id", "choose the workflow to run")
            ),
            "config": self.source.config(),
            "conditions": conditions,
            "retry": self._retry(),
        }
        if problems:
            told = {problem.field for problem in problems}
            others = [p for p in _other_problems(parts) if p.field not in told]
            raise InvalidInput([*problems, *others])
        return parts

    def errors(self, refused: InvalidInput) -> Errors:
        """What is wrong, by form field, in the order of the page."""
        rows = self.conditions.names()
        names = {**rows, **{f"retry.{name}": name for name in RETRY_SETTINGS}}
        sources = [field.name for field in fields(SourceForm)]
        order = [FORM, "name", "workflow_id", *sources, "conditions", *rows.values(),
                 *RETRY_SETTINGS, *HISTORY]  # fmt: skip
        found = errors_by_field(self.source.at_fields(refused), order[1:], names)
        return {name: found[name] for name in order if name in found}

    def _retry(self) -> dict[str, JsonValue]:
        typed = {name: getattr(self, name) for name in RETRY_SETTINGS}
        return {name: number_in(text) for name, text in typed.items() if text.strip()}


def _other_problems(parts: Mapping[str, Any]) -> list[Problem]:
    """What the rules say of the parts that could be read: people mend everything at once."""
    problems = name_problems(parts["name"])
    try:
        parse_parts(parts["config"], parts["conditions"], {}, parts["retry"])
    except InvalidInput as refused:
        problems.extend(refused.problems)
    return problems


def _object(text: str) -> dict[str, Any]:
    document = read_json(text.encode())
    return document if isinstance(document, dict) else {}
