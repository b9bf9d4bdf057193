"""The windows that all triggers of a team share, as form rows. They have no keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from domain.errors import InvalidInput, Problem
from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.json_values import JsonValue, write_json
from web.forms.limits import LimitsForm
from web.forms.reading import Errors, Fields, errors_by_field


@dataclass(frozen=True, slots=True)
class TeamLimitsForm:
    """What was typed. `was` is what the windows were when the form was opened, as JSON."""

    limits: LimitsForm = field(default_factory=LimitsForm)
    was: str = ""

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(LimitsForm.typed(given), given.get("was", ""))

    @classmethod
    def of(cls, stored: Sequence[Any]) -> Self:
        """The windows as they are stored."""
        return cls(LimitsForm.of({"rate": stored}), write_json(list(stored)).decode())

    def rate(self) -> JsonValue:
        """The windows as they are to be stored."""
        return self.limits.config().get("rate", [])

    def seen(self) -> JsonValue:
        """What they were when the form was opened; None for a field that is not ours."""
        try:
            return read_json(self.was.encode("utf-8", "surrogatepass"))
        except UnreadableBody:
            return None

    def after_act(self, act: str) -> tuple[Self, str]:
        """The form after a button in it, and what has the focus then."""
        limits, focus = self.limits.after_act(act)
        return replace(self, limits=limits), focus

    def errors(self, refused: InvalidInput) -> Errors:
        """What is wrong, by form field."""
        names = self.limits.names()
        at_fields = [Problem(f"limits.{p.field}", p.message) for p in refused.problems]
        return errors_by_field(at_fields, names.values(), names)
