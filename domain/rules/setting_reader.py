"""Reading settings that people give as an object: each by its own check, all problems at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from domain.rules.checking import Problems

T = TypeVar("T")


class Fault(Exception):
    """What is wrong with a value; `part` names the place within it."""

    def __init__(self, message: str, part: str = "") -> None:
        super().__init__(message)
        self.part = part


class SettingReader:
    """Reads settings one by one; what is wrong goes to `problems`. None stands for the default."""

    def __init__(self, raw: Mapping[str, Any], field: str, problems: Problems) -> None:
        self._raw = raw
        self._field = field
        self._problems = problems

    def read(self, name: str, check: Callable[[Any], T], default: T) -> T:
        """What `check` makes of the value; it raises Fault for one that is wrong."""
        value = self._raw.get(name)
        if value is None:
            return default
        try:
            return check(value)
        except Fault as fault:
            part = f".{fault.part}" if fault.part else ""
            self._problems.add(f"{self._field}.{name}{part}", str(fault))
            return default

    def needed(self, name: str, check: Callable[[Any], T]) -> T | None:
        """The same for one that must be given; None where it is wrong."""
        if self._raw.get(name) is None:
            self._problems.add(f"{self._field}.{name}", "is missing")
            return None
        return self.read(name, cast("Callable[[Any], T | None]", check), None)

    def choice(self, name: str, choices: Sequence[str], default: str | None) -> Any:
        """One of `choices`; without a default it must be given."""

        def check(value: Any) -> str:
            if value not in choices:
                raise Fault(f"must be one of {', '.join(choices)}")
            return str(value)

        return self.needed(name, check) if default is None else self.read(name, check, default)

    def whole_number(self, name: str, default: int, bounds: tuple[int, int]) -> int:
        """A whole number between bounds, which are included."""
        return self.read(name, lambda value: whole_number(value, bounds), default)


def whole_number(value: object, bounds: tuple[int, int], part: str = "", *, unit: str = "") -> int:
    """A whole number between bounds, which are included; a fault names its unit, if there is one.
    Raises Fault."""
    low, high = bounds
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        of_unit = f" of {unit}" if unit else ""
        raise Fault(f"must be a whole number{of_unit} from {low} to {high:,}", part)
    return value
