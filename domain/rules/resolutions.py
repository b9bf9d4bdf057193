"""What a person may say of an execution whose last call may have been carried out."""

from typing import Literal, get_args

from domain.errors import InvalidInput

Resolution = Literal["try_again", "carried_out", "give_up"]
RESOLUTIONS: tuple[Resolution, ...] = get_args(Resolution)

CARRIED_OUT = "carried_out"
"""The reason of a step that counts as done because somebody said so."""
GIVEN_UP = "given_up"
"""The reason of an execution that somebody gave up."""


def resolution(text: object, field: str = "resolution") -> Resolution:
    """The resolution of this name. Raises InvalidInput at `field`."""
    found = next((each for each in RESOLUTIONS if each == text), None)
    if found is None:
        raise InvalidInput.at(field, f"must be one of {', '.join(RESOLUTIONS)}")
    return found
