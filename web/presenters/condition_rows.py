"""The rows of conditions as a form shows them: each with its name, its number, and what its fields
and buttons may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.rules.comparisons import JSON_TYPES
from domain.rules.conditions import MAX_GROUP_DEPTH
from web.forms.condition_acts import name_of
from web.forms.condition_clauses import ClauseRow, told
from web.forms.condition_values import KINDS, PAIRED, Asked, asked_for
from web.forms.conditions import ConditionsForm, GroupRow, Place, RawRow, Row
from web.presenters.conditions import OPERATOR_GROUPS, operator_words

Choices = tuple[tuple[str, str], ...]
Shape = Literal["group", "clause", "raw"]

OPERATOR_CHOICES: tuple[tuple[str, Choices], ...] = tuple(
    (group, tuple((op, operator_words(op)) for op in ops)) for group, ops in OPERATOR_GROUPS
)
GROUP_CHOICES: Choices = (
    ("all", "All of these match"),
    ("any", "At least one of these matches"),
    ("none", "None of these matches"),
)
_KIND_WORDS: Mapping[str, str] = {"list": "list", "json": "JSON", "field": "field"}
# What a clause may say of itself beside path, operator and value. Saying nothing means the first.
_SAID: Mapping[str, Choices] = {
    "source": (
        ("body", "Body"),
        ("headers", "Header"),
        ("query", "Query"),
        ("meta", "Event details"),
    ),
    "quantifier": (
        ("any", "at least one value passes"),
        ("all", "every value passes"),
        ("none", "no value passes"),
        ("count", "their number passes"),
    ),
    "type": (
        ("", "as they are"),
        ("number", "as numbers"),
        ("string", "as texts"),
        ("boolean", "as true or false"),
        ("time", "as times"),
    ),
    "missing": (("no_match", "no match"), ("match", "a match"), ("error", "an error")),
    "case_insensitive": (("false", "are told apart"), ("true", "are the same")),
}
_LABELS: Mapping[str, str] = {
    "quantifier": "Of several values",
    "type": "Compare both",
    "missing": "Nothing found is",
    "case_insensitive": "Upper and lower case",
}
_TYPE_WORDS = tuple(JSON_TYPES.items())
_VALUE_LABELS: Mapping[str, str] = {
    "in": "Values, as a list",
    "not_in": "Values, as a list",
    "matches": "Pattern",
    "is_type": "Type",
    "within_last": "Time",
    "older_than": "Time",
    "expr": "Expression",
}
_EXAMPLES: Mapping[str, str] = {
    "in": '["open", "paid"]',
    "not_in": '["open", "paid"]',
    "matches": "^ORD-[0-9]+$",
    "within_last": "15m, 24h, 7d",
    "older_than": "15m, 24h, 7d",
    "before": "2026-11-30T18:00:00Z",
    "after": "2026-11-30T18:00:00Z",
    "expr": "body.order.total > 100 && size(body.order.lines) < 20",
}


@dataclass(frozen=True, slots=True)
class Pick:
    """A choice of a clause."""

    name: str
    label: str
    options: Choices
    chosen: str


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row: `name` begins the names of its fields, `place` is what its buttons say (`1.0`),
    `number` what people read (`2.1`). `nests` says that a group has room in it, or around it."""

    shape: Shape
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


@dataclass(frozen=True, slots=True)
class ClauseShown(RowShown):
    """A clause with its fields, as its operator asks for them."""

    row: ClauseRow

    @property
    def asked(self) -> Asked:
        """How its value is asked for."""
        return asked_for(self.row.op)

    @property
    def value_shape(self) -> str:
        """Which fields the value has: one, pair, choice, area or nothing."""
        shape, kind = self.asked.shape, self.row.kind
        if shape == "choice" and (kind != "text" or self.row.value not in {"", *JSON_TYPES}):
            return "one"
        usual = {"area": ("text",), "pair": PAIRED}.get(shape)
        return shape if usual is None or kind in usual else "one"

    @property
    def kinds(self) -> Choices:
        """The kinds of value to choose from: what the operator takes, and what is chosen now."""
        offered = (*self.asked.kinds, self.row.kind)
        return tuple((kind, _KIND_WORDS.get(kind, kind)) for kind in KINDS if kind in offered)

    @property
    def value_label(self) -> str:
        """What its value is called."""
        if self.row.kind == "field":
            return "Path of another field"
        if self.value_shape == "pair":
            return "From"
        return _VALUE_LABELS.get(self.row.op, "Value")

    @property
    def value_example(self) -> str:
        """How such a value looks."""
        return "$.order.limit" if self.row.kind == "field" else _EXAMPLES.get(self.row.op, "")

    @property
    def types(self) -> Choices:
        """What `is_type` may ask for."""
        return (("", "Choose a type"), *_TYPE_WORDS)

    @property
    def source(self) -> Pick:
        """Where its path looks."""
        return self._pick("source", "In")

    @property
    def more(self) -> tuple[Pick, ...]:
        """What is seldom said of a clause, and means something to its operator."""
        known = told(self.row.op)
        return tuple(self._pick(name, label) for name, label in _LABELS.items() if name in known)

    @property
    def more_open(self) -> bool:
        """Whether any of that is said."""
        return any(pick.chosen for pick in self.more)

    @property
    def unasked(self) -> tuple[tuple[str, str], ...]:
        """What was chosen and means nothing to the operator: it travels along, not to be lost."""
        known = told(self.row.op)
        return tuple((name, getattr(self.row, name)) for name in _LABELS if name not in known)

    def _pick(self, name: str, label: str) -> Pick:
        """A clause that says the usual in words keeps its words."""
        said = getattr(self.row, name)
        (usual, words), *others = _SAID[name]
        return Pick(name, label, ((usual if said == usual else "", words), *others), said)


def rows_shown(form: ConditionsForm) -> RowShown:
    """The outermost group with all that is in it."""
    return _shown(form.root, (), len(form.root.members))


def _shown(row: Row, place: Place, rows: int) -> RowShown:
    members = row.members if isinstance(row, GroupRow) else ()
    make = ClauseShown if isinstance(row, ClauseRow) else RowShown
    return make(
        shape=_shape(row),
        row=row,  # type: ignore[arg-type]  # a clause is shown as one
        name=name_of(place),
        place=".".join(map(str, place)),
        number=".".join(str(index + 1) for index in place),
        members=tuple(_shown(member, (*place, i), rows) for i, member in enumerate(members)),
        up=place != (0,),
        down=place != (rows - 1,),
        nests=len(place) + 1 < MAX_GROUP_DEPTH,
    )


def _shape(row: Row) -> Shape:
    if isinstance(row, GroupRow):
        return "group"
    return "raw" if isinstance(row, RawRow) else "clause"
