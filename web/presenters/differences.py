"""What differs between two JSON values, in rows that people read: which field, what it was, what it
is now.

Objects are compared key by key. In a list of objects that each have a `key` of their own (steps,
say) those of the same key belong together, wherever they stand; in other lists the longest run of
equal items stays, and what lies between is compared in pairs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from domain.rules.json_values import JsonValue, same, write_json
from web.presenters.payload import pretty

Change = Literal["added", "removed", "changed"]
Objects = dict[str, dict[str, JsonValue]]

MOST_ALIGNED = 400
"""Items of a list that are aligned: the work grows with the square of it. Longer ones are compared
place by place."""

_ONE_LINE = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs. `path` is dotted as in messages (`steps.notify.url`, `all.0.value`),
    empty for the whole value; `before` is empty for what was added, `after` for what was removed.
    """

    path: str
    change: Change
    before: str
    after: str


def differences(before: JsonValue, after: JsonValue) -> tuple[Difference, ...]:
    """What has to change to make `after` of `before`, in the order in which people read it."""
    return tuple(_differing("", before, after))


def _differing(path: str, before: JsonValue, after: JsonValue) -> Iterator[Difference]:
    if same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _objects(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(path, before, after)
    else:
        yield _changed(path, before, after)


def _objects(
    path: str, before: dict[str, JsonValue], after: dict[str, JsonValue]
) -> Iterator[Difference]:
    for key, value in before.items():
        if key not in after:
            yield Difference(_at(path, key), "removed", words_of(value), "")
        else:
            yield from _differing(_at(path, key), value, after[key])
    for key, value in after.items():
        if key not in before:
            yield Difference(_at(path, key), "added", "", words_of(value))


def _lists(path: str, before: list[JsonValue], after: list[JsonValue]) -> Iterator[Difference]:
    old, new = _by_key(before), _by_key(after)
    if old is None or new is None:
        yield from _places(path, before, after)
        return
    yield from _objects(path, dict(old), dict(new))
    stayed, now = [key for key in old if key in new], [key for key in new if key in old]
    if stayed != now:
        yield Difference(_at(path, "order"), "changed", ", ".join(stayed), ", ".join(now))


def _by_key(items: list[JsonValue]) -> Objects | None:
    """The items by their `key`, or None unless each is an object with one of its own."""
    found: Objects = {}
    for item in items:
        key = item.get("key") if isinstance(item, dict) else None
        if not isinstance(key, str) or not isinstance(item, dict):
            return None
        found[key] = item
    return found if len(found) == len(items) else None


def _places(path: str, before: list[JsonValue], after: list[JsonValue]) -> Iterator[Difference]:
    for first, last, begin, end in _blocks(before, after):
        paired = min(last - first, end - begin)
        for offset in range(paired):
            place = _at(path, begin + offset)
            yield from _differing(place, before[first + offset], after[begin + offset])
        for index in range(first + paired, last):
            yield Difference(_at(path, index), "removed", words_of(before[index]), "")
        for index in range(begin + paired, end):
            yield Difference(_at(path, index), "added", "", words_of(after[index]))


def _blocks(
    before: Sequence[JsonValue], after: Sequence[JsonValue]
) -> list[tuple[int, int, int, int]]:
    """Where the lists differ: from and to in the one, from and to in the other."""
    if max(len(before), len(after)) > MOST_ALIGNED:
        return [(0, len(before), 0, len(after))]
    old, new = [write_json(item) for item in before], [write_json(item) for item in after]
    matched = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [tuple(places) for what, *places in matched if what != "equal"]  # type: ignore[misc]  # each has four


def _changed(path: str, before: JsonValue, after: JsonValue) -> Difference:
    old, new = words_of(before), words_of(after)
    if old == new:  # the text "7" beside the number 7
        old, new = write_json(before).decode(), write_json(after).decode()
    return Difference(path, "changed", old, new)


def words_of(value: JsonValue) -> str:
    """A value as people read it: a text as it is, anything else as JSON, laid out when long."""
    if isinstance(value, str) and value.strip():
        return value
    text = write_json(value).decode()
    return text if len(text) <= _ONE_LINE else pretty(text)


def _at(path: str, key: str | int) -> str:
    return f"{path}.{key}" if path else str(key)
