"""Hold back what matched and may not start yet: the stage between judging and starting.

In this order: a trigger that is off and holds, debounce, batch, the windows of trigger, team and
installation. Who has to wait gets the verdict `deferred` (or `paused`) and a place in a lane, in
the transaction of the decisions: so an event is decided and waits, or neither. An event that comes
out of a lane passes the stages behind it.

The windows are asked once a pass, before the commit. Killed between, the event is asked for again
and counted once, since it is the event's id that is counted. While a lane has events waiting, new
ones go to its end without being asked for; so they do while another lane of their trigger waits for
a window that they share, or who comes late would be served first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from domain.coordination.limiter import Admission, Ask, RateLimiter
from domain.logs import logger
from domain.operations.judged_events import Judged
from domain.operations.limited_events import (
    debounced,
    deferred,
    joined_by,
    lane_of,
    limits_of,
    skips_limits,
    unlimited,
    waits_in,
    with_limits,
)
from domain.rules import lanes as rules
from domain.rules.bodies import read_stored
from domain.rules.lanes import Lane, LaneState, Why
from domain.rules.limit_windows import Window, windows_of
from domain.rules.limits import Rate, parse_rates
from domain.store import lanes
from domain.store.lanes import Joined, Placed, Waits

NO_WINDOWS = "[]"

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """An event with the windows that it was asked for, and the answer."""

    one: Judged
    windows: tuple[Window, ...]
    admission: Admission


class HoldBack:
    """The stage of one process: its limiter, and the windows of the installation."""

    def __init__(self, limiter: RateLimiter, everybody: Sequence[Rate]) -> None:
        self._limiter = limiter
        self._everybody = tuple(everybody)

    async def hold_back(self, judged: Sequence[Judged], after: Why | None = None) -> list[Judged]:
        """The events in their order, those that may start as they are, the others with what is
        decided about them instead; who has to wait waits. `after`: they come out of such a lane.
        Costs nothing where nothing is limited. Within the transaction of the decisions."""
        passing = list(judged)
        if not any(one.verdict == "fired" and self._may_wait(one) for one in judged):
            return passing
        stages = {
            "pause": self._pause,
            "debounce": self._debounce,
            "batch": self._batch,
            "limit": self._limit,
        }
        behind = rules.LANES[rules.LANES.index(after) + 1 :] if after else rules.LANES
        for why in behind:
            places = [
                place
                for place, one in enumerate(passing)
                if one.verdict == "fired" and self._is_for(why, one)
            ]
            places.sort(key=lambda place: passing[place].row["id"])
            if places:
                told = await stages[why]([passing[place] for place in places])
                for place, one in zip(places, told, strict=True):
                    passing[place] = one
        return passing

    def _may_wait(self, one: Judged) -> bool:
        return any(self._is_for(why, one) for why in rules.LANES)

    def _is_for(self, why: Why, one: Judged) -> bool:
        """Whether the stage has anything to say about the event."""
        limits = limits_of(one)
        if why == "pause":
            return not one.row["enabled"] and bool(one.row["holds"])
        if why == "limit":
            return bool(limits.rates or self._everybody or one.row["team_limits"] != NO_WINDOWS)
        return (limits.debounce if why == "debounce" else limits.batch) is not None and not (
            skips_limits(one)
        )

    # --- One stage each: the events that it is for, oldest first, and what it says about them.

    async def _pause(self, judged: list[Judged]) -> list[Judged]:
        told, waits = [], []
        for one in judged:
            lane = lane_of(one, "pause")
            waits.append(waits_in(one, lane))
            told.append(replace(one, verdict="paused", reason="held"))
        await lanes.join([Joined(each.lane, None) for each in waits], waits)
        return told

    async def _debounce(self, judged: list[Judged]) -> list[Judged]:
        keyed = [(one, lane_of(one, "debounce")) for one in judged]
        return await _placed(keyed, _quiet)

    async def _batch(self, judged: list[Judged]) -> list[Judged]:
        keyed = [(one, lane_of(one, "batch")) for one in judged]
        return await _placed(keyed, _gathered)

    async def _limit(self, judged: list[Judged]) -> list[Judged]:
        asking = {place: self.windows_for(one) for place, one in enumerate(judged)}
        asking = {place: windows for place, windows in asking.items() if windows}
        keyed = {place: lane_of(judged[place], "limit") for place in asking}
        busy = await lanes.busy(
            list({lane.id for lane in keyed.values()}),
            list({lane.trigger_id for lane in keyed.values()}),
        )
        asks = {
            place: Ask(str(judged[place].row["id"]), asking[place], str(lane.id))
            for place, lane in keyed.items()
            if lane.id not in busy.waiting and lane.trigger_id not in busy.shared
        }
        answers = await self._limiter.admit(list(asks.values()))
        admissions = dict(zip(asks, answers, strict=True))
        told = [unlimited(one) for one in judged]
        joined: dict[Lane, Joined] = {}
        waits: list[Waits] = []
        for place, windows in asking.items():
            admission = admissions.get(place)
            one = told[place] if admission is None else with_limits(told[place], windows, admission)
            if admission is None or not admission.admitted:
                if limits_of(one).over == "drop" and admission is not None:
                    told[place] = replace(one, verdict="rate_limited", reason="over_limit")
                    continue
                lane = keyed[place]
                waits.append(waits_in(one, lane, limits_of(one).max_wait_s))
                joined.setdefault(lane, joined_by(one, windows, admission))
                one = deferred(one, "limit", lane, busy.waiting.get(lane.id, 0))
            told[place] = one
        await lanes.join(list(joined.values()), waits)
        return told

    async def ask(self, judged: Sequence[tuple[Judged, str]]) -> list[Asked]:
        """Ask the windows about events that have waited, given with the group whose order they
        keep: one round trip. Those that no window counts are admitted."""
        windows = [self.windows_for(one) for one, _ in judged]
        answers = await self._limiter.admit(
            [
                Ask(str(one.row["id"]), each, group)
                for (one, group), each in zip(judged, windows, strict=True)
            ]
        )
        return [
            Asked(with_limits(unlimited(one), each, answer), each, answer)
            for (one, _), each, answer in zip(judged, windows, answers, strict=True)
        ]

    def windows_for(self, one: Judged) -> tuple[Window, ...]:
        """The windows that the event has to pass now: none for one that was counted at the door,
        for a test that skips them, and while an admin has lifted them."""
        limits = limits_of(one)
        if limits.over == "refuse" or one.subject is None or one.row["limits_lifted"]:
            return ()
        if skips_limits(one):
            return ()
        row = one.row
        team = _team_rates(row["team_limits"])
        return windows_of(
            limits, team, self._everybody, row["trigger_id"], row["team_id"], one.subject
        )


_read_rates: dict[str, tuple[Rate, ...]] = {NO_WINDOWS: ()}
_MOST_READ = 1_000


def _team_rates(stored: str) -> tuple[Rate, ...]:
    """A team's windows as they are stored. What cannot be read limits nobody: it is logged."""
    if stored not in _read_rates:
        if len(_read_rates) > _MOST_READ:
            _read_rates.clear()
        try:
            _read_rates[stored] = parse_rates(read_stored(stored))
        except Exception:
            log.exception("unreadable_team_limits")
            _read_rates[stored] = ()
    return _read_rates[stored]


