"""The form of a destination's breaker."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from domain.errors import InvalidInput, Problem
from domain.rules.breakers import BOUNDS
from domain.rules.json_values import JsonValue
from domain.store.destinations import DestinationRow
from web.forms.reading import Errors, Fields, errors_by_field, number_in, whole_number_in

FIELDS = tuple(BOUNDS)
_PERCENT = 100
_IN_PERCENT = Problem("failure_rate", "must be a number from {:g} to {:g}".format(
    *(_PERCENT * bound for bound in BOUNDS["failure_rate"])))  # fmt: skip


@dataclass(frozen=True, slots=True)
class DestinationForm:
    """What someone typed, by field; the failure rate is in percent."""

    typed: Mapping[str, str] = field(default_factory=dict)
    revision: int | None = None

    @classmethod
    def of(cls, row: DestinationRow) -> Self:
        """What is stored."""
        typed = {name: _text(getattr(row.settings, name)) for name in FIELDS}
        typed["failure_rate"] = _text(row.settings.failure_rate * _PERCENT)
        return cls(typed, row.revision)

    @classmethod
    def read(cls, given: Fields) -> Self:
        """What was sent."""
        typed = {name: given.get(name, "").strip() for name in FIELDS}
        return cls(typed, whole_number_in(given.get("revision", "")))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that this describes; an empty field is as by default."""
        given = {name: number_in(text) for name, text in self.typed.items() if text}
        if "failure_rate" in given:
            given["failure_rate"] = _part(given["failure_rate"])
        return given

    @staticmethod
    def errors(refused: InvalidInput) -> Errors:
        """What is wrong, by form field; of the failure rate in percent, as it is typed."""
        problems = [_IN_PERCENT if p.field == "failure_rate" else p for p in refused.problems]
        return errors_by_field(problems, FIELDS, {})


def _part(percent: JsonValue) -> JsonValue:
    """A part of one; what is no number stays as it is, for the rules to refuse."""
    if isinstance(percent, bool) or not isinstance(percent, int | Decimal):
        return percent
    return Decimal(percent) / _PERCENT


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
