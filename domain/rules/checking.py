"""Checking what people configure: all problems at once, each at its field, none of it trusted.

`clean_json` also settles what later code may rely on: exact numbers, bounded depth and size, and
nothing that PostgreSQL's `jsonb` or a UTF-8 encoder would refuse at the moment of saving.
"""

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import TypeVar

from domain.errors import InvalidInput, Problem
from domain.rules.json_values import MAX_DEPTH, MAX_NUMBER_DIGITS, JsonValue, number_of

MAX_PROBLEMS = 50
MAX_TEXT = 100_000
MAX_VALUES = 10_000

_LIMIT: int = 10**MAX_NUMBER_DIGITS
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


Found = TypeVar("Found")


class Problems:
    """The problems found so far in one thing that was sent."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    @property
    def count(self) -> int:
        """How many there are so far."""
        return len(self._found)

    def add(self, field: str, message: str) -> None:
        """Note a problem; more than `MAX_PROBLEMS` help nobody."""
        if len(self._found) < MAX_PROBLEMS:
            self._found.append(Problem(field, message))

    def absorb(self, error: InvalidInput) -> None:
        """Note the problems that another check raised."""
        for problem in error.problems:
            self.add(problem.field, problem.message)

    def attempt(self, check: Callable[[], Found]) -> Found | None:
        """What `check` finds, or None where it raises InvalidInput: its problems are noted."""
        try:
            return check()
        except InvalidInput as refused:
            self.absorb(refused)
            return None

    def raise_any(self) -> None:
        """Raise InvalidInput with all of them, if there are any."""
        if self._found:
            raise InvalidInput(self._found)

    def refuse_unknown(self, raw: Mapping[str, object], known: Collection[str], field: str) -> None:
        """Note every key of `raw` that means nothing here."""
        for key in raw:
            if key not in known:
                self.add(f"{field}.{key}", "is not known here")


def clean_json(raw: object, field: str, problems: Problems) -> JsonValue:
    """`raw` as a JSON value with exact numbers; what is wrong with it goes to `problems`."""
    return _Cleaner(problems).clean(raw, field, 1)


class _Cleaner:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._values_left = MAX_VALUES

    def clean(self, raw: object, field: str, depth: int) -> JsonValue:
        self._values_left -= 1
        if self._values_left < 0:
            if self._values_left == -1:
                self._problems.add(field, f"has more than {MAX_VALUES:,} values")
            return None
        if isinstance(raw, str):
            return self._text(raw, field)
        if raw is None or isinstance(raw, bool):
            return raw
        if isinstance(raw, dict | list):
            return self._container(raw, field, depth)
        return self._number(raw, field)

    def _text(self, raw: str, field: str) -> str:
        if len(raw) > MAX_TEXT:
            self._problems.add(field, f"is longer than {MAX_TEXT:,} characters")
        elif _UNSTORABLE.search(raw):
            self._problems.add(field, "holds a NUL character or half of a surrogate pair")
        return raw

    def _container(
        self, raw: dict[object, object] | list[object], field: str, depth: int
    ) -> JsonValue:
        if depth > MAX_DEPTH:
            self._problems.add(field, f"is nested deeper than {MAX_DEPTH} levels")
            return None
        if isinstance(raw, list):
            return [
                self.clean(item, f"{field}.{index}", depth + 1) for index, item in enumerate(raw)
            ]
        return {
            self._text(str(key), field): self.clean(item, f"{field}.{key}", depth + 1)
            for key, item in raw.items()
        }

    def _number(self, raw: object, field: str) -> JsonValue:
        number = number_of(raw) if isinstance(raw, int | float | Decimal) else None
        if number is None:
            self._problems.add(field, "is not a JSON value")
        elif not is_in_range(number):
            self._problems.add(field, f"is a number beyond {MAX_NUMBER_DIGITS} digits")
        else:
            return number
        return None


def is_in_range(number: int | Decimal) -> bool:
    """Whether `number` is one that a body may hold, too."""
    if isinstance(number, int):
        return abs(number) < _LIMIT
    if not number.is_finite():
        return False
    return (
        -MAX_NUMBER_DIGITS <= number.adjusted() < MAX_NUMBER_DIGITS
        and len(number.as_tuple().digits) <= MAX_NUMBER_DIGITS
    )
