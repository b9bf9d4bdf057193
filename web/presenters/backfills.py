"""Backfills: how far one is, and the slots of a time of the past with what became of each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.rules.backfills import PastSlot, Which
from domain.store.backfills import BackfillRow, BackfillSlot
from web.presenters.schedule_preview import instant_in
from web.presenters.slots import slot_lamp
from web.presenters.words import Lamp, duration_words_of_ms

PAGE = 100
_NOT_ON_RECORD = Lamp("Not on record", "odd")
_STATES = {
    "running": Lamp("Running", "busy"),
    "finished": Lamp("Finished", "clear"),
    "canceled": Lamp("Canceled", "off"),
}
_HELD_UP = Lamp("Waiting", "caution")
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class BackfillShown:
    """A backfill; while its trigger is off, it waits."""

    row: BackfillRow
    lamp: Lamp

    @property
    def running(self) -> bool:
        """Whether slots of it may still be released."""
        return self.row.state == "running"

    @property
    def left(self) -> str:
        """How long the rest takes at its rate."""
        slots = self.row.total - self.row.released
        return duration_words_of_ms(slots * _MINUTE_MS // self.row.per_minute)


def backfill_shown(row: BackfillRow) -> BackfillShown:
    """A backfill with its lamp."""
    held_up = row.state == "running" and not row.enabled
    return BackfillShown(row, _HELD_UP if held_up else _STATES[row.state])


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A slot: its instant, the same where the schedule stands, and what became of it. `left_out`
    says why no backfill runs it."""

    at: datetime
    local: str
    lamp: Lamp
    left_out: str = ""
    change: str | None = None
    event_id: UUID | None = None
    execution_id: UUID | None = None


_LEFT_OUT = {"calendar": "A calendar leaves it out", "dst": "The clock change leaves it out"}


def _local(zone: ZoneInfo, at: datetime) -> str:
    return instant_in(at.astimezone(zone))


def past_lines(zone: ZoneInfo, slots: Sequence[PastSlot]) -> list[SlotLine]:
    """Slots of the past, before a backfill."""
    return [
        SlotLine(
            each.occurrence.at,
            _local(zone, each.occurrence.at),
            _past_lamp(each),
            _LEFT_OUT[each.left_out] if each.left_out else "",
            each.occurrence.change,
        )
        for each in slots
    ]


def _past_lamp(slot: PastSlot) -> Lamp:
    if slot.recorded is None:
        return _NOT_ON_RECORD
    return slot_lamp(slot.recorded.state, slot.recorded.reason)


def backfilled_lines(zone: ZoneInfo, slots: Sequence[BackfillSlot]) -> list[SlotLine]:
    """The slots of a backfill."""
    return [
        SlotLine(
            each.scheduled_for,
            _local(zone, each.scheduled_for),
            slot_lamp(each.state, each.reason),
            change=each.change,
            event_id=each.event_id,
            execution_id=each.execution_id,
        )
        for each in slots
    ]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a time of the past holds: how many slots of each kind, and how many would run."""

    total: int
    kinds: tuple[tuple[Lamp, int], ...]
    left_out: int
    runs: Mapping[Which, int]


def summary_of(slots: Sequence[PastSlot]) -> Summary:
    """The slots, counted."""
    counted = Counter(map(_past_lamp, slots))
    return Summary(
        len(slots),
        tuple(counted.most_common()),
        sum(each.left_out is not None for each in slots),
        {
            "not_fired": sum(each.chosen("not_fired") for each in slots),
            "all": sum(each.chosen("all") for each in slots),
        },
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A hundred of many rows, counted off from the first."""

    page: int
    total: int

    @property
    def offset(self) -> int:
        """How many stand before it."""
        return (self.page - 1) * PAGE

    @property
    def before(self) -> int | None:
        """The page before, if there is one."""
        return self.page - 1 if self.page > 1 else None

    @property
    def after(self) -> int | None:
        """The page after, if there is one."""
        return self.page + 1 if self.offset + PAGE < self.total else None


def part_of(page: int | None, total: int) -> Part:
    """The page that was asked for, or the last one there is."""
    return Part(max(1, min(page or 1, -(-total // PAGE))), total)
