"""Times as people type them: an amount and its unit."""

from collections.abc import Mapping
from decimal import Decimal

from domain.rules.json_values import JsonValue
from web.forms.reading import number_in

UNITS: Mapping[str, int] = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}


def seconds_in(text: str, unit: str) -> JsonValue:
    """So many units in seconds; what is no number stays a text, for the rules to refuse."""
    amount = number_in(text)
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        return text
    seconds = amount * UNITS.get(unit, 1)
    return int(seconds) if seconds == int(seconds) else seconds


def in_unit(seconds: Decimal, smallest: str = "seconds") -> tuple[str, str]:
    """An amount of the largest unit of which it is a whole one, or else of the smallest."""
    for name, size in reversed(list(UNITS.items())):
        if size >= UNITS[smallest] and seconds % size == 0:
            return f"{seconds // size:f}", name
    return f"{seconds / UNITS[smallest]:g}", smallest
