"""Searching a payload: keys and values that hold a text, with their paths."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.rules.json_values import JsonValue, write_json
from web.presenters.payload_tree import Step, leaf_kind, path_of

MOST_MATCHES = 100
MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Match:
    """A row of the answer."""

    path: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Matches:
    """The first matches in the document's order, and how many there are in all."""

    asked: str
    rows: tuple[Match, ...]
    total: int


def search(document: JsonValue, asked: str) -> Matches:
    """Keys and values that hold `asked`, whatever its case. Walks the document once.

    A place is the way back up to the root: the place above, and the step from there.
    """
    wanted = asked.casefold()
    rows: list[Match] = []
    total = 0
    for place, key, value in _walk(document):
        if wanted in key.casefold() or wanted in _text(value).casefold():
            total += 1
            if len(rows) < MOST_MATCHES:
                rows.append(_match(place, value))
    return Matches(asked, tuple(rows), total)


def _walk(document: JsonValue) -> Iterator[tuple[object, str, JsonValue]]:
    waiting: list[tuple[object, str, JsonValue]] = [(None, "", document)]
    while waiting:
        place, key, value = waiting.pop()
        yield place, key, value
        if isinstance(value, dict):
            below = [((place, name), name, child) for name, child in value.items()]
            waiting.extend(reversed(below))
        elif isinstance(value, list):
            items = [((place, index), "", child) for index, child in enumerate(value)]
            waiting.extend(reversed(items))


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return "" if isinstance(value, dict | list) else write_json(value).decode()


def _match(place: object, value: JsonValue) -> Match:
    path = path_of(_steps(place))
    if isinstance(value, dict | list):
        return Match(path, "length", "{ … }" if isinstance(value, dict) else "[ … ]")
    text = write_json(value).decode()
    cut = text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"
    return Match(path, leaf_kind(value), cut)


def _steps(place: object) -> list[Step]:
    steps: list[Step] = []
    while isinstance(place, tuple):
        place, step = place
        steps.append(step)
    return steps[::-1]
