"""The rows of conditions as a form shows them: each with its name, its number, and what its buttons
may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.rules.conditions import MAX_GROUP_DEPTH
from domain.rules.operators import OPERATORS
from web.forms.condition_acts import name_of
from web.forms.condition_values import KINDS
from web.forms.conditions import ConditionsForm, GroupRow, Place, RawRow, Row
from web.presenters.conditions import operator_words

Choices = tuple[tuple[str, str], ...]

OPERATOR_CHOICES: Choices = tuple((op, operator_words(op)) for op in OPERATORS)
GROUP_CHOICES: Choices = (
    ("all", "All of these match"),
    ("any", "At least one of these matches"),
    ("none", "None of these matches"),
)
_KIND_WORDS: Mapping[str, str] = {"list": "list", "json": "JSON"}
KIND_CHOICES: Choices = tuple((kind, _KIND_WORDS.get(kind, kind)) for kind in KINDS)
TYPE_CHOICES: Choices = (
    ("", "as they are"),
    ("number", "as numbers"),
    ("string", "as texts"),
    ("boolean", "as true or false"),
    ("time", "as times"),
)


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row: `name` begins the names of its fields, `place` is what its buttons say (`1.0`),
    `number` what people read (`2.1`). `nests` says that a group has room in it, or around it."""

    shape: Literal["group", "clause", "raw"]
    row: Row
    name: str
    place: str
    number: str
    members: tuple["RowShown", ...]
    up: bool
    down: bool
    nests: bool

    @property
    def id(self) -> str:
        """The element's id."""
        return f"row-{self.place.replace('.', '-')}"

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{'Group' if self.shape == 'group' else 'Clause'} {self.number}"

    @property
    def missing_choices(self) -> Choices:
        """What a clause may come to when its path finds nothing. Saying nothing means the first;
        a clause that says it in words keeps its words."""
        said = getattr(self.row, "missing", "")
        default = said if said == "no_match" else ""
        return ((default, "no match"), ("match", "a match"), ("error", "an error"))


def rows_shown(form: ConditionsForm) -> RowShown:
    """The outermost group with all that is in it."""
    return _shown(form.root, (), len(form.root.members))


def _shown(row: Row, place: Place, rows: int) -> RowShown:
    members = row.members if isinstance(row, GroupRow) else ()
    return RowShown(
        shape=_shape(row),
        row=row,
        name=name_of(place),
        place=".".join(map(str, place)),
        number=".".join(str(index + 1) for index in place),
        members=tuple(_shown(member, (*place, i), rows) for i, member in enumerate(members)),
        up=place != (0,),
        down=place != (rows - 1,),
        nests=len(place) + 1 < MAX_GROUP_DEPTH,
    )


def _shape(row: Row) -> Literal["group", "clause", "raw"]:
    if isinstance(row, GroupRow):
        return "group"
    return "raw" if isinstance(row, RawRow) else "clause"
