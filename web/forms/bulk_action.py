"""The form of a bulk action: what to do, to which executions, and under which name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, parse_qsl
from uuid import UUID

from domain.errors import InvalidInput
from domain.operations.start_bulk_action import BulkDraft
from domain.rules.ids import parse_id
from domain.rules.list_addresses import READERS
from domain.rules.list_filters import DeadLetterFilters, ExecutionFilters
from domain.rules.replays import replay_options
from domain.store.bulk_actions import Selection
from web.forms.reading import Errors, Fields, errors_by_field
from web.presenters.filters import path_of
from web.presenters.pagers import address_of

ALL = "-all"
LISTS = ("executions", "dead_letters")
_FIELDS = ("name", "version", "start")


@dataclass(frozen=True, slots=True)
class BulkForm:
    """What was chosen and typed. `page` is the list that it was chosen in and `filters` its query;
    `seen_at` (ISO 8601) is when the executions were counted: what comes later is not meant."""

    act: str = ""
    ids: str = ""
    page: str = "executions"
    filters: str = ""
    name: str = ""
    version: str = "same"
    start: str = "beginning"
    seen_at: str = ""

    @classmethod
    def chosen(cls, given: Mapping[str, Sequence[str]]) -> "BulkForm":
        """Out of a list's bar, whose boxes have a name in common."""
        one = {name: values[0] for name, values in given.items() if values}
        return cls.typed({**one, "ids": " ".join(given.get("id", ()))})

    @classmethod
    def typed(cls, given: Fields) -> "BulkForm":
        """Out of what the browser sent."""
        blank = cls()
        return cls(
            **{name: given.get(name, getattr(blank, name)) for name in cls.__dataclass_fields__}
        )

    @property
    def kind(self) -> str:
        """What is done."""
        return self.act.removesuffix(ALL)

    @property
    def every(self) -> bool:
        """Whether all that the filters find is meant."""
        return self.act.endswith(ALL)

    @property
    def back(self) -> str:
        """The list that it was chosen in."""
        if self.page not in LISTS:
            return "/executions"
        return address_of(path_of(self.page), parse_qsl(self.filters))

    def selection(self) -> Selection:
        """What is meant. Raises InvalidInput for filters and ids that are none."""
        seen_at = self._seen_at()
        if not self.every:
            return Selection(tuple(self._ids()), None, seen_at)
        if self.page not in LISTS:
            raise InvalidInput.at("page", f"must be one of {', '.join(LISTS)}")
        filters = READERS[self.page](parse_qs(self.filters))
        assert isinstance(filters, ExecutionFilters | DeadLetterFilters)
        return Selection((), filters, seen_at)

    def draft(self) -> BulkDraft:
        """What is to be started. Raises InvalidInput."""
        options = replay_options(self.version, self.start)
        return BulkDraft(self.kind, self.name, self.selection(), options)

    def _ids(self) -> list[UUID]:
        ids = [parse_id(each) for each in self.ids.split()]
        if None in ids:
            raise InvalidInput.at("ids", "are not ids")
        return [each for each in ids if each is not None]

    def _seen_at(self) -> datetime | None:
        try:
            instant = datetime.fromisoformat(self.seen_at) if self.seen_at else None
            if instant is None or instant.tzinfo is not None:
                return instant and instant.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise InvalidInput.at("seen_at", "is not an instant")


def bulk_errors(refused: InvalidInput) -> Errors:
    """What is wrong, by form field."""
    return errors_by_field(refused.problems, _FIELDS, {})
