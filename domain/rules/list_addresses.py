"""How an address says what a list is narrowed to.

Nothing is ignored silently: a filter that is not known, is given twice, or means nothing is a
problem at its name. What is left out or empty is not narrowed, so every narrowing has one shortest
address, and `pairs_of` writes it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from domain.rules.checking import Problems
from domain.rules.ids import parse_id
from domain.rules.list_filters import (
    CAUGHT_UP,
    CUSTOM,
    DEAD_LETTER_STATES,
    HEALTHS,
    KINDS,
    SLOT_REASONS,
    SLOT_STATES,
    STATES,
    SWITCHED,
    VERDICTS,
    WITHIN,
    DeadLetterFilters,
    EventFilters,
    ExecutionFilters,
    Pairs,
    PayloadClause,
    SlotFilters,
    Span,
    TriggerFilters,
)
from domain.rules.paths import InvalidPath, compile_path

Given = Mapping[str, Sequence[str]]
"""An address's parameters, each with all of its values."""

POSITIONS = frozenset({"after", "before"})
MOST_TEXT = 255
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


class _Reader:
    """Takes parameters one by one; what is wrong goes to `problems`, what is not taken is wrong."""

    def __init__(self, given: Given) -> None:
        self._given = {
            name: [value.strip() for value in values if value.strip()]
            for name, values in given.items()
            if name not in POSITIONS
        }
        self._taken: set[str] = set()
        self.problems = Problems()

    def finish(self) -> None:
        """Raises InvalidInput with all that was wrong."""
        for name in self._given.keys() - self._taken:
            self.problems.add(name[:64], "is not a filter of this list")
        self.problems.raise_any()

    def text(self, name: str) -> str | None:
        values = self._take(name)
        if len(values) > 1:
            self.problems.add(name, "is given more than once")
        if values and len(values[0]) > MOST_TEXT:
            self.problems.add(name, f"has more than {MOST_TEXT} characters")
        return values[0] if values else None

    def word(self, name: str, known: Collection[str]) -> str | None:
        word = self.text(name)
        return None if word is None else self._known(name, word, known)

    def words(self, name: str, known: Sequence[str]) -> tuple[str, ...]:
        given = {self._known(name, word, known) for word in self._take(name)}
        return tuple(word for word in known if word in given)

    def id(self, name: str) -> UUID | None:
        text = self.text(name)
        found = parse_id(text.lower()) if text else None
        if text and found is None:
            self.problems.add(name, "is not an id")
        return found

    def span(self) -> Span:
        within = self.word("within", (*WITHIN, CUSTOM))
        typed = tuple(
            (name, text) for name in ("from", "to", "zone") if (text := self.text(name)) is not None
        )
        ends = dict(typed)
        if not ends.keys() & {"from", "to"}:
            return Span(None if within == CUSTOM else within)
        if within not in {None, CUSTOM}:
            self.problems.add("within", "cannot be combined with from and to: clear one of them")
        zone = self._zone(ends.get("zone", "UTC"))
        since, until = self._instant("from", ends, zone), self._instant("to", ends, zone)
        if since and until and since >= until:
            self.problems.add("to", "must be later than from")
        return Span(None, since, until, tuple(each for each in typed if each != ("zone", "UTC")))

    def payload(self) -> PayloadClause | None:
        path, equals = self.text("path"), self.text("equals")
        if path is None and equals is None:
            return None
        if path is None:
            self.problems.add("path", "say which field: a JSONPath such as $.order.id")
        elif equals is None:
            self.problems.add("equals", 'say which value; "" in quotes is the empty text')
        else:
            return self._clause(path, equals)
        return None

    def _take(self, name: str) -> list[str]:
        self._taken.add(name)
        return self._given.get(name, [])

    def _known(self, name: str, word: str, known: Collection[str]) -> str:
        if word not in known:
            self.problems.add(name, f"must be one of {', '.join(known)}")
        return word

    def _clause(self, path: str, equals: str) -> PayloadClause | None:
        try:
            return PayloadClause(compile_path(path), equals)
        except InvalidPath as error:
            self.problems.add("path", error.message)
            return None

    def _zone(self, name: str) -> ZoneInfo:
        if name not in _zones():
            self.problems.add("zone", "is not a time zone, such as Europe/Berlin")
            return ZoneInfo("UTC")
        return ZoneInfo(name)

    def _instant(self, name: str, ends: Mapping[str, str], zone: ZoneInfo) -> datetime | None:
        if name not in ends:
            return None
        try:
            return instant_in(ends[name], zone)
        except ValueError:
            self.problems.add(name, "is not a time, such as 2026-11-23T14:30")
            return None


