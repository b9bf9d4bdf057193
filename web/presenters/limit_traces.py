"""What a decision's trace says of limits: each window with its count, and what came instead."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.rules.ids import parse_id
from web.presenters.limits import rate_words
from web.presenters.words import count_words

_SCOPES = {
    "trigger": "All events of the trigger",
    "key": "Events of the same key",
    "team": "All events of the team",
    "global": "All events of the installation",
}
_SKIPPED = {
    "test": "Limits were not asked: it is a test event that skips them.",
    "lifted": "Limits were not asked: an admin had lifted them.",
}
HIDDEN = "hidden from your role"


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A window of a trace as a row. `style` is passed or missed."""

    limit: str
    window: str
    key: str
    value: str
    count: str
    style: str
    mark: str
    mark_words: str


@dataclass(frozen=True, slots=True)
class LimitTrace:
    """Rows, sentences, when the windows counted the event, and the events and execution that were
    taken instead of it."""

    rows: tuple[LimitRow, ...] = ()
    sentences: tuple[str, ...] = ()
    counted_at: datetime | None = None
    taken_event_id: UUID | None = None
    batch_event_id: UUID | None = None
    running_execution_id: UUID | None = None


def limit_trace(trace: Mapping[str, Any], *, values: bool) -> LimitTrace:
    """What a trace says of limits. What a key found is a part of the payload: `values` says whether
    it is shown."""
    singleton = trace.get("singleton")
    return LimitTrace(
        tuple(_rows(trace.get("limits"), values=values)),
        tuple(_sentences(trace)),
        counted_at=_counted_at(trace),
        taken_event_id=_id(trace.get("taken_event_id")),
        batch_event_id=_id(trace.get("batch_event_id")),
        running_execution_id=_id(_part(singleton, "execution_id")),
    )


def without_values(trace: Mapping[str, Any]) -> dict[str, Any]:
    """The trace without what keys found, for who may not see payloads."""
    shown = dict(trace)
    if isinstance(shown.get("limits"), list):
        shown["limits"] = [_hidden(each, "value") for each in shown["limits"]]
    for name in ("waits", "singleton"):
        if name in shown:
            shown[name] = _hidden(shown[name], "key")
    return shown


def without_others(trace: Mapping[str, Any]) -> dict[str, Any]:
    """The trace without the counts of the installation's windows: how much others do is theirs."""
    limits = trace.get("limits")
    if not isinstance(limits, list):
        return dict(trace)
    shown = [_hidden(each, "count") if _is_everybodys(each) else each for each in limits]
    return {**trace, "limits": shown}


def _is_everybodys(window: Any) -> bool:
    return str(_part(window, "limit")) == "global"


def _hidden(part: Any, name: str) -> Any:
    return {**part, name: None} if isinstance(part, Mapping) and name in part else part


def _rows(stored: Any, *, values: bool) -> Iterator[LimitRow]:
    for each in stored if isinstance(stored, list) else []:
        most, per_s = _part(each, "most"), _part(each, "per_s")
        if not isinstance(most, int) or not isinstance(per_s, int):
            continue
        admitted, away = _part(each, "admitted") is True, _part(each, "limiter") == "away"
        key, value = _part(each, "key"), _part(each, "value")
        yield LimitRow(
            limit=_SCOPES.get(str(_part(each, "limit")), str(_part(each, "limit"))),
            window=rate_words(most, per_s),
            key=str(key) if key else "",
            value=(str(value) if values else HIDDEN) if value is not None else "",
            count=_count(each, most, away=away),
            style="passed" if admitted else "missed",
            mark="✓" if admitted else "✗",
            mark_words=_meaning(admitted=admitted, away=away),
        )


def _count(each: Any, most: int, *, away: bool) -> str:
    if away or _is_everybodys(each):
        return ""
    count = _part(each, "count")
    return f"{count:,} of {most:,}" if isinstance(count, int) else ""


def _meaning(*, admitted: bool, away: bool) -> str:
    if away:
        return "let through, not counted" if admitted else "held back, not counted"
    return "had room" if admitted else "full"


def _sentences(trace: Mapping[str, Any]) -> Iterator[str]:
    skipped = _SKIPPED.get(str(trace.get("limits_skipped")))
    if skipped:
        yield skipped
    behind = _part(trace.get("waits"), "behind")
    if isinstance(behind, int) and behind:
        yield f"{count_words(behind, 'event')} waited before it when it came."
    batch = trace.get("batch")
    if isinstance(batch, int):
        yield f"It stands for {count_words(batch, 'event')} that were gathered."
    if any(_part(each, "limiter") == "away" for each in _list(trace.get("limits"))):
        yield "Redis was away, so nobody could count: each window did what it says for that."


def _counted_at(trace: Mapping[str, Any]) -> datetime | None:
    """The windows of one event count it together."""
    stored = next((_part(each, "counted_at") for each in _list(trace.get("limits"))), None)
    try:
        return datetime.fromisoformat(stored) if stored else None
    except (TypeError, ValueError):
        return None


def _list(stored: Any) -> list[Any]:
    return stored if isinstance(stored, list) else []


def _part(stored: Any, name: str) -> Any:
    return stored.get(name) if isinstance(stored, Mapping) else None


def _id(stored: Any) -> UUID | None:
    return parse_id(str(stored)) if stored else None
