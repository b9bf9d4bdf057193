"""What to try on history: the conditions of the form that it stands in, and on which events."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from domain.errors import InvalidInput, Problem
from domain.operations.start_backtest import BacktestDraft
from domain.rules.backtests import DEFAULT_LAST, MOST_EVENTS
from domain.rules.bodies import read_json
from domain.rules.conditions import parse_conditions
from domain.rules.json_values import JsonValue
from domain.rules.list_addresses import instant_in
from domain.store.triggers import TriggerRow
from web.forms.conditions import ConditionsForm
from web.forms.profile import zone_names
from web.forms.reading import Errors, Fields, errors_by_field, whole_number_in

LAST, SINCE, UNTIL = "backtest_last", "backtest_from", "backtest_to"
ZONE = "backtest_zone"
OWN_FIELDS = (LAST, SINCE, UNTIL)
# The operation names things as the API does.
_NAMES = {"last": LAST, "received_after": SINCE, "received_before": UNTIL}


@dataclass(frozen=True, slots=True)
class BacktestForm:
    """The form as it was typed. Where a time is given, the number of events does not count."""

    conditions: ConditionsForm = field(default_factory=ConditionsForm)
    last: str = f"{DEFAULT_LAST}"
    since: str = ""
    until: str = ""
    zone: str = "UTC"

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent. Raises InvalidInput for what is no form of ours."""
        return cls(
            conditions=ConditionsForm.typed(given),
            last=given.get(LAST, f"{DEFAULT_LAST}"),
            since=given.get(SINCE, "").strip(),
            until=given.get(UNTIL, "").strip(),
            zone=given.get(ZONE) or "UTC",
        )

    @classmethod
    def of(cls, row: TriggerRow, zone: str | None) -> Self:
        """The live conditions, to be changed."""
        stored = ConditionsForm.of(read_json((row.conditions or "null").encode()))
        return cls(stored if stored.text is not None else stored.as_json(), zone=zone or "UTC")

    def draft(self) -> BacktestDraft:
        """What starting it takes. Raises InvalidInput with everything that cannot be read."""
        conditions, problems = self.conditions.read()
        since, until = (
            self._instant(name, text, problems)
            for name, text in ((SINCE, self.since), (UNTIL, self.until))
        )
        if since and until and since >= until:
            problems.append(Problem(UNTIL, "must be later than from"))
        last = None if self.since or self.until else self._last(problems)
        if problems:
            raise InvalidInput([*problems, *_others(conditions, problems)])
        return BacktestDraft(conditions, last, since, until)

    def errors(self, refused: InvalidInput) -> Errors:
        """What is wrong with it, by form field."""
        return errors_by_field(
            refused.problems, ("conditions", *OWN_FIELDS), {**self.conditions.names(), **_NAMES}
        )

    def _last(self, problems: list[Problem]) -> int | None:
        if not self.last.strip():
            return None
        last = whole_number_in(self.last.strip())
        if last is None:
            problems.append(Problem(LAST, f"must be a whole number from 1 to {MOST_EVENTS:,}"))
        return last

    def _instant(self, name: str, text: str, problems: list[Problem]) -> datetime | None:
        if not text:
            return None
        if self.zone not in zone_names():
            problems.append(Problem(name, "is in a zone that is not known, such as Europe/Berlin"))
            return None
        try:
            return instant_in(text, ZoneInfo(self.zone))
        except ValueError:
            problems.append(Problem(name, "is not a time, such as 2026-11-23T14:30"))
            return None


def _others(conditions: JsonValue, told: list[Problem]) -> list[Problem]:
    """What the rules say of conditions that could be read: people mend everything at once."""
    try:
        parse_conditions(conditions)
    except InvalidInput as refused:
        fields = {problem.field for problem in told}
        return [problem for problem in refused.problems if problem.field not in fields]
    return []
