"""Lanes that a pass has locked to release from, with their first events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain.coordination.limiter import Admission
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.decide_events import MOST_BYTES
from domain.operations.judged_events import Judged
from domain.rules.lanes import Why, look_in_s
from domain.rules.limits import NO_LIMITS, Limits
from domain.store import due_lanes
from domain.store.database import Row
from domain.store.due_lanes import Next

MOST_LANES = 200
MOST_EVENTS = 300
# Of a batch all members have to be there.
MOST_BATCHES = 4
MOST_MEMBERS = 1_000
# A window that has room in a moment is asked in a moment, and not in a loop.
REST_S = 0.05


@dataclass(slots=True)
class LockedLane:
    """A lane with its first events in order (`waiting`), those of them that are still there, and
    what is decided about them; `moved` counts those that went on to other lanes. Then: when to look
    at it again, and how."""

    row: Row
    waiting: Sequence[Row]
    limits: Limits
    events: Mapping[UUID, Row]
    told: list[Judged] = field(default_factory=list)
    moved: int = 0
    due_in_s: float | None = 0.0
    denied: bool = False
    shared: bool = False
    anew: bool = False

    @property
    def id(self) -> UUID:
        """The lane's id."""
        id_: UUID = self.row["id"]
        return id_

    def present(self, *, expired: bool | None = None) -> list[Row]:
        """Its events, oldest first: all, those whose time to wait is over, or the others."""
        return [
            self.events[each["event_id"]]
            for each in self.waiting
            if each["event_id"] in self.events and expired in (None, bool(each["expired"]))
        ]

    @property
    def dropped(self) -> list[Row]:
        """Those that somebody chose not to run: what is held since then is another matter."""
        ids = {each["event_id"] for each in self.waiting if each["dropped"]}
        return [row for row in self.present() if row["id"] in ids]

    @property
    def gone(self) -> list[UUID]:
        """Events that were deleted with their day while they waited."""
        return [each["event_id"] for each in self.waiting if each["event_id"] not in self.events]

    def deny(self, admission: Admission, *, shared: bool) -> None:
        """The first of its events has no room: none behind it is let through, until later."""
        if self.denied:
            return
        expiries = [each["expires_in_s"] for each in self.waiting if not each["expired"]]
        soonest = min((each for each in expiries if each is not None), default=None)
        in_s = look_in_s(admission.retry_after_s)
        self.due_in_s = max(in_s if soonest is None else min(in_s, soonest), REST_S)
        self.denied, self.shared = True, shared

    def next(self, batches: set[UUID]) -> Next:
        """How it goes on; `batches` are events of which it only made decisions."""
        told = sum(one.row["id"] not in batches for one in self.told)
        left = told + self.moved + len(self.gone)
        due_in_s = self.due_in_s
        if self.denied and self.told and due_in_s is not None:
            # Behind the lanes that got nothing: else the one that was first stays first, and takes
            # all the room that comes free in a window which they share.
            due_in_s += REST_S
        return Next(self.id, left, due_in_s, self.shared, self.anew)

    @property
    def may_have_more(self) -> bool:
        """Whether events are left that may be let out at once."""
        return self.due_in_s == 0.0 and self.row["waiting"] > len(self.told) + self.moved


async def lock_due(
    why: Why, versions: CompiledVersions, only: UUID | None = None
) -> tuple[list[LockedLane], bool]:
    """Lanes of one kind that are due, locked until the transaction ends, with as many events as fit
    into memory; and whether there may be others. With `only` that lane with its first event, or
    with all that go into its batch. Inside a transaction only."""
    batch = why == "batch"
    most = MOST_BATCHES if batch else MOST_LANES
    taken = await (due_lanes.take_due(why, most) if only is None else due_lanes.take_one(only))
    rows = {row["id"]: row for row in taken}
    if not rows:
        return [], False
    events = MOST_EVENTS if only is None else 1
    each = MOST_MEMBERS if batch else max(events // len(rows), 1)
    firsts: dict[UUID, list[Row]] = {lane_id: [] for lane_id in rows}
    for one in await due_lanes.first_of(list(rows), each):
        firsts[one["lane_id"]].append(one)
    triggers = await versions.triggers({row["version_id"] for row in rows.values()})
    limits = {
        row["id"]: triggers[row["version_id"]].limits
        if row["version_id"] in triggers
        else NO_LIMITS
        for row in rows.values()
    }
    needed = {
        lane_id: [
            row for row in firsts[lane_id] if _needs_body(rows[lane_id], limits[lane_id], row)
        ]
        for lane_id in rows
    }
    fitting = _fitting(firsts, needed)
    bodies = {row["event_id"] for lane_id in fitting for row in needed[lane_id]}
    bodies &= {row["event_id"] for those in fitting.values() for row in those}
    ids = [row["event_id"] for those in fitting.values() for row in those]
    there = await due_lanes.events_to_judge(ids, list(bodies))
    found = [
        LockedLane(rows[lane_id], those, limits[lane_id], there)
        for lane_id, those in fitting.items()
    ]
    return found, len(rows) == most or len(found) < len(rows)


def _needs_body(lane: Row, limits: Limits, row: Row) -> bool:
    """Whether anything is made of the event's body: not where another one of its key is taken, or
    what waits is not run."""
    if row["dropped"] or not lane["enabled"]:
        return False
    return lane["why"] != "debounce" or limits.debounce is None or row["event_id"] == row["newest"]


def _fitting(
    firsts: Mapping[UUID, Sequence[Row]], needed: Mapping[UUID, Sequence[Row]]
) -> dict[UUID, Sequence[Row]]:
    """Whole lanes, as long as their bodies fit into memory; of the first one as much as does."""
    fitting: dict[UUID, Sequence[Row]] = {}
    octets = 0
    for lane_id, rows in firsts.items():
        wanted = {row["event_id"]: row["size"] for row in needed[lane_id]}
        total = sum(wanted.values())
        if octets + total <= MOST_BYTES:
            fitting[lane_id] = rows
            octets += total
        elif not fitting:
            fitting[lane_id] = _beginning(rows, wanted)
            break
    return fitting


def _beginning(rows: Sequence[Row], wanted: Mapping[UUID, int]) -> Sequence[Row]:
    octets = 0
    for place, row in enumerate(rows):
        octets += wanted.get(row["event_id"], 0)
        if octets > MOST_BYTES:
            return rows[: max(place, 1)]
    return rows
