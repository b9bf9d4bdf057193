"""Look for slots that should be on record and are not, and for those that should not be.

What has no row gets one, as missed: so a slot may be lost, but never silently. A firing that comes
later finds the row there, and leaves the slot alone; from then on only a backfill runs it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain import metrics
from domain.logs import logger
from domain.rules.bodies import read_stored
from domain.rules.ids import first_id_at
from domain.rules.slot_audits import Epoch, Found, Stretch, compare, next_audit, stretch_of
from domain.store import partitions, schedules, slot_audits, slots
from domain.store.database import Row, transaction
from domain.store.slots import NewSlot

MOST_AT_ONCE = 25
REASON = "not_on_record"
_UNREADABLE_FOR = timedelta(hours=1)
_MILLISECOND = timedelta(milliseconds=1)

Nudge = Callable[[UUID, UUID], None]
"""Says that slots of a team's trigger changed."""

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class _Audit:
    """One epoch with what is to be audited of it."""

    row: Row
    epoch: Epoch
    stretch: Stretch

    @property
    def key(self) -> tuple[UUID, int]:
        return self.row["trigger_id"], self.row["epoch"]

    @property
    def bounds(self) -> tuple[UUID, UUID]:
        """The ids of all slots within the stretch, and of a few beside it."""
        return (
            first_id_at(self.stretch.since),
            first_id_at(self.stretch.until + _MILLISECOND),
        )


@dataclass(frozen=True, slots=True)
class _Compared:
    """An audit with what it found, and when the next one is due."""

    audit: _Audit
    found: Found
    next_at: datetime | None

    @property
    def row(self) -> Row:
        return self.audit.row


async def audit_schedules(nudge: Nudge) -> None:
    """Audit all that is to be audited now."""
    while await _audit_some(nudge):
        pass


async def _audit_some(nudge: Nudge) -> int:
    async with transaction():
        # What is locked here cannot fire: frozen, we are thrown out as those who fire are.
        await schedules.bound_transaction()
        rows = await slot_audits.lock_unaudited(MOST_AT_ONCE)
        if not rows:
            return 0
        audits = [audit for row in rows if (audit := _begin(row))]
        compared = await _compare(audits) if audits else []
        await _record_missed(compared)
        await _save(rows, compared)
    for one in compared:
        _report(one, nudge)
    return len(rows)


def _report(one: _Compared, nudge: Nudge) -> None:
    found, trigger_id = one.found, one.row["trigger_id"]
    metrics.SLOTS_AUDITED.labels("agreed").inc(found.agreed)
    metrics.SLOTS_AUDITED.labels("missed").inc(len(found.missing))
    metrics.SLOTS_AUDITED.labels("unexpected").inc(len(found.unexpected))
    for word, instants in (("missed", found.missing), ("unexpected", found.unexpected)):
        if instants:
            log.error(
                "slots_differ",
                found=word,
                trigger_id=str(trigger_id),
                epoch=one.row["epoch"],
                amount=len(instants),
                first=instants[0].isoformat(),
            )
    if found.missing:
        nudge(one.row["team_id"], trigger_id)


def _begin(row: Row) -> _Audit | None:
    """None for what cannot be read: that is logged, and must not stop its neighbours."""
    try:
        config = read_stored(row["config"])
        assert isinstance(config, dict)  # as it was saved
        epoch = Epoch(config, row["audited_until"], row["until_at"], row["next_slot"])
        return _Audit(row, epoch, stretch_of(epoch, row["now"]))
    except Exception:
        log.exception("unreadable_schedule", trigger_id=str(row["trigger_id"]))
        return None


async def _compare(audits: list[_Audit]) -> list[_Compared]:
    known = await slot_audits.slots_on_record([(*audit.key, *audit.bounds) for audit in audits])
    found: list[_Compared] = []
    for audit in audits:
        # A whole day of minutes takes a while, and slots come due in this process meanwhile.
        await asyncio.sleep(0)
        if compared := _differences(audit, known[audit.key]):
            found.append(compared)
    return found


def _differences(audit: _Audit, on_record: list[datetime]) -> _Compared | None:
    since, until = audit.stretch.since, audit.stretch.until
    try:
        within = [each for each in on_record if since < each <= until]
        found = compare(audit.epoch.config, audit.stretch, within)
        return _Compared(audit, found, next_audit(audit.epoch, audit.stretch, audit.row["now"]))
    except Exception:
        log.exception("unreadable_schedule", trigger_id=str(audit.row["trigger_id"]))
        return None


async def _record_missed(compared: list[_Compared]) -> None:
    missed = [_missed(one.row, at) for one in compared for at in one.found.missing]
    if missed:
        await partitions.make_past_partitions("slot", (slot.scheduled_for for slot in missed))
        await slots.record(missed)


def _missed(row: Row, at: datetime) -> NewSlot:
    id_ = slots.slot_id(row["trigger_id"], row["epoch"], at)
    return NewSlot(
        id_, row["team_id"], row["trigger_id"], row["epoch"], at, at, None, "missed", REASON
    )


async def _save(rows: Sequence[Row], compared: list[_Compared]) -> None:
    done = {one.audit.key: (one.audit.stretch.until, one.next_at) for one in compared}
    await slot_audits.save_audits(
        [
            (
                *(key := (row["trigger_id"], row["epoch"])),
                *done.get(key, (row["audited_until"], row["now"] + _UNREADABLE_FOR)),
            )
            for row in rows
        ]
    )
