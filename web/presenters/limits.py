"""Limits in words, and how full they are: the panel of a trigger's page and of the team's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.coordination.limiter import Usage
from domain.operations.read_limit_usage import LimitUsage
from domain.rules.limit_windows import Window
from domain.rules.limits import Limits
from domain.store.database import Row
from domain.store.waiting_events import Waiting
from web.presenters.words import count_words, duration_words_of_ms

LIFTS = (("5", "5 minutes"), ("15", "15 minutes"), ("30", "30 minutes"), ("60", "1 hour"))
_FULL = 100
_SCOPES = {"trigger": "", "key": "", "team": "Team: ", "global": "Installation: "}
_GATES = {
    "trigger": "At once",
    "key": "At once, of one key",
    "workflow": "At once, of the workflow",
    "order": "In order",
}
_WAITS = {
    "limit": ("Deferred", "wait for room"),
    "debounce": ("Deferred", "wait until it is quiet"),
    "batch": ("Deferred", "wait to be gathered"),
    "pause": ("Held", "wait until the trigger is switched on"),
}
_OVER = {
    "defer": "Above that, events wait, at most {wait}.",
    "drop": "Above that, events start nothing.",
    "refuse": "Above that, senders get 429.",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A window or a gate: how much of it is taken, in words and in percent. `told` is False of one
    whose count is others', too."""

    name: str
    words: str
    share: int
    note: str = ""
    parts: tuple["Bar", ...] = ()
    told: bool = True


@dataclass(frozen=True, slots=True)
class WaitingShown:
    """What waits for one reason."""

    word: str
    words: str
    oldest: datetime | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class LimitsShown:
    """The panel. `sentences` say what the limits are beside their bars; `away`: nobody can count
    just now. `lifted_until` is the later of the trigger's and the team's."""

    bars: tuple[Bar, ...]
    sentences: tuple[str, ...]
    waiting: tuple[WaitingShown, ...]
    away: bool
    lifted_until: datetime | None = None
    lifted_by: str | None = None
    lifted_for_team: bool = False

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to show at all."""
        return not (self.bars or self.sentences or self.waiting or self.lifted_until)


def rate_words(most: int, per_s: int, what: str = "") -> str:
    """`100 in 1 min`, or with what is counted `100 events in 1 min`."""
    return f"{most:,}{what and ' '}{what} in {duration_words_of_ms(per_s * 1_000)}"


def limits_shown(
    usage: LimitUsage,
    *,
    lifted: tuple[datetime | None, str | None] = (None, None),
    values: bool,
) -> LimitsShown:
    """The panel of a trigger (`lifted` is its own lift) or a team. What keys found is a part of
    somebody's payload: `values` says whether it is shown."""
    own, teams = lifted[0], usage.team.lifted_until
    for_team = teams is not None and (own is None or teams > own)
    return LimitsShown(
        (*_windows(usage, values=values), *_gates(usage.gates, values=values)),
        tuple(_sentences(usage.limits)),
        tuple(map(_waiting, usage.waiting)),
        away=usage.usages is None and bool(usage.windows),
        lifted_until=teams if for_team else own,
        lifted_by=usage.team.lifted_by if for_team else lifted[1],
        lifted_for_team=for_team,
    )


def _windows(usage: LimitUsage, *, values: bool) -> Iterator[Bar]:
    counted: Sequence[Usage | None] = usage.usages or [None] * len(usage.windows)
    for window, found in zip(usage.windows, counted, strict=True):
        events = "event" if window.most == 1 else "events"
        name = f"{_SCOPES[window.label.scope]}{rate_words(window.most, window.per_s, events)}"
        if window.label.path is not None:
            yield _keyed(f"{name} of each {window.label.path}", window, found, values=values)
        elif found is None:
            yield Bar(name, "not counted", 0)
        elif window.label.scope == "global":
            # The count would tell a team what others do.
            full = found.count >= window.most
            yield Bar(name, "full" if full else "has room", _FULL if full else 0, told=False)
        else:
            yield _bar(name, found.count, window.most)


def _keyed(name: str, window: Window, found: Usage | None, *, values: bool) -> Bar:
    if found is None:
        return Bar(name, "not counted", 0)
    if not found.values:
        return Bar(name, "no key in it", 0)
    note = f"{count_words(found.values, 'key')} in the window; the fullest:"
    parts = tuple(
        _bar(value if values else f"key {place}", count, window.most)
        for place, (value, count) in enumerate(found.fullest, start=1)
    )
    return Bar(name, f"{found.count:,} of {window.most:,}", _share(found.count, window.most),
               note, parts)  # fmt: skip


def _bar(name: str, count: int, most: int) -> Bar:
    return Bar(name, f"{count:,} of {most:,}", _share(count, most))


def _share(count: int, most: int) -> int:
    return min(_FULL, round(_FULL * count / most))


def _gates(gates: Sequence[Row], *, values: bool) -> Iterator[Bar]:
    for gate in gates:
        key = f" {gate['key']}" if values and gate["key"] is not None else ""
        name = f"{_GATES[gate['scope']]}{key}"
        running = f"{gate['running']:,} of {gate['most']:,} running"
        waiting = f", {gate['waiting']:,} waiting" if gate["waiting"] else ""
        yield Bar(name, running + waiting, _share(gate["running"], gate["most"]))


def _sentences(limits: Limits) -> Iterator[str]:
    """What the limits are, but for the windows, which have their bars."""
    if limits.rates or limits.over != "defer":
        yield _OVER[limits.over].format(wait=_seconds(limits.max_wait_s))
    if (debounce := limits.debounce) is not None:
        which = "The last" if debounce.keep == "last" else "The first"
        of = f" of one {debounce.key.text}" if debounce.key else ""
        yield (f"{which} of the events{of} that follow one another within "
               f"{_seconds(debounce.quiet_s)} starts the workflow.")  # fmt: skip
    if (batch := limits.batch) is not None:
        of = f" of one {batch.key.text}" if batch.key else ""
        yield (f"Up to {batch.most:,} events{of} are gathered for at most "
               f"{_seconds(batch.within_s)}, and start one execution.")  # fmt: skip
    for cap in limits.concurrency:
        of = f" for each {cap.key.text}" if cap.key else ""
        yield f"At most {count_words(cap.most, 'execution')} at once{of}."
    if (order := limits.in_order) is not None:
        of = f" for each {order.key.text}" if order.key else ""
        yield f"One execution after the other, in the order of the events{of}."
    if (singleton := limits.singleton) is not None:
        of = f" of the same {singleton.key.text}" if singleton.key else ""
        does = "starts nothing" if singleton.mode == "skip" else "cancels it"
        yield f"While an execution{of} has not ended, a new event {does}."


def _seconds(seconds: int) -> str:
    return duration_words_of_ms(seconds * 1_000)


def _waiting(found: Waiting) -> WaitingShown:
    word, verb = _WAITS[found.why]
    lanes = f", in {found.lanes:,} lanes" if found.lanes > 1 else ""
    words = f"{count_words(found.events, 'event')} {_singular(verb, found.events)}{lanes}"
    return WaitingShown(word, words, found.oldest, found.next_at)


def _singular(verb: str, amount: int) -> str:
    return verb.replace("wait ", "waits ", 1) if amount == 1 else verb