def instant_in(text: str, zone: ZoneInfo) -> datetime:
    """The instant that ISO 8601 text names, in `zone` unless it names an offset itself.

    Raises ValueError for what is none, or lies before 1970 or after 9998.
    """
    moment = datetime.fromisoformat(text)
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return max(moment.astimezone(UTC), datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC))


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def read_execution_filters(given: Given) -> ExecutionFilters:
    """What the address of a list of executions asks for. Raises InvalidInput."""
    reader = _Reader(given)
    filters = ExecutionFilters(
        states=reader.words("state", STATES),
        kind=reader.word("kind", KINDS),
        trigger_id=reader.id("trigger"),
        workflow_id=reader.id("workflow"),
        span=reader.span(),
        id=reader.id("id"),
        bulk_id=reader.id("bulk"),
    )
    reader.finish()
    return filters


def read_dead_letter_filters(given: Given) -> DeadLetterFilters:
    """What the address of the list of dead letters asks for. Raises InvalidInput."""
    reader = _Reader(given)
    filters = DeadLetterFilters(
        states=reader.words("state", DEAD_LETTER_STATES),
        trigger_id=reader.id("trigger"),
        workflow_id=reader.id("workflow"),
        reason=reader.text("reason"),
        error=reader.text("error"),
        fingerprint=reader.text("fingerprint"),
        span=reader.span(),
    )
    reader.finish()
    return filters


def read_event_filters(given: Given) -> EventFilters:
    """What the address of a list of events asks for. Raises InvalidInput."""
    reader = _Reader(given)
    filters = EventFilters(
        trigger_id=reader.id("trigger"),
        kind=reader.word("kind", KINDS),
        verdicts=reader.words("verdict", VERDICTS),
        span=reader.span(),
        sender_id=reader.text("sender_id"),
        title=reader.text("title"),
        payload=reader.payload(),
    )
    reader.finish()
    return filters


def read_trigger_filters(given: Given) -> TriggerFilters:
    """What the address of the list of triggers asks for. Raises InvalidInput."""
    reader = _Reader(given)
    switched = reader.word("enabled", SWITCHED)
    filters = TriggerFilters(
        enabled=SWITCHED.get(switched or ""),
        kind=reader.word("kind", KINDS),
        workflow_id=reader.id("workflow"),
        health=reader.word("health", HEALTHS),
        name=reader.text("name"),
    )
    reader.finish()
    return filters


def read_slot_filters(given: Given) -> SlotFilters:
    """What the address of a list of slots asks for. Raises InvalidInput."""
    reader = _Reader(given)
    filters = SlotFilters(
        states=reader.words("state", SLOT_STATES),
        trigger_id=reader.id("trigger"),
        reason=reader.word("reason", SLOT_REASONS),
        catch_up=reader.word("catch_up", CAUGHT_UP),
        span=reader.span(),
    )
    reader.finish()
    return filters


ListFilters = ExecutionFilters | DeadLetterFilters | EventFilters | TriggerFilters | SlotFilters
READERS: Mapping[str, Callable[[Given], ListFilters]] = {
    "executions": read_execution_filters,
    "dead_letters": read_dead_letter_filters,
    "events": read_event_filters,
    "triggers": read_trigger_filters,
    "slots": read_slot_filters,
}
"""By list: how its address is read."""

_NAMES = {"states": "state", "verdicts": "verdict", "trigger_id": "trigger",
          "workflow_id": "workflow", "bulk_id": "bulk"}  # fmt: skip


def pairs_of(filters: ListFilters) -> Pairs:
    """The shortest address of `filters`, as parameters in a fixed order."""
    pairs: list[tuple[str, str]] = []
    for each in fields(filters):
        value = getattr(filters, each.name)
        if value is not None:
            pairs += _pairs(_NAMES.get(each.name, each.name), value)
    return tuple(pairs)


def _pairs(name: str, value: object) -> Pairs:
    if isinstance(value, tuple):
        return tuple((name, word) for word in value)
    if isinstance(value, Span):
        return (("within", value.within),) if value.within else value.typed
    if isinstance(value, PayloadClause):
        return (("path", value.path.text), ("equals", value.equals))
    if isinstance(value, bool):
        return ((name, "on" if value else "off"),)
    return ((name, str(value)),)
