"""An event's place in its lane, in words."""

from dataclasses import dataclass
from datetime import datetime

from domain.rules.lanes import Why
from domain.store.waiting_places import MOST_COUNTED, Place
from web.presenters.words import count_words

_WAITS_FOR: dict[Why, str] = {
    "pause": "Waits for its trigger to be switched on",
    "debounce": "Waits until no more events like it follow",
    "batch": "Waits for the other events of its batch",
    "limit": "Waits for room in a limit",
}
# Before the others, nothing is next: of a quiet key one event is taken, and a batch starts as one.
_IN_TURN = frozenset({"pause", "limit"})


@dataclass(frozen=True, slots=True)
class PlaceShown:
    """What it waits for, how many are before it, and the instants to show beside."""

    waits_for: str
    before: str
    since: datetime
    next_at: datetime | None
    expires_at: datetime | None


def place_shown(place: Place | None) -> PlaceShown | None:
    """The place as the event's page shows it."""
    if place is None:
        return None
    expires_at = place.expires_at if place.why == "limit" else None
    return PlaceShown(_WAITS_FOR[place.why], _before(place), place.since, place.next_at, expires_at)


def _before(place: Place) -> str:
    if place.why not in _IN_TURN:
        return ""
    if place.before == 0:
        return "It is the next one."
    at_least = "at least " if place.before == MOST_COUNTED else ""
    verb = "waits" if place.before == 1 else "wait"
    return f"Before it {verb} {at_least}{count_words(place.before, 'other')}."
