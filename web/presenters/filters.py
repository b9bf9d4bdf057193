"""The filters of a list as its page shows them: the form as it was filled in, a chip for each
filter in force, and what cannot be used."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.errors import InvalidInput, Problem
from domain.rules.list_addresses import READERS, Given, ListFilters, pairs_of
from domain.rules.list_filters import (
    DEAD_LETTER_STATES,
    HEALTHS,
    KINDS,
    STATES,
    VERDICTS,
    WITHIN,
    Pairs,
)
from domain.store.pages import Position
from domain.store.pages_triggers import Choice
from web.presenters.pagers import address_of, position_in
from web.presenters.slots import catch_up_words, reason_word, slot_lamp
from web.presenters.words import reason_words, state_lamp, verdict_lamp

LABELS = {
    "state": "Status",
    "verdict": "Verdict",
    "kind": "Kind",
    "trigger": "Trigger",
    "workflow": "Workflow",
    "within": "Received",
    "from": "From",
    "to": "To",
    "zone": "Zone",
    "id": "Id",
    "sender_id": "Sender's id",
    "title": "Event",
    "path": "Payload",
    "equals": "Payload value",
    "enabled": "Switch",
    "health": "Health",
    "reason": "Reason",
    "catch_up": "Catch-up",
    "error": "Error",
    "fingerprint": "Alike",
    "bulk": "Bulk action",
    "name": "Name",
    "after": "Page",
    "before": "Page",
}
_SLOT_LABELS = {"state": "State", "within": "Scheduled for"}
WITHIN_WORDS = {"1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days"}
SPANS = [(within, WITHIN_WORDS[within]) for within in WITHIN] + [("custom", "From … to …")]
KIND_OPTIONS = [(kind, kind.capitalize()) for kind in KINDS]
STATE_OPTIONS = [(state, state_lamp(state)) for state in STATES]
DEAD_LETTER_OPTIONS = [(state, state_lamp(state)) for state in DEAD_LETTER_STATES]
VERDICT_OPTIONS = [
    (verdict, verdict_lamp(None if verdict == "pending" else verdict)) for verdict in VERDICTS
]
HEALTH_OPTIONS = [(health, health.capitalize()) for health in HEALTHS]
SWITCH_OPTIONS = [("on", "On"), ("off", "Off")]
# Filters that mean something only together go together.
_WITH = {"path": {"path", "equals"}, "equals": {"path", "equals"}}
_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_WITHOUT_CHIP = {"zone", "equals"}


def path_of(name: str) -> str:
    """Where the list of that name stands."""
    return f"/{name.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, in words, and the address of the list without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of the list `name` asks for: `filters`, or `problems` that it has."""

    name: str
    given: Given
    filters: ListFilters | None
    position: Position
    problems: tuple[Problem, ...] = ()
    pairs: Pairs = field(default=())
    at: str = ""

    @property
    def path(self) -> str:
        """The list's own address."""
        return self.at or path_of(self.name)

    @property
    def query(self) -> str:
        """The filters as they stand in an address, without the `?`."""
        return address_of("", self.pairs).removeprefix("?")

    @property
    def complaints(self) -> list[str]:
        """What cannot be used, in sentences."""
        return [f"{LABELS.get(p.field, p.field)}: {p.message}." for p in self.problems]

    @property
    def wordy(self) -> bool:
        """Whether the address says more than it needs to: what forms send without scripts."""
        return any(not value.strip() for values in self.given.values() for value in values)

    def one(self, name: str) -> str:
        """What was typed into a field, or nothing."""
        return next(iter(self.given.get(name, ())), "")

    def has(self, name: str, word: str) -> bool:
        """Whether a box was ticked."""
        return word in self.given.get(name, ())

    def local(self, name: str) -> bool:
        """Whether a browser's field for local times can show what was typed."""
        return not self.one(name) or _LOCAL.fullmatch(self.one(name)) is not None

    def any_of(self, *names: str) -> bool:
        """Whether any of these fields was filled in."""
        return any(self.one(name).strip() for name in names)


def read_asked(name: str, given: Given, at: str = "") -> Asked:
    """What the address of the list `name` asks for; `at` is where it stands if not at `/name`."""
    problems: tuple[Problem, ...] = ()
    filters, position = None, Position()
    try:
        filters = READERS[name](given)
    except InvalidInput as error:
        problems += error.problems
    try:
        position = position_in({key: values[0] for key, values in given.items() if values})
    except InvalidInput as error:
        problems += error.problems
    pairs = pairs_of(filters) if filters else ()
    return Asked(name, given, filters, position, problems, pairs, at)


def chips_of(asked: Asked, names: Mapping[str, str]) -> list[Chip]:
    """The filters in force. `names` are those of triggers and workflows by id."""
    return [
        Chip(_label(asked, name), _words(asked, name, value, names), _without(asked, name, value))
        for name, value in asked.pairs
        if name not in _WITHOUT_CHIP
    ]


def _label(asked: Asked, name: str) -> str:
    return (_SLOT_LABELS.get(name) if asked.name == "slots" else None) or LABELS[name]


def _words(asked: Asked, name: str, value: str, names: Mapping[str, str]) -> str:
    if name in {"trigger", "workflow"}:
        return names.get(value, f"…{value[-6:]}")
    if name == "verdict":
        return verdict_lamp(None if value == "pending" else value).word
    known = dict(asked.pairs)
    of_slots = asked.name == "slots"
    lamp = slot_lamp if of_slots else state_lamp
    special = {
        "state": lambda: lamp(value).word,
        "reason": lambda: reason_word(value).capitalize() if of_slots else reason_words(value),
        "fingerprint": lambda: f"failed like {value[:8]}",
        "bulk": lambda: names.get(value, f"…{value[-6:]}"),
        "catch_up": lambda: catch_up_words(value),
        "within": lambda: WITHIN_WORDS[value],
        "from": lambda: f"{value.replace('T', ' ')} {known.get('zone', 'UTC')}",
        "to": lambda: f"{value.replace('T', ' ')} {known.get('zone', 'UTC')}",
        "path": lambda: f"{value} = {known.get('equals', '')}",
        "kind": value.capitalize,
        "health": value.capitalize,
        "enabled": value.capitalize,
    }
    return special.get(name, lambda: value)()


def _without(asked: Asked, name: str, value: str) -> str:
    gone = _WITH.get(name, set())
    left = [each for each in asked.pairs if each != (name, value) and each[0] not in gone]
    if not {"from", "to"} & {each[0] for each in left}:
        left = [each for each in left if each[0] != "zone"]
    return address_of(asked.path, left)


def options_with(choices: Sequence[Choice], chosen: str) -> list[tuple[str, str]]:
    """The options of a select, and the chosen one even when it is not among them (deleted since,
    or beyond the most that are offered)."""
    options = [(str(choice.id), choice.name) for choice in choices]
    if chosen and chosen not in dict(options):
        options.append((chosen, f"…{chosen[-6:]}"))
    return options


def names_in(*lists: Iterable[Choice]) -> dict[str, str]:
    """Names by id."""
    return {str(choice.id): choice.name for choices in lists for choice in choices}
