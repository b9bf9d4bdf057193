"""A schedule as the clock left it: rows written by hand, so that its past can be anything."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.store import slots
from domain.store.database import execute, fetch, fetch_one
from domain.store.slots import NewSlot
from domain.store.triggers import TriggerRow
from tests.support.world import World

EVERY_MINUTE = {"form": "cron", "cron": "* * * * *", "zone": "UTC"}


_now = datetime.now(UTC)


def set_now() -> None:
    """Called before each test: one instant for all of it, lest the minute ends within."""
    global _now  # noqa: PLW0603 - what a test and its helpers share
    _now = datetime.now(UTC).replace(second=0, microsecond=0)


def minutes_ago(minutes: float) -> datetime:
    """A whole minute of the past."""
    return _now - timedelta(minutes=minutes)


@dataclass
class Timetable:
    """A schedule trigger, and what is on record of it."""

    trigger: TriggerRow

    @property
    def id(self) -> UUID:
        return self.trigger.id

    async def begun(self, since: datetime, *, until: datetime | None = None) -> None:
        """As if its only epoch had begun then, and the clock had done all its work since."""
        await execute("DELETE FROM schedule WHERE trigger_id = $1", self.id)
        await execute(
            "INSERT INTO schedule (trigger_id, epoch, team_id, trigger_version_id, from_at, "
            "until_at, last_slot, next_slot, next_due_at, tzdata, audited_until) "
            "VALUES ($1, 1, $2, $3, $4, $5, now(), date_trunc('minute', now()) + "
            "interval '1 minute', date_trunc('minute', now()) + interval '1 minute', 't', $4)",
            self.id, self.trigger.team_id, self.trigger.version_id, since, until,
        )  # fmt: skip

    async def behind(self, next_slot: datetime) -> None:
        """As if the clock had not come to this slot yet."""
        await execute(
            "UPDATE schedule SET next_slot = $2, next_due_at = $2 WHERE trigger_id = $1",
            self.id,
            next_slot,
        )

    async def recorded(self, state: str, *instants: datetime, reason: str | None = None) -> None:
        """Slots on record; such as do not fire."""
        new = [
            NewSlot(
                slots.slot_id(self.id, 1, at), self.trigger.team_id, self.id, 1, at, at, None,
                state, reason,
            )
            for at in instants
        ]  # fmt: skip
        assert len(await slots.record(new)) == len(new)

    async def states(self) -> dict[datetime, tuple[str, str | None]]:
        """What became of each instant."""
        rows = await fetch(
            "SELECT scheduled_for, state, reason FROM slot WHERE trigger_id = $1 ORDER BY id",
            self.id,
        )
        return {row["scheduled_for"]: (row["state"], row["reason"]) for row in rows}

    async def audit_now(self) -> None:
        """Have the auditor look at it next."""
        await execute("UPDATE schedule SET audit_at = now() WHERE trigger_id = $1", self.id)

    async def row(self) -> dict[str, Any]:
        """Its epoch."""
        row = await fetch_one("SELECT * FROM schedule WHERE trigger_id = $1", self.id)
        assert row is not None
        return dict(row)


async def make_timetable(world: World, **config: Any) -> Timetable:
    """A schedule of Alice's, each minute unless `config` says otherwise."""
    draft = TriggerDraft(
        name="Each minute",
        kind="schedule",
        workflow_id=await world.workflow(),
        config={**EVERY_MINUTE, **config},
    )
    return Timetable((await create_trigger(world.alice, world.vault, draft)).row)
