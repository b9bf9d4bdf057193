"""What needs someone, as lines with a lamp and the way to where it is mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.store.pages_overview import MOST_COUNTED, TriggerTrouble, Waiting
from web.presenters.words import Lamp, count_words


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where it is seen (an address)."""

    lamp: Lamp
    href: str


@dataclass(frozen=True, slots=True)
class Attention:
    """A line: the trigger or, in words of ours, what it is about; `since` when it began."""

    id: str
    name: str
    href: str
    findings: tuple[Finding, ...]
    since: datetime | None = None


def attention(
    waiting: Waiting, troubled: Sequence[TriggerTrouble], *, may_see_refused: bool
) -> list[Attention]:
    """The lines, the worst first: what holds up everything, then the triggers, then what is kept
    for someone to look at."""
    of_triggers = _triggers(troubled, may_see_refused=may_see_refused)
    return [*_backlog(waiting), *_held(waiting), *of_triggers, *_dead_letters(waiting)]


def _backlog(waiting: Waiting) -> list[Attention]:
    lines = []
    if waiting.late_events:
        found = Lamp(f"{_counted(waiting.late_events, 'event')} not judged yet", "caution")
        lines.append(
            _of_team("events", "Late decisions", found, "/events", waiting.oldest_event_at)
        )
    if waiting.late_executions:
        found = Lamp(f"{_counted(waiting.late_executions, 'execution')} not run yet", "caution")
        href = "/executions?state=queued"
        lines.append(_of_team("backlog", "Backlog", found, href, waiting.oldest_due_at))
    return lines


def _of_team(id_: str, name: str, lamp: Lamp, href: str, since: datetime | None) -> Attention:
    return Attention(id_, name, href, (Finding(lamp, href),), since)


def _counted(number: int, noun: str) -> str:
    return f"{'over ' if number >= MOST_COUNTED else ''}{count_words(number, noun)}"


def _held(waiting: Waiting) -> list[Attention]:
    if not waiting.held:
        return []
    href = "/executions?state=unknown"
    found = Lamp(f"{_counted(waiting.held, 'execution')} held", "odd")
    return [Attention("held", "Unknown outcomes", href, (Finding(found, href),))]


def _dead_letters(waiting: Waiting) -> list[Attention]:
    if not waiting.dead:
        return []
    href = "/executions?state=dead"
    found = Lamp(f"{_counted(waiting.dead, 'execution')} kept", "stop")
    return [Attention("dead", "Dead letters", href, (Finding(found, href),))]


def _triggers(troubled: Sequence[TriggerTrouble], *, may_see_refused: bool) -> list[Attention]:
    lines = [(trigger, _findings(trigger, may_see_refused)) for trigger in troubled]
    return [
        Attention(str(trigger.id), trigger.name, f"/triggers/{trigger.id}", found)
        for trigger, found in lines
        if found
    ]


def _findings(trigger: TriggerTrouble, may_see_refused: bool) -> tuple[Finding, ...]:  # noqa: FBT001 - private
    here = f"/triggers/{trigger.id}"
    events, of_trigger = f"/events?trigger={trigger.id}", f"?trigger={trigger.id}"
    found = (
        (trigger.switched_off, "Switched off after failures", "stop", here),
        (trigger.unpublished, "Workflow not published", "caution", here),
        (trigger.errors, f"{count_words(trigger.errors, 'event')} not judged", "stop", events),
        (
            trigger.failed,
            f"{count_words(trigger.failed, 'execution')} failed",
            "stop",
            f"/executions{of_trigger}&state=dead",
        ),
        (
            trigger.refused if may_see_refused else 0,
            f"{count_words(trigger.refused, 'request')} refused",
            "caution",
            f"/refused{of_trigger}",
        ),
        (
            trigger.paused,
            f"{count_words(trigger.paused, 'event')} came while it was switched off",
            "caution",
            events,
        ),
    )
    return tuple(Finding(Lamp(word, style), href) for number, word, style, href in found if number)
