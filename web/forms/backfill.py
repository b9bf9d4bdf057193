"""The form of a backfill: a time of the past, which of its slots, how fast, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from domain.errors import InvalidInput
from domain.operations.start_backfill import BackfillDraft
from domain.rules.backfills import WHICH, Which
from domain.rules.checking import Problems
from domain.rules.list_addresses import instant_in
from domain.rules.schedules.zones import ZONES
from web.forms.reading import Errors, Fields, errors_by_field, whole_number_in

FIELDS = ("from", "to", "zone", "per_minute", "which", "note")
DEFAULT_A_MINUTE = 60
# Beyond this a number is not a number of slots a minute, whatever it is.
_TOO_MANY = 10**9


@dataclass(frozen=True, slots=True)
class BackfillForm:
    """The form as it was typed; `asked` says whether anybody has sent it yet."""

    since: str = ""
    until: str = ""
    zone: str = "UTC"
    per_minute: str = f"{DEFAULT_A_MINUTE}"
    which: str = "not_fired"
    note: str = ""
    asked: bool = False

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(
            since=given.get("from", "").strip(),
            until=given.get("to", "").strip(),
            zone=given.get("zone") or "UTC",
            per_minute=given.get("per_minute", f"{DEFAULT_A_MINUTE}").strip(),
            which=given.get("which", "not_fired"),
            note=given.get("note", "").strip(),
            asked="from" in given or "to" in given,
        )

    @property
    def chooses(self) -> Which:
        """Which slots to run; by default those that have not fired."""
        return next((each for each in WHICH if each == self.which), "not_fired")

    def address(self, path: str, page: int = 1) -> str:
        """Where the slots of this time stand."""
        pairs = {"from": self.since, "to": self.until, "zone": self.zone, "which": self.chooses}
        if page > 1:
            pairs["page"] = f"{page}"
        return f"{path}?{urlencode(pairs)}"

    def range(self, now: datetime) -> tuple[datetime, datetime]:
        """The time, up to now where no end is named. Raises InvalidInput (at `from`, `to`)."""
        problems = Problems()
        if self.zone not in ZONES:
            raise InvalidInput.at("zone", "is not a time zone, such as Europe/Berlin")
        if not self.since:
            problems.add("from", "is needed")
        since = self._instant("from", self.since, problems)
        until = self._instant("to", self.until, problems) if self.until else now
        problems.raise_any()
        assert since is not None
        assert until is not None
        return since, until

    def draft(self, now: datetime) -> BackfillDraft:
        """What starting it takes. Raises InvalidInput."""
        since, until = self.range(now)
        per_minute = whole_number_in(self.per_minute)
        return BackfillDraft(
            since,
            until,
            _TOO_MANY if per_minute is None else per_minute,
            self.chooses,
            self.note,
        )

    def errors(self, refused: InvalidInput) -> Errors:
        """What is wrong with it, by form field."""
        return errors_by_field(refused.problems, FIELDS, {})

    def _instant(self, name: str, text: str, problems: Problems) -> datetime | None:
        if not text:
            return None
        try:
            return instant_in(text, ZoneInfo(self.zone))
        except ValueError:
            problems.add(name, "is not a time, such as 2026-11-23T14:30")
            return None
