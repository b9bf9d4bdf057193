"""What becomes of the events that a trigger held while it was off, when it is switched on again."""

from typing import Literal

from domain.errors import InvalidInput

HeldChoice = Literal["run", "drop"]
CHOICES: tuple[HeldChoice, ...] = ("run", "drop")
HOLDING_KINDS = frozenset({"webhook", "workflow"})
"""Whose events come whether the trigger is on or off: schedules have their own question when they
are switched on, and nobody runs a manual trigger that is off."""


def held_choice(text: object, field: str = "held") -> HeldChoice:
    """The choice of this name. Raises InvalidInput at `field`."""
    found = next((each for each in CHOICES if each == text), None)
    if found is None:
        raise InvalidInput.at(field, f"must be one of {', '.join(CHOICES)}")
    return found
