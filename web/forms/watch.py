"""A workflow trigger's source as form fields: which workflow it waits for, and which ends of it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from domain.errors import InvalidInput, Problem
from domain.rules.chains import MOST_DEPTH
from domain.rules.json_values import JsonValue
from web.forms.reading import Fields, number_in


@dataclass(frozen=True, slots=True)
class WatchForm:
    """What a workflow trigger waits for, as it was chosen."""

    source_workflow_id: str = ""
    on: str = "succeeded"
    most_depth: str = f"{MOST_DEPTH}"

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(**{name: given[name] for name in WATCH_FIELDS if name in given})

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """The source as it is stored."""
        return cls(**{name: str(config[name]) for name in WATCH_FIELDS if name in config})

    def config(self) -> dict[str, JsonValue]:
        """The trigger's config. What cannot be read stays as it was typed, for the rules to
        refuse."""
        return {
            "source_workflow_id": self.source_workflow_id,
            "on": self.on,
            "most_depth": number_in(self.most_depth),
        }

    def at_fields(self, refused: InvalidInput) -> list[Problem]:
        """The problems of the config, each at the form's field."""
        return [self._at_field(problem) for problem in refused.problems]

    def _at_field(self, problem: Problem) -> Problem:
        name = problem.field.removeprefix("config.")
        if name == "source_workflow_id" and not self.source_workflow_id:
            return Problem(name, "choose the workflow to wait for")
        return Problem(name, problem.message)


WATCH_FIELDS = tuple(field.name for field in fields(WatchForm))
