"""The form of a new API key, and of a rotation."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from domain.errors import InvalidInput
from domain.operations.rotate_api_key import OVERLAPS_S
from web.forms.reading import Errors, Fields, errors_by_field, whole_number_in

NEVER, ON_A_DAY = "never", "on"
_DAYS = {"30d": 30, "90d": 90, "1y": 365}
LIVES = (
    ("30d", "In 30 days"),
    ("90d", "In 90 days"),
    ("1y", "In a year"),
    (ON_A_DAY, "On a day of your choice"),
    (NEVER, "Never"),
)
OVERLAPS = tuple(
    zip(map(str, OVERLAPS_S), ("ends at once", "for an hour", "for a day", "for 7 days"),
        strict=True)
)  # fmt: skip
_FIELDS = ("name", "role", "life", "day")


@dataclass(frozen=True, slots=True)
class KeyForm:
    """What someone typed."""

    name: str = ""
    role: str = "viewer"
    life: str = "90d"
    day: str = ""

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(
            name=given.get("name", ""),
            role=given.get("role", ""),
            life=given.get("life", ""),
            day=given.get("day", ""),
        )

    def expires_at(self, now: datetime) -> datetime | None:
        """When the key ends; None for never. A day counts to its end, in UTC. Raises
        InvalidInput."""
        if self.life == NEVER:
            return None
        if self.life in _DAYS:
            return now + timedelta(days=_DAYS[self.life])
        if self.life != ON_A_DAY:
            raise InvalidInput.at("life", "choose when the key ends")
        try:
            day = date.fromisoformat(self.day)
        except ValueError:
            raise InvalidInput.at("day", "choose a day") from None
        return datetime.combine(day, time.max, UTC)


def key_errors(refused: InvalidInput) -> Errors:
    """What is wrong, by field."""
    return errors_by_field(refused.problems, _FIELDS, {"expires_at": "day"})


def overlap_in(given: Fields) -> int:
    """How long the old key works on, in seconds. What cannot be one is refused as such."""
    chosen = whole_number_in(given.get("overlap_s", ""))
    return -1 if chosen is None else chosen
