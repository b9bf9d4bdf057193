"""By when the next event is expected, as form fields: one at least every …, or by a schedule."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Self

from domain.rules.json_values import JsonValue
from web.forms.durations import in_unit, seconds_in
from web.forms.reading import Fields

_NAMES = {"every_s": "expected_every", "cron": "expected_cron", "zone": "expected_zone",
          "grace_s": "expected_grace"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExpectedForm:
    """What was typed. `expected` is nothing (never overdue), `every` or `schedule`; the grace is in
    minutes."""

    expected: str = ""
    expected_every: str = "1"
    expected_unit: str = "days"
    expected_cron: str = ""
    expected_zone: str = "UTC"
    expected_grace: str = "10"

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(**{name: given[name] for name in EXPECTED_FIELDS if name in given})

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Self:
        """What is stored."""
        if not stored:
            return cls()
        if "every_s" in stored:
            every, unit = in_unit(Decimal(stored["every_s"]), "minutes")
            return cls("every", every, unit)
        grace = f"{Decimal(stored.get('grace_s', 600)) / 60:g}"
        return cls("schedule", expected_cron=str(stored.get("cron", "")),
                   expected_zone=str(stored.get("zone", "UTC")), expected_grace=grace)  # fmt: skip

    def config(self) -> dict[str, JsonValue] | None:
        """What is to be stored; None: nothing is expected. What cannot be read stays as it was
        typed, for the rules to refuse."""
        if self.expected == "every":
            return {"every_s": seconds_in(self.expected_every, self.expected_unit)}
        if self.expected == "schedule":
            return {
                "cron": self.expected_cron.strip(),
                "zone": self.expected_zone.strip(),
                "grace_s": seconds_in(self.expected_grace, "minutes"),
            }
        return None


EXPECTED_FIELDS = tuple(field.name for field in fields(ExpectedForm))
EXPECTED_NAMES = {f"expected_by.{key}": name for key, name in _NAMES.items()} | {
    "expected_by": "expected"
}
"""The form's field of each part of the setting."""
