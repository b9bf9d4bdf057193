"""The form of a run by hand: the note, and a control for each input that the workflow wants."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.errors import InvalidInput, Problem
from domain.operations.run_manually import ManualRun
from domain.rules.ids import new_id
from domain.rules.input_forms import (
    ROOT,
    Control,
    controls,
    initial_fields,
    read_input,
    with_rows,
)
from domain.rules.input_schemas import InputSchema
from domain.rules.input_values import InputNode
from web.forms.reading import Errors, Fields, errors_by_field, json_in

_ANYTHING = InputNode()
"""What a workflow without a schema takes: typed as JSON."""


@dataclass(frozen=True, slots=True)
class RunForm:
    """What someone typed. `key` is the form's own: sent twice, it runs once. `focus` names the
    field, or the button, at which to go on."""

    fields: Mapping[str, str]
    note: str = ""
    key: str = ""
    focus: str = ""

    @classmethod
    def blank(cls, schema: InputSchema | None) -> "RunForm":
        """The form with the schema's defaults."""
        return cls(initial_fields(_root(schema)), key=_new_key())

    @classmethod
    def typed(cls, given: Fields) -> "RunForm":
        """Out of what the browser sent."""
        fields = {name: text for name, text in given.items() if name.startswith(ROOT)}
        return cls(fields, given.get("note", ""), given.get("key", "") or _new_key())

    def after(self, act: str, schema: InputSchema | None) -> "RunForm":
        """The form after a button of one of its lists."""
        fields, row = with_rows(_root(schema), self.fields, act)
        drawn = replace(self, fields=fields)
        return replace(drawn, focus=_first_field(drawn.control(schema), row) or _adding(act))

    def once_more(self) -> "RunForm":
        """The same, to be run although one like it was sent before."""
        return replace(self, key=_new_key())

    def control(self, schema: InputSchema | None) -> Control:
        """What is drawn for the input."""
        return controls(_root(schema), self.fields)

    def run(self, schema: InputSchema | None) -> ManualRun:
        """What is to be run. Raises InvalidInput where JSON was to be typed and is none."""
        problems: list[Problem] = [] if self.note.strip() else [_WITHOUT_NOTE]
        try:
            given = read_input(_root(schema), self.fields, json_in)
        except InvalidInput as refused:
            raise InvalidInput([*refused.problems, *problems]) from None
        return ManualRun(given, self.note.strip(), self.key)


def _first_field(control: Control, row: str) -> str:
    """The first field of a row that can be typed into."""
    inner = next((each for each in control.walk() if each.name == row), None)
    fields = inner.walk() if inner else iter(())
    return next((each.name for each in fields if each.kind not in {"group", "rows"}), "")


def _adding(act: str) -> str:
    """The button that adds to the list that `act` was about."""
    word, _, name = act.partition(":")
    return f"add:{name.rpartition('/')[0] if word == 'remove' else name}"


_WITHOUT_NOTE = Problem("note", "is missing: say why it is run")


def run_errors(refused: InvalidInput, control: Control) -> Errors:
    """What is wrong by the way of each control; what has none concerns the form."""
    ways = [each.at for each in control.walk()]
    return errors_by_field(refused.problems, ["note", *ways], {})


def _root(schema: InputSchema | None) -> InputNode:
    return schema.root if schema else _ANYTHING


def _new_key() -> str:
    return f"form_{new_id().hex}"
