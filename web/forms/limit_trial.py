"""Which limits to try on history, and on how many days: as JSON on the page of trials, or with the
rows of the trigger's own form."""

from dataclasses import dataclass
from typing import Self

import msgspec

from domain.errors import InvalidInput, Problem
from domain.operations.start_limit_trial import LimitTrialDraft
from domain.rules.limit_trials import DEFAULT_DAYS, MOST_DAYS
from domain.rules.limits import parse_limits
from domain.store.triggers import TriggerRow
from web.forms.reading import Errors, Fields, errors_by_field, json_in, whole_number_in

LIMITS, DAYS = "tried_limits", "limit_trial_days"
# The operation names things as the API does.
_NAMES = {"days": DAYS, "limits": LIMITS}


@dataclass(frozen=True, slots=True)
class LimitTrialForm:
    """The form as it was typed."""

    limits: str = ""
    days: str = f"{DEFAULT_DAYS}"

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(given.get(LIMITS, ""), given.get(DAYS, f"{DEFAULT_DAYS}").strip())

    @classmethod
    def of(cls, row: TriggerRow) -> Self:
        """The limits that are in force, to be changed."""
        return cls("" if row.limits == "{}" else msgspec.json.format(row.limits, indent=2))

    def draft(self) -> LimitTrialDraft:
        """What starting it takes. Raises InvalidInput with everything that is wrong."""
        problems: list[Problem] = []
        limits, days = None, whole_number_in(self.days or f"{DEFAULT_DAYS}")
        try:
            limits = json_in(self.limits, LIMITS)
            parse_limits(limits)
        except InvalidInput as refused:
            problems += refused.problems
        if days is None:
            problems.append(Problem(DAYS, f"must be a whole number from 1 to {MOST_DAYS}"))
        if problems or days is None:
            raise InvalidInput(problems)
        return LimitTrialDraft(limits or {}, days)

    @staticmethod
    def errors(refused: InvalidInput) -> Errors:
        """What is wrong with it, by form field."""
        return errors_by_field(refused.problems, (LIMITS, DAYS), _NAMES)
