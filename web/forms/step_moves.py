"""What the buttons inside the workflow form do to its rows: add, remove, duplicate, move.

A button sends a word and places: `add`, `up:1`, `remove_header:1:0`. Each answer names the element
that has the focus next, so that one can go on by keyboard.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count

from web.forms.steps import HeaderRow, StepRow

Rows = tuple[StepRow, ...]
Moved = tuple[Rows, str]

ADD_BUTTON = "act-add"


def rearranged(rows: Rows, act: str) -> Moved:
    """The rows after `act`, and the id of the element to go on at. What cannot be done (someone
    else's word, a place that is not there) changes nothing."""
    word, *places = act.split(":")
    numbers = [int(place) if place.isascii() and place.isdigit() else -1 for place in places]
    if word == "add":
        return _added(rows)
    if word not in _ACTS or not numbers or not 0 <= numbers[0] < len(rows):
        return rows, ADD_BUTTON
    return _ACTS[word](rows, *numbers[:2], *[-1] * (2 - len(numbers)))


def _added(rows: Rows) -> Moved:
    row = StepRow(key=_free_key("step", rows))
    return (*rows, row), f"field-steps.{len(rows)}.key"


def _removed(rows: Rows, index: int, _: int) -> Moved:
    left = rows[:index] + rows[index + 1 :]
    following = min(index, len(left) - 1)
    return left, f"act-remove-{following}" if left else ADD_BUTTON


def _duplicated(rows: Rows, index: int, _: int) -> Moved:
    copy = replace(rows[index], key=_free_key(rows[index].key or "step", rows))
    return (*rows[: index + 1], copy, *rows[index + 1 :]), f"field-steps.{index + 1}.key"


def _up(rows: Rows, index: int, _: int) -> Moved:
    return _swapped(rows, index, index - 1)


def _down(rows: Rows, index: int, _: int) -> Moved:
    return _swapped(rows, index, index + 1)


def _swapped(rows: Rows, index: int, other: int) -> Moved:
    """Both change places. The focus stays on the step that moved, on a button that can be used."""
    if not 0 <= other < len(rows):
        return rows, f"field-steps.{index}.key"
    moved = list(rows)
    moved[index], moved[other] = moved[other], moved[index]
    up = other > 0 and (other < index or other == len(rows) - 1)
    return tuple(moved), f"act-{'up' if up else 'down'}-{other}"


def _header_added(rows: Rows, index: int, _: int) -> Moved:
    headers = (*rows[index].headers, HeaderRow())
    focus = f"field-steps.{index}.headers.{len(headers) - 1}.name"
    return _with_headers(rows, index, headers), focus


def _header_removed(rows: Rows, index: int, number: int) -> Moved:
    headers = tuple(row for at, row in enumerate(rows[index].headers) if at != number)
    return _with_headers(rows, index, headers), f"act-add-header-{index}"


def _with_headers(rows: Rows, index: int, headers: tuple[HeaderRow, ...]) -> Rows:
    changed = replace(rows[index], headers=headers)
    return (*rows[:index], changed, *rows[index + 1 :])


def _free_key(wanted: str, rows: Rows) -> str:
    """`wanted` with the first number from 2 that no row has: keys are used once."""
    used = {row.key for row in rows}
    base = wanted[:36]
    return next(key for n in count(2) if (key := f"{base}_{n}") not in used)


_ACTS: Mapping[str, Callable[[Rows, int, int], Moved]] = {
    "remove": _removed,
    "duplicate": _duplicated,
    "up": _up,
    "down": _down,
    "add_header": _header_added,
    "remove_header": _header_removed,
}