@dataclass(frozen=True, slots=True)
class _Step:
    """What an event makes of an opened lane: the lane's new state, what is told of the event, and
    how it waits, if it does. `waiting` counts those of this pass, too."""

    placed: Placed
    told: Judged
    waits: Waits | None
    waiting: int


async def _placed(
    keyed: Sequence[tuple[Judged, Lane]],
    step: Callable[[Judged, Lane, LaneState, _Step | None], _Step],
) -> list[Judged]:
    """Take the events into their lanes, each after the one before it."""
    found = await lanes.open_lanes(lane for _, lane in keyed)
    last: dict[Lane, _Step] = {}
    steps = []
    for one, lane in keyed:
        last[lane] = step(one, lane, found[lane.id], last.get(lane))
        steps.append(last[lane])
    waits = [each.waits for each in steps if each.waits is not None]
    await lanes.place([each.placed for each in last.values()], waits)
    return [each.told for each in steps]


def _quiet(one: Judged, lane: Lane, state: LaneState, before: _Step | None) -> _Step:
    debounce = limits_of(one).debounce
    assert debounce is not None
    anew = before.placed.anew if before else rules.begins_anew(state)
    taken = before.placed.taken if before else None if anew else state.taken
    waiting = before.waiting if before else state.waiting
    due_in_s = rules.quiet_in_s(debounce, 0.0 if anew else state.age_s)
    if debounce.keep == "last":
        told = deferred(one, "debounce", lane, waiting)
        return _Step(Placed(lane, due_in_s, anew), told, waits_in(one, lane), waiting + 1)
    if anew and before is None:
        return _Step(Placed(lane, due_in_s, anew, one.row["id"]), one, None, waiting)
    return _Step(Placed(lane, due_in_s, anew, taken), debounced(one, taken), None, waiting)


def _gathered(one: Judged, lane: Lane, state: LaneState, before: _Step | None) -> _Step:
    limits = limits_of(one)
    assert limits.batch is not None
    anew = state.is_new or not state.waiting
    waiting = before.waiting if before else state.waiting
    due_in_s = rules.full_in_s(limits.batch, waiting + 1, 0.0 if anew else state.age_s)
    waits = waits_in(one, lane, limits.batch.within_s + limits.max_wait_s)
    told = deferred(one, "batch", lane, waiting)
    return _Step(Placed(lane, due_in_s, anew), told, waits, waiting + 1)
