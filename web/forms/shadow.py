"""A draft that is to run in shadow: from the trigger's form, or as JSON from its own page."""

from dataclasses import replace

from domain.errors import InvalidInput
from domain.operations.edit_trigger import TriggerEdit
from domain.operations.saving import UNCHANGED
from domain.rules.json_values import JsonValue
from domain.store.triggers import TriggerRow
from web.forms.conditions import ROOT, ConditionsForm
from web.forms.reading import FORM, Errors, Fields, errors_by_field
from web.forms.trigger import TriggerForm

_OTHERS = (
    "Only conditions run in shadow, and something else is changed here, too. Save that first, or "
    "undo it"
)


def is_trigger_form(given: Fields) -> bool:
    """Whether the trigger's whole form was sent."""
    return "workflow_id" in given


def draft_in(given: Fields) -> JsonValue:
    """The draft that was typed as JSON. Raises InvalidInput."""
    conditions, problems = ConditionsForm.typed(given).read()
    if problems:
        raise InvalidInput(problems)
    return conditions


def draft_of_form(form: TriggerForm, row: TriggerRow) -> JsonValue:
    """The draft that the trigger's form holds. Raises InvalidInput also when anything else in it is
    changed, which would be lost on the way."""
    edit = form.edit(TriggerForm.of(row))
    if replace(edit, conditions=UNCHANGED, enabled=None, revision=None) != TriggerEdit() or (
        edit.enabled is not row.enabled
    ):
        raise InvalidInput.at(FORM, _OTHERS)
    if edit.conditions is UNCHANGED:
        raise InvalidInput.at(ROOT, "these conditions are live already: change them first")
    return edit.conditions  # type: ignore[no-any-return]  # it is what was read as JSON


def draft_errors(refused: InvalidInput) -> Errors:
    """What is wrong with a draft that was typed as JSON, all of it at its only field."""
    return errors_by_field(refused.problems, [ROOT], {})
