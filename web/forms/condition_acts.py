"""What the buttons of the condition rows do: add, group, move, remove. Values in, values out.

A button is a word and the place of its row: `add:1` adds a clause to the group at place 1 of the
outermost group, `up:1.0` moves the first member of that group. Rows move as the eye sees them: up
from the first place of a group leads out of it, and up from below a group leads into it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from domain.rules.conditions import MAX_GROUP_DEPTH
from web.forms.condition_clauses import ClauseRow
from web.forms.condition_values import fitted
from web.forms.conditions import ROOT, GroupRow, Place, Row


@dataclass(frozen=True, slots=True)
class Acted:
    """The rows after a button, and the form field or button that has the focus then."""

    root: GroupRow
    focus: str


def acted(root: GroupRow, act: str) -> Acted:
    """What becomes of the rows by the button `act`; a button that there is not changes nothing."""
    word, _, where = act.partition(":")
    place = _place(where)
    act_of = _ACTS.get(word)
    if act_of is None or place is None or _row(root, place) is None:
        return Acted(root, "")
    return act_of(root, place)


def name_of(place: Place) -> str:
    """The name that the fields of the row at this place begin with."""
    return ".".join([ROOT, *map(str, place)])


def _place(text: str) -> Place | None:
    parts = text.split(".") if text else []
    if len(parts) > MAX_GROUP_DEPTH + 1 or not all(p.isascii() and p.isdigit() for p in parts):
        return None
    return tuple(int(part) for part in parts if len(part) < 5)  # noqa: PLR2004 - digits of a row


def _row(root: GroupRow, place: Place) -> Row | None:
    row: Row = root
    for index in place:
        if not isinstance(row, GroupRow) or index >= len(row.members):
            return None
        row = row.members[index]
    return row


def _group(root: GroupRow, place: Place) -> GroupRow:
    row = _row(root, place)
    return row if isinstance(row, GroupRow) else GroupRow()


def _put(root: GroupRow, place: Place, *rows: Row) -> GroupRow:
    """The rows instead of the one at `place`; none of them: it is gone."""
    if not place:
        return rows[0] if rows and isinstance(rows[0], GroupRow) else root
    at, *rest = place
    if rest:
        inner = root.members[at]
        rows = (_put(inner, tuple(rest), *rows),) if isinstance(inner, GroupRow) else (inner,)
    return replace(root, members=(*root.members[:at], *rows, *root.members[at + 1 :]))


def _insert(root: GroupRow, place: Place, row: Row) -> GroupRow:
    """The row at `place`, before what stands there now."""
    group = _group(root, place[:-1])
    members = (*group.members[: place[-1]], row, *group.members[place[-1] :])
    return _put(root, place[:-1], replace(group, members=members))


def _add(root: GroupRow, place: Place) -> Acted:
    return _added(root, place, ClauseRow(), "path")


def _add_group(root: GroupRow, place: Place) -> Acted:
    if not _fits(GroupRow(), len(place) + 1):
        return Acted(root, f"{name_of(place)}.add")
    inner = "any" if _group(root, place).group == "all" else "all"
    return _added(root, place, GroupRow(inner, (ClauseRow(),)), "0.path")


def _added(root: GroupRow, place: Place, row: Row, focus: str) -> Acted:
    if not isinstance(_row(root, place), GroupRow):
        return Acted(root, "")
    at = (*place, len(_group(root, place).members))
    return Acted(_insert(root, at, row), f"{name_of(at)}.{focus}")


def _remove(root: GroupRow, place: Place) -> Acted:
    if not place:
        return Acted(root, "")
    root, parent, at = _put(root, place), place[:-1], place[-1]
    left = len(_group(root, parent).members)
    if not left:
        return Acted(root, f"{name_of(parent)}.add")
    return Acted(root, f"{name_of((*parent, min(at, left - 1)))}.remove")


def _wrap(root: GroupRow, place: Place) -> Acted:
    row = _row(root, place)
    wrapped = GroupRow("any", (row,)) if row is not None and place else None
    if wrapped is None or not _fits(wrapped, len(place)):
        return Acted(root, f"{name_of(place)}.wrap")
    return Acted(_put(root, place, wrapped), f"{name_of(place)}.group")


def _unwrap(root: GroupRow, place: Place) -> Acted:
    members = _group(root, place).members
    if not place or not isinstance(_row(root, place), GroupRow):
        return Acted(root, "")
    first = members[0] if members else None
    root = _put(root, place, *members)
    if first is None:
        return Acted(root, f"{name_of(place[:-1])}.add")
    part = {ClauseRow: "path", GroupRow: "group"}.get(type(first), "raw")
    return Acted(root, f"{name_of(place)}.{part}")


def _up(root: GroupRow, place: Place) -> Acted:
    row = _row(root, place)
    if row is None or not place or place == (0,):
        return Acted(root, f"{name_of(place)}.up")
    parent, at = place[:-1], place[-1]
    root = _put(root, place)
    to = parent if at == 0 else _into(root, (*parent, at - 1), row, last=True)
    return Acted(_insert(root, to, row), f"{name_of(to)}.{'down' if to == (0,) else 'up'}")


def _down(root: GroupRow, place: Place) -> Acted:
    row = _row(root, place)
    if row is None or not place or place == (len(root.members) - 1,):
        return Acted(root, f"{name_of(place)}.down")
    parent, at = place[:-1], place[-1]
    root = _put(root, place)
    if at == len(_group(root, parent).members):
        to: Place = (*parent[:-1], parent[-1] + 1)
    else:
        to = _into(root, (*parent, at), row, last=False)
    root = _insert(root, to, row)
    return Acted(root, f"{name_of(to)}.{'up' if to == (len(root.members) - 1,) else 'down'}")


def _into(root: GroupRow, neighbour: Place, row: Row, *, last: bool) -> Place:
    """Where a row goes that moves onto its neighbour: into a group that has room for it, else to
    the neighbour's other side."""
    group = _row(root, neighbour)
    if isinstance(group, GroupRow) and _fits(row, len(neighbour) + 1):
        return (*neighbour, len(group.members) if last else 0)
    return neighbour if last else (*neighbour[:-1], neighbour[-1] + 1)


def _fits(row: Row, depth: int) -> bool:
    """Whether groups are nested no deeper than they may be with `row` at this depth."""
    return depth + _height(row) <= MAX_GROUP_DEPTH


def _height(row: Row) -> int:
    if not isinstance(row, GroupRow):
        return 0
    return 1 + max(map(_height, row.members), default=0)


def _fit(root: GroupRow, place: Place) -> Acted:
    row = _row(root, place)
    if not isinstance(row, ClauseRow):
        return Acted(root, "")
    kind, value = fitted(row.op, row.kind, row.value)
    return Acted(_put(root, place, replace(row, kind=kind, value=value)), f"{name_of(place)}.op")


_ACTS: dict[str, Callable[[GroupRow, Place], Acted]] = {
    "add": _add,
    "group": _add_group,
    "remove": _remove,
    "wrap": _wrap,
    "unwrap": _unwrap,
    "up": _up,
    "down": _down,
    "fit": _fit,
}
